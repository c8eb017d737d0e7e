/* The service worker: hands out kept pages when the network does not answer. It keeps only what a page asked
   it to keep (js/offline.js) and forgets everything at sign-out. */
"use strict";

var KEPT = "groupbuy-kept";
var PATIENCE = 4000;

self.addEventListener("install", function () { self.skipWaiting(); });
self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });

function keep(addresses) {
  return caches.open(KEPT).then(function (cache) {
    return Promise.all(addresses.map(function (address) {
      return fetch(address, { credentials: "same-origin" }).then(function (answer) {
        return answer.ok && !answer.redirected ? cache.put(address, answer).then(function () { return true; }) : false;
      }).catch(function () { return false; });
    }));
  }).then(function (kept) { return kept.every(Boolean); });
}

function tell(client) {
  return function (complete) { if (complete) { client.postMessage({ kept: true }); } };
}

self.addEventListener("message", function (event) {
  if (event.data.keep) { event.waitUntil(keep(event.data.keep).then(tell(event.source))); }
  if (event.data.clear) { event.waitUntil(caches.delete(KEPT)); }
});

function after(milliseconds, value) {
  return new Promise(function (resolve) { setTimeout(function () { resolve(value); }, milliseconds); });
}

/* In a stairwell the network is often there but does not answer, so a kept page waits for it only so long. */
function answer(request) {
  return caches.match(request.url).then(function (kept) {
    if (!kept) { return fetch(request); }
    return Promise.race([fetch(request).catch(function () { return kept; }), after(PATIENCE, kept)]);
  });
}

self.addEventListener("fetch", function (event) {
  if (event.request.method === "GET") { event.respondWith(answer(event.request)); }
});
