"""The menus of the three desks; an entry shows once its page exists and its reader may open it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask, current_app, request, url_for

from groupbuy.web.kit.i18n import lazy_gettext as _l

MayVisit = Callable[[str], bool]


# A menu of up to so many entries is read at a glance: nothing in it is folded away.
FEW = 14


@dataclass(frozen=True, slots=True)
class Entry:
    """One place to go: an endpoint, what it is called, and an icon of the sprite.

    ``also`` names pages that belong to it by another name; ``current`` tells that the reader is there.
    """

    endpoint: str
    label: Any
    icon: str
    also: tuple[str, ...] = ()
    current: bool = False

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return url_for(self.endpoint)

    def nearness(self, here: str) -> int:
        """Tell how closely a page belongs here (``admin.orders_edit`` to ``admin.orders``); 0 is not."""
        names = (self.endpoint, *self.also)
        return max(
            len(name) if here == name or here.startswith((f"{name}_", f"{name}.")) else 0 for name in names
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under a heading, which folds them away; the first group has none."""

    heading: Any
    entries: tuple[Entry, ...]
    key: str = ""
    unfolded: bool = False


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
            Entry("admin.receiving", _l("Receive goods"), "box-arrow-in-down", ("admin.discrepancy",)),
            Entry("admin.stock", _l("Stock"), "layers"),
            Entry("admin.delivery", _l("Deliveries"), "truck"),
            Entry("admin.pickup", _l("Verify pickup"), "bag-check"),
            Entry("admin.aftersales", _l("After-sales"), "chat-dots"),
            Entry("admin.lot_claims", _l("Claims on batches"), "exclamation-circle"),
            Entry("admin.disposals_list", _l("Disposals"), "trash"),
            Entry("admin.pickup_conflicts", _l("Offline conflicts"), "exclamation-circle"),
            Entry("supplier.desk", _l("My purchase orders"), "file-earmark-spreadsheet", ("supplier.order",)),
            Entry("supplier.sales", _l("My sales"), "graph-up"),
            Entry(
                "supplier.lot_claims", _l("Claims on batches"), "exclamation-circle", ("supplier.lot_claim",)
            ),
            Entry("supplier.settlements", _l("My statements"), "receipt", ("supplier.settlement",)),
        ),
        "fulfilment",
    ),
    Group(
        _l("Leaders and suppliers"),
        (
            Entry("admin.leaders", _l("Manage leaders"), "people", ("admin.levels",)),
            Entry("admin.communities", _l("Communities"), "geo-alt"),
            Entry("admin.residents", _l("Manage residents"), "person"),
            Entry("admin.commissions", _l("Commissions"), "percent"),
            Entry("admin.suppliers", _l("Suppliers"), "shop", ("admin.supplier",)),
        ),
        "people",
    ),
    Group(
        _l("Finance"),
        (
            Entry("admin.withdrawals", _l("Withdrawals"), "wallet2"),
            Entry("admin.cash", _l("Cash handed over"), "cash-coin"),
            Entry("admin.debts", _l("Debts of leaders"), "exclamation-circle"),
            Entry("admin.refunds", _l("To give back"), "arrow-counterclockwise"),
            Entry("admin.payments", _l("Payments and refunds"), "credit-card"),
            Entry("admin.bank", _l("Bank statement"), "building"),
            Entry(
                "admin.settlements",
                _l("Supplier statements"),
                "file-earmark-spreadsheet",
                ("admin.invoices",),
            ),
            Entry("admin.invoice_requests", _l("Invoices for residents"), "receipt"),
            Entry("admin.reports", _l("Reports"), "graph-up"),
            Entry("admin.ledger", _l("Income and expense"), "journal-text"),
        ),
        "finance",
    ),
    Group(
        _l("System"),
        (
            Entry("admin.scheduler", _l("Scheduler"), "clock-history"),
            Entry("admin.archive", _l("Archive of rounds"), "box-seam"),
            Entry("admin.notices", _l("Notices"), "bell"),
            Entry("admin.webhooks", _l("Webhooks"), "send"),
            Entry("admin.users", _l("Users and roles"), "shield-check"),
            Entry("admin.audit", _l("Audit log"), "journal-text"),
            Entry("admin.settings", _l("Settings"), "gear"),
        ),
        "system",
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
    """Return the groups with the entries that exist and are allowed; empty groups fall away.

    The entry of this page is marked and its group unfolded; all groups are where there are few entries.
    """
    pages = current_app.view_functions
    kept = [
        replace(
            group, entries=tuple(e for e in group.entries if e.endpoint in pages and may_visit(e.endpoint))
        )
        for group in groups
    ]
    few = sum(len(group.entries) for group in kept) <= FEW
    return [_marked(group, _here(kept), few) for group in kept if group.entries]


def _here(groups: list[Group]) -> str:
    """Return the endpoint of the entry that this page belongs to most closely, "" for none."""
    here = request.endpoint or ""
    entries = [entry for group in groups for entry in group.entries if entry.nearness(here)]
    return max(entries, key=lambda entry: entry.nearness(here)).endpoint if entries else ""


def _marked(group: Group, endpoint: str, unfolded: bool) -> Group:
    entries = tuple(replace(entry, current=entry.endpoint == endpoint) for entry in group.entries)
    return replace(group, entries=entries, unfolded=unfolded or any(entry.current for entry in entries))
