/* Scanning a pickup code with the phone's camera, where the browser can read QR codes by itself.
   Elsewhere the button stays hidden: a hand scanner or the keyboard does the same. */
(function () {
  "use strict";

  var button = document.querySelector("[data-scan]");
  var field = document.querySelector("[data-scan-into]");
  if (!button || !field || !window.BarcodeDetector || !window.HTMLDialogElement || !navigator.mediaDevices) { return; }
  button.hidden = false;

  function stop(stream) {
    Array.prototype.forEach.call(stream.getTracks(), function (track) { track.stop(); });
  }

  function show(stream) {
    var dialog = document.createElement("dialog");
    var video = document.createElement("video");
    var close = document.createElement("button");
    video.className = "scan-view";
    video.muted = true;
    video.setAttribute("playsinline", "");
    video.srcObject = stream;
    close.type = "button";
    close.className = "btn btn-outline-secondary btn-wide";
    close.textContent = document.body.dataset.textClose;
    close.addEventListener("click", function () { dialog.close(); });
    dialog.setAttribute("aria-label", button.textContent.trim());
    dialog.appendChild(video);
    dialog.appendChild(close);
    dialog.addEventListener("close", function () { stop(stream); dialog.remove(); });
    document.body.appendChild(dialog);
    dialog.showModal();
    video.play();
    return { dialog: dialog, video: video };
  }

  function look(detector, shown) {
    if (!shown.dialog.open) { return; }
    detector.detect(shown.video).catch(function () { return []; }).then(function (codes) {
      var digits = codes.length ? codes[0].rawValue.replace(/\D/g, "") : "";
      if (digits.length !== 8) { setTimeout(function () { look(detector, shown); }, 200); return; }
      shown.dialog.close();
      field.value = digits;
      if (field.form.requestSubmit) { field.form.requestSubmit(); } else { field.form.submit(); }
    });
  }

  button.addEventListener("click", function () {
    navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).then(function (stream) {
      look(new window.BarcodeDetector({ formats: ["qr_code"] }), show(stream));
    }).catch(function () { button.hidden = true; field.focus(); });
  });
}());
