/* Quantities, the sum in the cart bar, and countdowns by the server's clock. */
(function () {
  "use strict";

  var each = window.groupbuy.each;

  function number(input) {
    var value = parseInt(input.value, 10);
    return isNaN(value) || value < 0 ? 0 : value;
  }

  /* Stay on the steps a shop allows: nothing, or from min up to max by step. */
  function allowed(value, stepper, up) {
    var step = +stepper.dataset.step || 1;
    var min = Math.max(+stepper.dataset.min || 0, step);
    var max = +stepper.dataset.max;
    if (value <= 0) { return 0; }
    if (value < min) { return up ? min : 0; }
    var stepped = Math.ceil(value / step) * step;
    return stepped > max ? Math.floor(max / step) * step : stepped;
  }

  function show(stepper, value) {
    var input = stepper.querySelector(".stepper-input");
    var more = stepper.querySelector(".stepper-more");
    input.value = value;
    stepper.classList.toggle("is-zero", value === 0);
    more.disabled = input.disabled || value + (+stepper.dataset.step || 1) > +stepper.dataset.max;
  }

  function change(stepper, value, up) {
    var input = stepper.querySelector(".stepper-input");
    show(stepper, allowed(value, stepper, up));
    if (document.activeElement && !document.activeElement.offsetParent) { stepper.querySelector(".stepper-more").focus(); }
    input.dispatchEvent(new CustomEvent("quantity", { bubbles: true }));
    sum(stepper.closest("form"));
  }

  function yuan(fen) { return String(Math.floor(fen / 100)).replace(/\B(?=(\d{3})+$)/g, ",") + "." + ("0" + fen % 100).slice(-2); }

  function goods(part) {
    var fen = 0, pieces = 0;
    each(part.querySelectorAll("[data-stepper]"), function (stepper) {
      var quantity = number(stepper.querySelector(".stepper-input"));
      pieces += quantity;
      fen += quantity * +stepper.dataset.priceFen;
    });
    return { fen: fen, pieces: pieces };
  }

  function sum(form) {
    var bar = form && form.querySelector("[data-cart-bar]");
    if (!bar) { return; }
    var whole = goods(form), fen = whole.fen, pieces = whole.pieces;
    each(form.querySelectorAll("[data-freight-fen]"), function (line) {
      var own = goods(line.closest(".basket") || form).fen, free = +line.dataset.freeFrom;
      var freight = own === 0 || free && own >= free ? 0 : +line.dataset.freightFen;
      line.querySelector("[data-freight-shown]").textContent = yuan(freight);
      fen += freight;
    });
    var door = form.querySelector("[data-door-fen]:checked");
    if (door) {
      fen += +door.dataset.doorFen * Array.from(form.querySelectorAll(".basket")).filter(function (one) { return goods(one).fen; }).length;
    }
    bar.querySelector("[data-cart-total]").textContent = yuan(fen);
    var count = bar.querySelector("[data-cart-count]");
    count.textContent = pieces;
    count.hidden = pieces === 0;
    var words = bar.querySelector("[data-cart-pieces]");
    words.textContent = words.dataset.text.replace("{n}", pieces);
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest(".stepper-button");
    if (!button) { return; }
    event.preventDefault();
    var stepper = button.closest("[data-stepper]");
    var up = button.classList.contains("stepper-more");
    var step = +stepper.dataset.step || 1;
    change(stepper, number(stepper.querySelector(".stepper-input")) + (up ? step : -step), up);
  });
  document.addEventListener("change", function (event) {
    if (event.target.classList.contains("stepper-input")) {
      change(event.target.closest("[data-stepper]"), number(event.target), true);
    }
    if (event.target.matches("[data-door-fen]")) { sum(event.target.form); }
  });
  /* After "back" the browser restores what was typed; the sum follows it. */
  window.addEventListener("pageshow", function () {
    each(document.querySelectorAll("[data-stepper]"), function (stepper) {
      show(stepper, number(stepper.querySelector(".stepper-input")));
    });
    each(document.forms, sum);
  });

  /* Countdown. The phone's own clock may be wrong: count from the server's. */

  function two(value) { return (value < 10 ? "0" : "") + value; }

  function draw(element, digits, left) {
    var days = Math.floor(left / 86400);
    var parts = [two(Math.floor(left / 3600) % 24), two(Math.floor(left / 60) % 60), two(left % 60)];
    digits.textContent = "";
    if (days) { digits.appendChild(document.createTextNode(days + " " + element.dataset.textDays + " ")); }
    parts.forEach(function (part, index) {
      if (index) { digits.appendChild(document.createElement("i")).textContent = ":"; }
      digits.appendChild(document.createElement("b")).textContent = part;
    });
  }

  function close(element, plain, digits) {
    element.classList.add("is-over");
    digits.hidden = true;
    plain.className = "countdown-plain";
    plain.textContent = element.dataset.expired;
    element.dispatchEvent(new CustomEvent("expired", { bubbles: true }));
  }

  function countdown(element) {
    var ends = Date.parse(element.dataset.countdown);
    var ahead = Date.parse(element.dataset.now) - Date.now();
    var plain = element.querySelector(".countdown-plain");
    var digits = element.querySelector(".countdown-digits");
    plain.className += " visually-hidden";
    digits.hidden = false;
    function tick() {
      var left = Math.ceil((ends - ahead - Date.now()) / 1000);
      if (left <= 0) { clearInterval(timer); close(element, plain, digits); return; }
      draw(element, digits, left);
    }
    var timer = setInterval(tick, 1000);
    tick();
  }

  each(document.querySelectorAll("[data-countdown]"), countdown);
}());
