/* The service worker: hands out kept pages when the network does not answer. It keeps only what a page asked
   it to keep (js/offline.js) and forgets everything at sign-out. */
"use strict";

var KEPT = "groupbuy-kept";

self.addEventListener("install", function () { self.skipWaiting(); });
self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });

function keep(addresses) {
  return caches.open(KEPT).then(function (cache) {
    return Promise.all(addresses.map(function (address) {
      return fetch(address, { credentials: "same-origin" }).then(function (answer) {
        return answer.ok && !answer.redirected ? cache.put(address, answer) : undefined;
      }).catch(function () { return undefined; });
    }));
  });
}

self.addEventListener("message", function (event) {
  if (event.data.keep) { event.waitUntil(keep(event.data.keep)); }
  if (event.data.clear) { event.waitUntil(caches.delete(KEPT)); }
});

self.addEventListener("fetch", function (event) {
  if (event.request.method !== "GET") { return; }
  event.respondWith(fetch(event.request).catch(function (reason) {
    return caches.match(event.request.url).then(function (kept) {
      if (kept) { return kept; }
      throw reason;
    });
  }));
});
