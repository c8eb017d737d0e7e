/* Handing out without a connection: the day's list and what was handed out are kept in IndexedDB, each deed
   under an id of its own, and sent when the network is back. Nothing is removed before the server has it.
   Written for browsers of 2018, as kit.js is. */
(function () {
  "use strict";

  var root = document.getElementById("pickup");
  var text = root.dataset;
  var account = Number(root.dataset.account);
  var day = null;
  var mine = [];
  var others = 0;
  var done = {};
  var busy = false;
  var wanted = false;
  var last = null;
  var AGAIN = 30000;
  var PATIENCE = 20000;
  var MOST_SHOWN = 60;

  function element(id) { return document.getElementById(id); }
  function yuan(fen) { return "¥" + (fen / 100).toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ","); }
  function fill(sentence, first, second) { return sentence.replace("{0}", first).replace("{1}", second); }
  function clock(moment) {
    return new Date(moment).toLocaleString(document.documentElement.lang, { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
  }

  /* The store: "kept" holds the list, "events" what waits to be sent. */

  function open() {
    return new Promise(function (resolve, reject) {
      if (!window.indexedDB) { reject(new Error("no store")); return; }
      var asked = window.indexedDB.open("groupbuy-pickup", 1);
      asked.onupgradeneeded = function () {
        asked.result.createObjectStore("kept", { keyPath: "name" });
        asked.result.createObjectStore("events", { keyPath: "event_id" });
      };
      asked.onsuccess = function () { resolve(asked.result); };
      asked.onerror = function () { reject(asked.error); };
    });
  }

  var opened = open();

  /* Do some work in one transaction; resolves once it is on the disk, as far as the browser can tell. */
  function within(mode, work) {
    return opened.then(function (store) {
      return new Promise(function (resolve, reject) {
        var deal = store.transaction(["kept", "events"], mode, { durability: "strict" });
        var found = work(deal.objectStore("kept"), deal.objectStore("events"));
        deal.oncomplete = function () { resolve(found); };
        deal.onabort = deal.onerror = function () { reject(deal.error); };
      });
    });
  }

  function load() {
    var asked = {};
    return within("readonly", function (kept, events) {
      asked.day = kept.get("day");
      asked.events = events.getAll();
    }).then(function () {
      var all = asked.events.result;
      var found = asked.day.result;
      day = found && found.account === account ? found : null;
      mine = all.filter(function (event) { return event.account === account; });
      others = all.length - mine.length;
      done = {};
      mine.forEach(take);
      draw();
    });
  }

  /* The list with what waits to be sent taken off it. */

  function take(event) { if (day) { takeOff(day, event, done); } }

  /* Take what an event handed out off a list; "gone" learns of codes that are good for nothing more. */
  function takeOff(list, event, gone) {
    list.bags.forEach(function (bag) {
      bag.orders.forEach(function (order) {
        if (order.order_no !== event.order_no) { return; }
        gone[order.code] = gone[bag.code] = event.happened_at;
        order.lines = event.lines ? order.lines.map(function (line) { return less(line, event.lines); }).filter(function (line) { return line.quantity > 0; }) : [];
        if (order.lines.length) { delete gone[order.code]; delete gone[bag.code]; }
      });
    });
  }

  function less(line, taken) {
    var units = taken.reduce(function (sum, one) { return sum + (one.product_code === line.product_code ? one.quantity : 0); }, 0);
    return { product_code: line.product_code, name: line.name, quantity: line.quantity - units };
  }

  function waitingOrders(bag) { return bag.orders.filter(function (order) { return order.lines.length; }); }
  function waitingBags() { return day ? day.bags.filter(function (bag) { return waitingOrders(bag).length; }) : []; }
  function goods(orders) {
    return orders.map(function (order) {
      return order.lines.map(function (line) { return line.name + "×" + line.quantity; }).join("、");
    }).join("、");
  }

  /* Always said by line: what was refunded meanwhile, or came on top, then shows. */
  function allOf(order) {
    return order.lines.map(function (line) { return { product_code: line.product_code, quantity: line.quantity }; });
  }

  function dueOf(orders) {
    return orders.reduce(function (sum, order) { return sum + (order.due_fen || 0); }, 0);
  }
  function toPay(orders) { return dueOf(orders) ? fill(text.textDue, yuan(dueOf(orders))) : ""; }

  function identify() {
    var bytes = window.crypto.getRandomValues(new Uint8Array(16));
    return Array.prototype.map.call(bytes, function (byte) { return ("0" + byte.toString(16)).slice(-2); }).join("");
  }

  /* "who", "said" and "due" are for people at this phone and are not sent. */
  function deed(bag, order, said, reason, lines) {
    var event = { event_id: identify(), account: account, order_no: order.order_no, happened_at: new Date().toISOString() };
    event.who = bag.door + " " + bag.name;
    event.said = said;
    if (reason) { event.reason = reason; }
    if (lines) { event.lines = lines; }
    return event;
  }

  /* Keep first, then show: what stands on the page as handed out is on the disk. */
  function handOut(bag, deeds, said, due) {
    return within("readwrite", function (kept, events) {
      deeds.forEach(function (event) { events.add(event); });
    }).then(function () {
      deeds.forEach(function (event) { mine.push(event); take(event); });
      window.groupbuy.toast(fill(text.textHanded, bag.name, said));
      last = { who: bag.door + " " + bag.name, said: said, due: due };
      draw();
      sync();
    });
  }

  /* What has not been sent yet can be taken back: from then on it is not among what is sent. A list that is
     asked for meanwhile, in vain perhaps, does not matter. */
  function takeBack(event) {
    if (event.tried) { window.groupbuy.toast(text.textBusy); return; }
    mine = mine.filter(function (one) { return one !== event; });
    within("readwrite", function (kept, events) { events.delete(event.event_id); }).then(function () {
      last = null;
      return load();
    }).then(function () { window.groupbuy.toast(fill(text.textBack, event.who || event.order_no)); }, load);
  }

  /* Sending: first the events, then a fresh list. */

  /* In a stairwell no answer may come for minutes; whoever waits for it would not notice that the network is back. */
  function ask(address, how) {
    return Promise.race([fetch(address, how), new Promise(function (resolve, reject) {
      setTimeout(function () { reject(new Error("later")); }, PATIENCE);
    })]);
  }

  function get() {
    return ask(root.dataset.day, { credentials: "same-origin", headers: { Accept: "application/json" } }).then(function (answer) {
      var isList = (answer.headers.get("Content-Type") || "").indexOf("application/json") === 0;
      if (answer.redirected || !answer.ok || !isList) { throw new Error(answer.status >= 500 ? "later" : "sign in"); }
      return answer.json();
    });
  }

  function bare(event) {
    var sent = { event_id: event.event_id, order_no: event.order_no, happened_at: event.happened_at };
    if (event.reason) { sent.reason = event.reason; }
    if (event.lines) { sent.lines = event.lines; }
    return sent;
  }

  /* The server may have what was sent although no answer came: that is written down first. */
  function send(events, token) {
    events.forEach(function (event) { event.tried = true; });
    return within("readwrite", function (kept, store) {
      events.forEach(function (event) { store.put(event); });
    }).then(function () {
      return ask(root.dataset.events, {
        method: "POST", credentials: "same-origin",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        body: JSON.stringify({ events: events.map(bare) })
      });
    }).then(function (answer) {
      if (!answer.ok) { throw new Error(answer.status >= 500 || answer.status === 429 ? "later" : "sign in"); }
      return answer.json();
    }).then(function (told) {
      var ids = told.results.map(function (one) { return one.event_id; });
      /* The list without what was sent stands in their place until a fresh one comes. */
      return within("readwrite", function (kept, store) {
        ids.forEach(function (id) { store.delete(id); });
        var asked = kept.get("day");
        asked.onsuccess = function () {
          if (!asked.result || asked.result.account !== account) { return; }
          events.forEach(function (event) { if (ids.indexOf(event.event_id) >= 0) { takeOff(asked.result, event, {}); } });
          kept.put(asked.result);
        };
      }).then(function () {
        mine = mine.filter(function (event) { return ids.indexOf(event.event_id) < 0; });
      });
    });
  }

  function sendAll(token) {
    if (!mine.length) { return Promise.resolve(false); }
    return send(mine.slice(0, 100), token).then(function () { return sendAll(token); }).then(function () { return true; });
  }

  function keep(fresh) {
    if (fresh.account !== account) { throw new Error("sign in"); }
    var kept = { name: "day", account: fresh.account, made_at: fresh.made_at, conflicts: fresh.conflicts, bags: fresh.bags };
    return within("readwrite", function (store) { store.put(kept); }).then(function () {
      day = JSON.parse(JSON.stringify(kept));
      mine.forEach(take);
    });
  }

  function trouble(error) {
    var signIn = error.message === "sign in";
    element("trouble").hidden = false;
    element("trouble").textContent = signIn ? text.textSignIn : text.textNoConnection;
  }

  /* Asked for while it runs, it runs once more: what was handed out meanwhile may have come too late. */
  function sync() {
    if (busy) { wanted = true; return Promise.resolve(); }
    busy = true;
    wanted = false;
    return get().then(function (fresh) {
      if (fresh.account !== account) { throw new Error("sign in"); }
      return sendAll(fresh.token).then(function (sent) { return sent ? get() : fresh; });
    }).then(keep).then(function () { element("trouble").hidden = true; }, trouble).then(function () {
      busy = false;
      draw();
      if (wanted) { sync(); }
    });
  }

  /* What is seen. */

  function draw() {
    element("waiting").textContent = mine.length ? fill(text.textWaiting, mine.length) : text.textNothing;
    if (others) { element("waiting").textContent += " " + fill(text.textOthers, others); }
    element("synced").textContent = day ? fill(text.textSynced, clock(day.made_at)) : text.textNever;
    element("with-list").hidden = !day;
    element("conflict-count").textContent = day ? day.conflicts : 0;
    drawLast();
    drawUnsent();
    var wanted = element("find").value.trim();
    var bags = waitingBags();
    element("bag-count").textContent = bags.length;
    element("no-bags").hidden = bags.length > 0 || !day;
    var found = bags.filter(function (bag) { return matches(bag, wanted); });
    drawBags(found.slice(0, MOST_SHOWN));
    element("more-bags").hidden = found.length <= MOST_SHOWN;
    element("more-bags").textContent = fill(text.textMore, found.length - MOST_SHOWN);
  }

  /* A bag that has not changed keeps its card, with what somebody is just typing there. */
  function drawBags(bags) {
    var list = element("bags");
    var former = {};
    Array.prototype.forEach.call(list.children, function (made) { former[made.dataset.bag] = made; });
    var cards = bags.map(function (bag) {
      var name = JSON.stringify(bag);
      var made = former[name] || card(bag);
      made.dataset.bag = name;
      return made;
    });
    Array.prototype.slice.call(list.children).forEach(function (made) { if (cards.indexOf(made) < 0) { made.remove(); } });
    cards.forEach(function (made, place) { if (list.children[place] !== made) { list.insertBefore(made, list.children[place] || null); } });
  }

  function drawLast() {
    element("last").hidden = !last;
    if (!last) { return; }
    element("last-who").textContent = last.who;
    element("last-goods").textContent = last.said;
    element("last-due").textContent = last.due;
  }

  function drawUnsent() {
    var list = document.createDocumentFragment();
    mine.forEach(function (event) {
      var made = document.importNode(element("unsent-row").content, true);
      made.querySelector("[data-what]").textContent = clock(event.happened_at) + " " + (event.who || event.order_no) + (event.said ? ": " + event.said : "");
      made.querySelector("button").addEventListener("click", function () { takeBack(event); });
      list.appendChild(made);
    });
    element("unsent").hidden = !mine.length;
    element("unsent-list").textContent = "";
    element("unsent-list").appendChild(list);
  }

  function matches(bag, wanted) {
    return !wanted || (bag.door + " " + bag.name + " " + bag.phone_tail + " " + goods(bag.orders)).indexOf(wanted) >= 0;
  }

  function card(bag) {
    var orders = waitingOrders(bag);
    var made = document.importNode(element("bag").content, true);
    made.querySelector("[data-who]").textContent = bag.door + " " + bag.name;
    made.querySelector("[data-tail]").textContent = "****" + bag.phone_tail;
    made.querySelector("[data-goods]").textContent = goods(orders);
    made.querySelector("[data-round]").textContent = (bag.day ? bag.day + " · " : "") + bag.round_title;
    made.querySelector("[data-due]").textContent = toPay(orders);
    var lines = made.querySelector("[data-lines]");
    orders.forEach(function (order) { order.lines.forEach(function (line) { lines.appendChild(row(order, line)); }); });
    made.querySelector("form").addEventListener("submit", function (event) {
      event.preventDefault();
      event.stopPropagation();
      byHand(bag, event.target);
    });
    return made.firstElementChild;
  }

  function row(order, line) {
    var made = document.importNode(element("line").content, true);
    made.querySelector("[data-name]").textContent = line.name;
    var field = made.querySelector("input");
    field.value = line.quantity;
    field.dataset.order = order.order_no;
    field.dataset.product = line.product_code;
    field.dataset.most = line.quantity;
    return made;
  }

  function refuse(place, sentence) { place.textContent = sentence; place.hidden = false; }

  /* Without the code, for a reason: all of the bag, or the units that stand in the boxes. */
  function byHand(bag, form) {
    var fields = Array.prototype.slice.call(form.querySelectorAll("[data-order]"));
    var fault = form.querySelector("[data-fault]");
    var sound = fields.every(function (field) { return /^[0-9]+$/.test(field.value.trim()) && Number(field.value) <= Number(field.dataset.most); });
    var reason = form.elements.reason.value.trim();
    if (!sound || !fields.some(function (field) { return Number(field.value) > 0; })) { refuse(fault, text.textUnits); return; }
    if (!reason) { refuse(fault, text.textReason); return; }
    var deeds = [];
    var given = [];
    var said = [];
    waitingOrders(bag).forEach(function (order) {
      var lines = fields.filter(function (field) { return field.dataset.order === order.order_no && Number(field.value) > 0; }).map(function (field) {
        return { product_code: field.dataset.product, quantity: Number(field.value) };
      });
      if (!lines.length) { return; }
      var these = order.lines.filter(function (line) { return lines.some(function (one) { return one.product_code === line.product_code; }); }).map(function (line) {
        return line.name + "×" + lines.filter(function (one) { return one.product_code === line.product_code; })[0].quantity;
      }).join("、");
      deeds.push(deed(bag, order, these, reason, lines));
      given.push(order);
      said.push(these);
    });
    handOut(bag, deeds, said.join("、"), toPay(given));
  }

  function byCode(code) {
    var found = null;
    waitingBags().forEach(function (bag) {
      var orders = waitingOrders(bag);
      if (bag.code === code) { found = { bag: bag, orders: orders }; }
      orders.forEach(function (order) { if (!found && order.code === code) { found = { bag: bag, orders: [order] }; } });
    });
    var fault = element("code-fault");
    fault.hidden = true;
    if (!found) { refuse(fault, done[code] ? fill(text.textGone, clock(done[code])) : text.textUnknown); return; }
    handOut(found.bag, found.orders.map(function (order) { return deed(found.bag, order, goods([order]), "", allOf(order)); }), goods(found.orders), toPay(found.orders));
  }

  element("by-code").addEventListener("submit", function (event) {
    event.preventDefault();
    event.stopPropagation();
    var field = event.target.elements.code;
    byCode(field.value.replace(/[０-９]/g, function (wide) { return String.fromCharCode(wide.charCodeAt(0) - 0xfee0); }).replace(/\D/g, ""));
    field.value = "";
    field.focus();
  });
  element("find").addEventListener("input", draw);
  element("sync").addEventListener("click", sync);
  window.addEventListener("online", sync);
  document.addEventListener("visibilitychange", function () { if (!document.hidden) { sync(); } });
  setInterval(function () { if (mine.length) { sync(); } }, AGAIN);
  load().then(sync, function () { element("trouble").hidden = false; element("trouble").textContent = text.textLost; });
}());
