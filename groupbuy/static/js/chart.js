/* Charts of desk.chart (templates/admin/macros.html): <div class="chart" data-chart="id"></div> with the ECharts
   option in <script type="application/json" id="id">. Needs vendor/echarts.common.min.js before it. */
(function () {
  "use strict";

  /* Each has a contrast of at least 3 to white. */
  var COLOURS = ["#0d7a4a", "#d9731a", "#2f7fc4", "#8a63d2", "#9a7a12", "#d4290d"];
  /* Wider ones would leave the bars no room; the tooltip and the table beside have them whole. */
  var LABEL_PIXELS = 180;
  var charts = [];

  function draw(element) {
    var option = JSON.parse(document.getElementById(element.dataset.chart).textContent);
    /* The default tooltip sets inline styles, which our policy forbids. */
    option.tooltip = Object.assign({ trigger: "axis" }, option.tooltip, { renderMode: "richText" });
    if (option.legend) { option.legend = Object.assign({ top: 0 }, option.legend); }
    option.grid = Object.assign({ left: 12, right: 24, top: 44, bottom: 8, containLabel: true }, option.grid);
    if (option.xAxis && option.xAxis.type === "category") {
      option.xAxis.axisLabel = Object.assign({ width: LABEL_PIXELS, overflow: "truncate" }, option.xAxis.axisLabel);
    }
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
