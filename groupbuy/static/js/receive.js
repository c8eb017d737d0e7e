/* Inside WeChat a leader confirms that a withdrawal may come: WeChat's own sheet opens. */
(function () {
  "use strict";

  function confirm(button) {
    var given = JSON.parse(button.dataset.transfer);
    window.WeixinJSBridge.invoke("requestMerchantTransfer", {
      mchId: given.mchId,
      appId: given.appId,
      package: given.package
    }, function () { window.location.reload(); });
  }

  document.querySelectorAll("[data-transfer]").forEach(function (button) {
    button.addEventListener("click", function () {
      if (window.WeixinJSBridge) {
        confirm(button);
      } else {
        document.addEventListener("WeixinJSBridgeReady", function () { confirm(button); }, { once: true });
      }
    });
  });
})();
