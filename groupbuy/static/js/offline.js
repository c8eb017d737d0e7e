/* Working without a connection. Load it on the pages that need it only, telling it where the worker is:
   <script src="{{ asset('js/offline.js') }}" data-worker="{{ url_for('static', filename='js/worker.js') }}" defer>

   <body data-offline-page>           keep this page (and what it shows) for later, until sign-out
   <p data-when-kept hidden>           shown once all of it is kept; <body data-kept> says the same to styles
   <form data-queue="name" …>         without a connection keep the entries and send them when it is back;
                                      the server must take each entry once (submission_key)
   <a data-offline-clear href="…">    sign-out: forget everything that was kept, but not what waits to be sent
   <span data-queue-count="name">     how many entries wait                                              */
(function () {
  "use strict";

  var groupbuy = window.groupbuy;
  var each = groupbuy.each;

  function worker() { return navigator.serviceWorker ? navigator.serviceWorker.ready : Promise.reject(new Error("none")); }

  function tellWorker(message) {
    return worker().then(function (registration) { registration.active.postMessage(message); }, function () { return undefined; });
  }

  function showKept() {
    document.body.dataset.kept = "";
    each(document.querySelectorAll("[data-when-kept]"), function (place) { place.hidden = false; });
  }

  function keepPage() {
    if (!navigator.serviceWorker) { return; }
    var script = document.querySelector("script[data-worker]");
    if (!script) { return; }
    navigator.serviceWorker.addEventListener("message", function (event) { if (event.data.kept) { showKept(); } });
    navigator.serviceWorker.register(script.dataset.worker, { scope: "/" }).then(function () {
      var parts = [window.location.href];
      each(document.querySelectorAll("link[rel=stylesheet]"), function (link) { parts.push(link.href); });
      each(document.querySelectorAll("script[src]"), function (part) { parts.push(part.src); });
      each(document.querySelectorAll("img[src]"), function (image) { parts.push(image.src); });
      each(document.querySelectorAll("use"), function (use) { parts.push(new URL(use.getAttribute("href").split("#")[0], window.location.href).href); });
      tellWorker({ keep: Array.from(new Set(parts)) });
    });
  }

  /* The queue lives in localStorage, one list per name. */

  function waiting(name) {
    try { return JSON.parse(localStorage.getItem("queue:" + name) || "[]"); } catch (error) { return []; }
  }

  function store(name, entries) {
    localStorage.setItem("queue:" + name, JSON.stringify(entries));
    each(document.querySelectorAll('[data-queue-count="' + name + '"]'), function (place) {
      place.textContent = entries.length;
      place.hidden = entries.length === 0;
    });
  }

  function post(entry) {
    var token = document.querySelector("input[name=csrf_token]");
    var body = new URLSearchParams(entry.fields);
    if (token) { body.set("csrf_token", token.value); }
    return fetch(entry.action, { method: "POST", body: body, credentials: "same-origin", headers: { "X-Queued": "1" } });
  }

  /* Send one after another. Only "no connection", 429 and 5xx are tried again: any other answer is final. */
  function drain(name) {
    var entries = waiting(name);
    if (!entries.length) { return Promise.resolve(); }
    return post(entries[0]).then(function (answer) {
      if (answer.status === 429 || answer.status >= 500) { return undefined; }
      if (!answer.ok) { tellRefused(name, entries[0], answer); }
      store(name, waiting(name).slice(1));
      return drain(name);
    }, function () { return undefined; });
  }

  function tellRefused(name, entry, answer) {
    document.dispatchEvent(new CustomEvent("queue:refused", { detail: { name: name, entry: entry, status: answer.status } }));
    groupbuy.toast(groupbuy.text("Failed"));
  }

  function queueForm(form) {
    var name = form.dataset.queue;
    form.addEventListener("submit", function (event) {
      if (navigator.onLine !== false) { return; }
      event.preventDefault();
      var fields = Array.from(new FormData(form)).filter(function (pair) { return pair[0] !== "csrf_token"; });
      store(name, waiting(name).concat([{ action: form.action, fields: fields }]));
      groupbuy.toast(form.dataset.queued || groupbuy.text("Offline"));
      form.reset();
    });
    store(name, waiting(name));
    drain(name);
    window.addEventListener("online", function () { drain(name); });
  }

  /* The list of js/pickup.js names people; what was handed out and waits to be sent stays. */
  function forgetLists() {
    if (!window.indexedDB) { return; }
    var asked = window.indexedDB.open("groupbuy-pickup", 1);
    asked.onupgradeneeded = function () { asked.transaction.abort(); };
    asked.onerror = function (event) { event.preventDefault(); };
    asked.onsuccess = function () {
      asked.result.transaction("kept", "readwrite").objectStore("kept").clear();
      asked.result.close();
    };
  }

  if ("offlinePage" in document.body.dataset) { keepPage(); }
  each(document.querySelectorAll("form[data-queue]"), queueForm);
  each(document.querySelectorAll("[data-offline-clear]"), function (way) {
    way.addEventListener("click", function () { tellWorker({ clear: true }); forgetLists(); });
  });
}());
