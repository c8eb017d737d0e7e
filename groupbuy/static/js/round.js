/* The round page, that of one product, and the cart: categories without a new page, the cart kept when the page is left, figures that follow. */
(function () {
  "use strict";

  var each = window.groupbuy.each;
  var form = document.querySelector("form[data-buy]");

  /* Categories */

  function choose(name) {
    each(document.querySelectorAll(".goods"), function (goods) {
      goods.hidden = name !== "" && goods.dataset.category !== name;
    });
    each(document.querySelectorAll("[data-chips] a"), function (chip) {
      if (chip.dataset.category === name) { chip.setAttribute("aria-current", "true"); } else { chip.removeAttribute("aria-current"); }
    });
  }

  each(document.querySelectorAll("[data-chips]"), function (chips) {
    chips.addEventListener("click", function (event) {
      var chip = event.target.closest("a");
      if (!chip) { return; }
      event.preventDefault();
      choose(chip.dataset.category);
    });
  });

  /* What was chosen is kept when the page is left by any other way than its own button. */

  var changed = false;
  var sent = false;

  function keep() {
    if (!changed || sent || !form || !navigator.sendBeacon) { return; }
    var data = new FormData(form);
    data.append("quiet", "1");
    changed = !navigator.sendBeacon(form.action, data);
  }

  if (form) {
    form.addEventListener("quantity", function () { changed = true; });
    form.addEventListener("input", function () { changed = true; });
    form.addEventListener("submit", function () { sent = true; });
    window.addEventListener("pageshow", function () { sent = false; });
    window.addEventListener("pagehide", keep);
    document.addEventListener("visibilitychange", function () { if (document.visibilityState === "hidden") { keep(); } });
  }

  /* What neighbours buy meanwhile: the bars follow, and nobody steps beyond what is left. */

  function fill(goods, units) {
    var words = goods.querySelector("[data-fill]");
    if (!words) { return; }
    words.hidden = !units;
    words.textContent = units ? words.dataset.text.replace("{n}", units) : "";
  }

  function follow(key, sold, most, units) {
    var goods = document.getElementById(key);
    if (!goods) { return; }
    fill(goods, units);
    var bar = goods.querySelector(".product-sold progress");
    if (bar) { bar.value = sold; }
    var words = goods.querySelector(".product-sold span, [data-sold]");
    if (words) { words.textContent = words.textContent.replace(/\d[\d,]*/, sold); }
    var stepper = goods.querySelector("[data-stepper]");
    if (stepper && +stepper.dataset.max > most) { stepper.dataset.max = most; }
  }

  function look() {
    if (document.visibilityState === "hidden") { return; }
    fetch(form.action + "/live", { credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.json() : { goods: {} }; })
      .then(function (seen) { Object.keys(seen.goods).forEach(function (key) { follow(key, seen.goods[key][0], seen.goods[key][1], seen.goods[key][2]); }); })
      .catch(function () { return undefined; });
  }

  if (form && document.querySelector(".goods")) { setInterval(look, 20000); }

  /* At the cut-off the page is loaded anew: it then says what can still be done. */
  document.addEventListener("expired", function () {
    keep();
    setTimeout(function () { window.location.reload(); }, 1500);
  });
}());
