"""The menus of the three desks; an entry shows once its page exists and its reader may open it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request, url_for

from groupbuy.web.kit.i18n import lazy_gettext as _l

MayVisit = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Entry:
    """One place to go: an endpoint, what it is called, and an icon of the sprite."""

    endpoint: str
    label: Any
    icon: str

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return url_for(self.endpoint)

    @property
    def current(self) -> bool:
        """Tell whether the reader is on this page or below it (``admin.orders``, ``admin.orders_edit``)."""
        here = request.endpoint or ""
        return here == self.endpoint or here.startswith((f"{self.endpoint}_", f"{self.endpoint}."))


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under a heading; the first group has none."""

    heading: Any
    entries: tuple[Entry, ...]


RESIDENT = (
    Group(
        None,
        (
            Entry("resident.home", _l("Group-buys"), "shop"),
            Entry("resident.cart", _l("Cart"), "cart3"),
            Entry("resident.orders", _l("Orders"), "receipt"),
            Entry("resident.me", _l("Me"), "person"),
        ),
    ),
)
LEADER = (
    Group(
        None,
        (
            Entry("leader.desk", _l("Home"), "house"),
            Entry("leader.rounds", _l("Rounds"), "megaphone"),
            Entry("leader.orders", _l("Orders"), "receipt"),
            Entry("leader.pickup", _l("Pickup"), "bag-check"),
            Entry("leader.commission", _l("Commission"), "wallet2"),
        ),
    ),
)
ADMIN = (
    Group(
        None,
        (
            Entry("admin.dashboard", _l("Dashboard"), "graph-up"),
            Entry("admin.campaigns", _l("Campaigns"), "megaphone"),
            Entry("admin.orders", _l("Manage orders"), "receipt"),
            Entry("admin.products", _l("Manage products"), "box-seam"),
        ),
    ),
    Group(
        _l("Fulfilment"),
        (
            Entry("admin.purchasing", _l("Purchasing"), "file-earmark-spreadsheet"),
            Entry("admin.receiving", _l("Receive goods"), "box-arrow-in-down"),
            Entry("admin.stock", _l("Stock"), "box-seam"),
            Entry("admin.delivery", _l("Deliveries"), "truck"),
            Entry("admin.pickup", _l("Verify pickup"), "bag-check"),
            Entry("admin.aftersales", _l("After-sales"), "chat-dots"),
            Entry("supplier.desk", _l("My purchase orders"), "file-earmark-spreadsheet"),
            Entry("supplier.settlements", _l("My statements"), "receipt"),
        ),
    ),
    Group(
        _l("Leaders and suppliers"),
        (
            Entry("admin.leaders", _l("Manage leaders"), "people"),
            Entry("admin.communities", _l("Communities"), "geo-alt"),
            Entry("admin.residents", _l("Manage residents"), "person"),
            Entry("admin.commissions", _l("Commissions"), "wallet2"),
            Entry("admin.suppliers", _l("Suppliers"), "shop"),
        ),
    ),
    Group(
        _l("Finance"),
        (
            Entry("admin.withdrawals", _l("Withdrawals"), "wallet2"),
            Entry("admin.cash", _l("Cash handed over"), "bag-check"),
            Entry("admin.refunds", _l("To give back"), "receipt"),
            Entry("admin.payments", _l("Payments"), "wallet2"),
            Entry("admin.payments_refunds", _l("Refunds through channels"), "receipt"),
            Entry("admin.payments_requests", _l("Refunds asked for"), "check-circle"),
            Entry("admin.payments_bills", _l("Reconciliation"), "journal-text"),
            Entry("admin.settlements", _l("Supplier statements"), "file-earmark-spreadsheet"),
            Entry("admin.reports", _l("Reports"), "graph-up"),
            Entry("admin.ledger", _l("Income and expense"), "graph-up"),
        ),
    ),
    Group(
        _l("System"),
        (
            Entry("admin.scheduler", _l("Scheduler"), "clock-history"),
            Entry("admin.webhooks", _l("Webhooks"), "send"),
            Entry("admin.users", _l("Users and roles"), "shield-check"),
            Entry("admin.audit", _l("Audit log"), "journal-text"),
            Entry("admin.settings", _l("Settings"), "gear"),
        ),
    ),
)
MENUS = {"resident": RESIDENT, "leader": LEADER, "admin": ADMIN}


def install(app: Flask, *, may_visit: MayVisit) -> None:
    """Give templates ``menu(desk)`` and ``has_page(endpoint)``; ``may_visit`` decides what is shown."""

    def menu(desk: str) -> list[Group]:
        return shown(MENUS[desk], may_visit)

    def has_page(endpoint: str) -> bool:
        return endpoint in current_app.view_functions

    app.jinja_env.globals.update(menu=menu, has_page=has_page)


def shown(groups: tuple[Group, ...], may_visit: MayVisit) -> list[Group]:
    """Return the groups with the entries that exist and are allowed; empty groups fall away."""
    pages = current_app.view_functions
    kept = [
        Group(
            group.heading,
            tuple(e for e in group.entries if e.endpoint in pages and may_visit(e.endpoint)),
        )
        for group in groups
    ]
    return [group for group in kept if group.entries]
