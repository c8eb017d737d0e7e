/* Where the phone is, asked only when somebody presses the button. Fills in two fields, or sends their form;
   what is sent in an address is rounded to about a hundred metres, because addresses are kept in logs. */
(function () {
  "use strict";

  function each(selector, work) { Array.prototype.forEach.call(document.querySelectorAll(selector), work); }

  function locate(button) {
    var box = button.closest("[data-place]");
    var status = box.querySelector("[data-locate-status]");
    function say(text) { status.textContent = text; }
    function failed() { button.disabled = false; say(button.dataset.textFailed); }
    if (!navigator.geolocation) { failed(); return; }
    button.disabled = true;
    say(button.dataset.textWait);
    navigator.geolocation.getCurrentPosition(function (found) {
      button.disabled = false;
      say("");
      var sends = box.hasAttribute("data-locate-send");
      box.querySelector("[data-latitude]").value = found.coords.latitude.toFixed(sends ? 3 : 6);
      box.querySelector("[data-longitude]").value = found.coords.longitude.toFixed(sends ? 3 : 6);
      if (sends) { box.submit(); }
    }, failed, { timeout: 15000, maximumAge: 300000 });
  }

  document.addEventListener("DOMContentLoaded", function () {
    each("[data-locate]", function (button) {
      button.addEventListener("click", function () { locate(button); });
    });
  });
})();
