/* A page that waits for a payment looks again by itself; inside WeChat it opens WeChat's own sheet. */
(function () {
  "use strict";

  var waiting = document.querySelector("[data-waiting]");
  var timer = null;
  if (waiting) {
    timer = window.setTimeout(function () { window.location.reload(); }, +waiting.dataset.waiting * 1000);
  }

  var button = document.querySelector("[data-jsapi]");

  function pay() {
    var given = JSON.parse(button.dataset.jsapi);
    // WeChat's sheet lies over the page until it answers.
    window.clearTimeout(timer);
    window.WeixinJSBridge.invoke("getBrandWCPayRequest", {
      appId: given.appId,
      timeStamp: given.timeStamp,
      nonceStr: given.nonceStr,
      package: given.package,
      signType: given.signType,
      paySign: given.paySign
    }, function () { window.location.reload(); });
  }

  if (button) {
    button.addEventListener("click", function () {
      if (window.WeixinJSBridge) { pay(); } else { document.addEventListener("WeixinJSBridgeReady", pay, { once: true }); }
    });
  }
})();
