/* Charts: <div class="chart" data-chart="id" role="img" aria-label="…"></div> with the ECharts option in
   <script type="application/json" id="id">. Needs vendor/echarts.common.min.js before it. */
(function () {
  "use strict";

  var COLOURS = ["#0d7a4a", "#ef8b3a", "#2f7fc4", "#8a63d2", "#c9a227", "#d4290d"];
  var charts = [];

  function draw(element) {
    var option = JSON.parse(document.getElementById(element.dataset.chart).textContent);
    /* The default tooltip sets inline styles, which our policy forbids. */
    option.tooltip = Object.assign({ trigger: "axis" }, option.tooltip, { renderMode: "richText" });
    if (option.legend) { option.legend = Object.assign({ top: 0 }, option.legend); }
    option.grid = Object.assign({ left: 56, right: 56, top: 44, bottom: 24 }, option.grid);
    option.color = option.color || COLOURS;
    option.textStyle = { fontFamily: getComputedStyle(document.body).fontFamily };
    option.animation = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    var chart = window.echarts.init(element, null, { renderer: "canvas" });
    chart.setOption(option);
    charts.push(chart);
  }

  window.groupbuy.each(document.querySelectorAll("[data-chart]"), draw);
  window.addEventListener("resize", function () { charts.forEach(function (chart) { chart.resize(); }); });
}());
