/* The operator's menu keeps the groups that its reader unfolded, and shows the entry of this page.
   Runs where it stands, before the page is drawn, so that nothing moves under the reader's eyes. */
(function () {
  "use strict";

  var menu = document.querySelector("[data-menu]");
  var groups = menu.querySelectorAll("[data-menu-group]");
  var KEY = "menu-unfolded";
  var unfolded;

  try { unfolded = JSON.parse(localStorage.getItem(KEY) || "{}"); } catch (error) { unfolded = {}; }

  Array.prototype.forEach.call(groups, function (group) {
    var name = group.dataset.menuGroup;
    if (unfolded[name]) { group.open = true; }
    group.firstElementChild.addEventListener("click", function () {
      unfolded[name] = !group.open;
      try { localStorage.setItem(KEY, JSON.stringify(unfolded)); } catch (error) { return; }
    });
  });

  var current = menu.querySelector("[aria-current]");
  if (current) {
    var below = current.getBoundingClientRect().bottom - menu.getBoundingClientRect().bottom;
    if (below > 0) { menu.scrollTop += below + current.offsetHeight; }
  }
}());
