/* What every page may use. Everything here only helps: without it each page still works by itself.
   Written for browsers of 2018: no optional chaining, no nullish operator. */
(function () {
  "use strict";

  var root = document.documentElement;
  root.classList.add("has-js");

  function text(name) { return document.body.dataset["text" + name]; }

  function each(list, visit) { Array.prototype.forEach.call(list, visit); }

  /* The newest takes the place of those before, which would lie over buttons where somebody works fast. */
  function toast(message) {
    var line = document.createElement("p");
    line.className = "toast-text";
    line.textContent = message;
    document.getElementById("toasts").textContent = "";
    document.getElementById("toasts").appendChild(line);
    setTimeout(function () { line.remove(); }, Math.max(2500, message.length * 120));
  }

  /* Dialogs: a question before a deed, or a confirmation page shown in place. */

  function openDialog(content) {
    var dialog = document.createElement("dialog");
    dialog.appendChild(content);
    dialog.addEventListener("close", function () { dialog.remove(); });
    dialog.addEventListener("click", function (event) { if (event.target === dialog) { dialog.close(); } });
    var heading = content.querySelector("h2");
    if (heading) { dialog.setAttribute("aria-label", heading.textContent); }
    document.body.appendChild(dialog);
    dialog.showModal();
    return dialog;
  }

  function question(form) {
    var box = document.createElement("div");
    var title = document.createElement("h2");
    title.textContent = form.dataset.confirm;
    var row = document.createElement("div");
    row.className = "form-actions";
    var yes = document.createElement("button");
    yes.type = "button";
    yes.className = "btn btn-primary";
    yes.textContent = form.dataset.confirmOk || text("Ok");
    var no = document.createElement("button");
    no.type = "button";
    no.className = "btn btn-outline-secondary";
    no.textContent = text("Cancel");
    row.appendChild(yes);
    row.appendChild(no);
    box.appendChild(title);
    box.appendChild(row);
    return { box: box, yes: yes, no: no };
  }

  function send(form, submitter) {
    form.dataset.confirmed = "1";
    if (form.requestSubmit) { form.requestSubmit(submitter || undefined); } else { form.submit(); }
  }

  function ask(form, submitter) {
    if (!window.HTMLDialogElement) {
      if (window.confirm(form.dataset.confirm)) { send(form, submitter); }
      return;
    }
    var parts = question(form);
    var dialog = openDialog(parts.box);
    parts.no.addEventListener("click", function () { dialog.close(); });
    parts.yes.addEventListener("click", function () { dialog.close(); send(form, submitter); });
  }

  function showConfirmPage(link) {
    fetch(link.href, { credentials: "same-origin", headers: { "X-Dialog": "1" } })
      .then(function (response) {
        if (!response.ok) { throw new Error(String(response.status)); }
        return response.text();
      })
      .then(function (html) {
        var body = new DOMParser().parseFromString(html, "text/html").querySelector("[data-dialog-body]");
        if (!body) { throw new Error("no dialog body"); }
        var dialog = openDialog(document.importNode(body, true));
        each(dialog.querySelectorAll(".form-actions a"), function (back) {
          back.addEventListener("click", function (event) { event.preventDefault(); dialog.close(); });
        });
      })
      .catch(function () { window.location.href = link.href; });
  }

  /* A form goes out once: the button rests until the answer comes or the page is shown again. */

  function rest(form) {
    each(form.querySelectorAll("[data-once]"), function (button) {
      button.setAttribute("aria-disabled", "true");
      button.classList.add("is-busy");
    });
    form.dataset.sent = "1";
  }

  function wake() {
    each(document.querySelectorAll("form[data-sent]"), function (form) {
      delete form.dataset.sent;
      delete form.dataset.confirmed;
      each(form.querySelectorAll("[data-once]"), function (button) {
        button.removeAttribute("aria-disabled");
        button.classList.remove("is-busy");
      });
    });
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.dataset.confirm && !form.dataset.confirmed) {
      event.preventDefault();
      ask(form, event.submitter);
      return;
    }
    if (navigator.onLine === false && !form.dataset.queue) {
      event.preventDefault();
      delete form.dataset.confirmed;
      toast(text("Offline"));
      return;
    }
    if (!event.defaultPrevented && form.querySelector("[data-once]")) { rest(form); }
  });
  window.addEventListener("pageshow", wake);

  /* Fields that nobody needs while one of several known things is chosen; its empty value is another one. */

  function hideUnneeded() {
    each(document.querySelectorAll("[data-unless]"), function (box) {
      var chosen = document.querySelector("input[name='" + box.dataset.unless + "']:checked");
      box.hidden = Boolean(chosen && chosen.value);
    });
  }
  document.addEventListener("change", hideUnneeded);
  window.addEventListener("pageshow", hideUnneeded);
  hideUnneeded();

  /* Copy and share */

  function copy(value) {
    if (navigator.clipboard && window.isSecureContext) { return navigator.clipboard.writeText(value); }
    var area = document.createElement("textarea");
    area.value = value;
    area.className = "visually-hidden";
    document.body.appendChild(area);
    area.select();
    var done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("copy"));
  }

  function copyAndTell(value) {
    copy(value).then(function () { toast(text("Copied")); }, function () { toast(text("CopyFailed")); });
  }

  function share(button) {
    var what = { title: button.dataset.shareTitle, text: button.dataset.shareText, url: button.dataset.shareUrl };
    if (navigator.share) { navigator.share(what).catch(function () { return undefined; }); return; }
    copyAndTell((what.text ? what.text + "\n" : "") + what.url);
  }

  document.addEventListener("click", function (event) {
    var target = event.target.closest("[data-copy],[data-share-url],[data-dialog],[data-back],[data-print]");
    if (!target || event.ctrlKey || event.metaKey) { return; }
    if ("copy" in target.dataset) { copyAndTell(target.dataset.copy); }
    else if ("shareUrl" in target.dataset) { share(target); }
    else if ("back" in target.dataset) { window.history.back(); }
    else if ("print" in target.dataset) { window.print(); }
    else if (window.HTMLDialogElement) { event.preventDefault(); showConfirmPage(target); }
  });

  /* Small comforts: selects that send their form, boxes that select a table, the menu drawer. */

  document.addEventListener("change", function (event) {
    var target = event.target;
    if ("autosubmit" in target.dataset) { target.form.submit(); }
    if ("selectAll" in target.dataset) {
      each(target.closest("table").querySelectorAll("[data-select-row]"), function (row) { row.checked = target.checked; });
    }
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && window.location.hash === "#menu") {
      window.location.hash = "#main";
      var opener = document.querySelector(".admin-menu-open");
      if (opener) { opener.focus(); }
    }
  });

  /* What was typed stays when a session ends in the middle of a form: <form data-keep="name">.
     A form that was sent and answered by signing in (<body data-interrupted>) comes back as it was typed, and
     so does one that was never answered because the server was away: its page is fetched again, neither as
     the answer to what was sent (<body data-answer>) nor by way of a redirect. One that got through is
     forgotten. */

  function read(key) { try { return sessionStorage.getItem(key); } catch (error) { return null; } }

  function note(key, value) { try { sessionStorage.setItem(key, value); } catch (error) { return; } }

  document.addEventListener("submit", function (event) {
    var name = event.target.dataset.keep;
    if (name && !document.body.hasAttribute("data-interrupted")) { note("kept-sent", name); }
  });

  function wasRedirected() {
    var entry = performance.getEntriesByType && performance.getEntriesByType("navigation")[0];
    return (entry || performance.navigation).redirectCount > 0;
  }

  function neverAnswered(name) {
    var again = Array.prototype.some.call(document.forms, function (form) { return form.dataset.keep === name; });
    return again && !document.body.hasAttribute("data-answer") && !wasRedirected();
  }

  function settle() {
    var sent = read("kept-sent");
    if (!sent) { return; }
    sessionStorage.removeItem("kept-sent");
    if (document.body.hasAttribute("data-interrupted") || neverAnswered(sent)) { note("kept-lost", sent); return; }
    if (!document.querySelector("[data-focus], form[data-keep] .is-invalid")) {
      sessionStorage.removeItem("keep:" + sent);
    }
  }

  function keep(form) {
    var key = "keep:" + form.dataset.keep;
    var lost = read("kept-lost") === form.dataset.keep;
    var kept = {};
    if (lost) { sessionStorage.removeItem("kept-lost"); }
    try { kept = JSON.parse(sessionStorage.getItem(key) || "{}"); } catch (error) { kept = {}; }
    each(form.elements, function (field) {
      if (!keepable(field)) { return; }
      if (field.name in kept && (lost || !field.value)) { field.value = kept[field.name]; }
      ["input", "quantity"].forEach(function (kind) {
        field.addEventListener(kind, function () {
          kept[field.name] = field.value;
          note(key, JSON.stringify(kept));
        });
      });
    });
  }

  function keepable(field) {
    return field.name && /^(text|search|tel|email|number|textarea|date|datetime-local|select-one)$/.test(field.type);
  }

  /* The page that follows success forgets it: any element with data-forget="name". */
  function forget(element) { sessionStorage.removeItem("keep:" + element.dataset.forget); }

  /* htmx: the form token goes along, and a failure is said aloud. */

  document.addEventListener("htmx:configRequest", function (event) {
    var token = document.querySelector("input[name=csrf_token]");
    if (token && event.detail.verb !== "get") { event.detail.headers["X-CSRFToken"] = token.value; }
  });
  document.addEventListener("htmx:responseError", function (event) {
    var answer = event.detail.xhr;
    var plain = (answer.getResponseHeader("Content-Type") || "").indexOf("text/plain") === 0;
    toast(plain && answer.responseText.length < 300 ? answer.responseText : text("Failed"));
  });
  document.addEventListener("htmx:sendError", function () { toast(text("Offline")); });

  function start() {
    settle();
    each(document.querySelectorAll("[data-forget]"), forget);
    each(document.querySelectorAll("form[data-keep]"), keep);
    var wrong = document.querySelector("[data-focus]");
    if (wrong) { wrong.focus(); }
  }
  start();

  window.groupbuy = { toast: toast, text: text, each: each, copy: copy };
}());
