"""Pages and operations that show old rounds too, which may be in the archive; only reading does."""

from contextlib import ExitStack

from flask import Flask, g, request

from groupbuy.db import db
from groupbuy.flows.archive.reading import everything, holds_order, holds_orders_of
from groupbuy.http.identity import current_identity

_RESIDENT = (
    "orders order order_sales_note order_invoice order_invoice_file order_invoice_red"
    " order_after_sale me_wallet"
)
_LEADER = (
    "orders orders_show orders_after_sale rounds rounds_show commission commission_round money"
    " money_month extras extras_show paper print_sheet day_paper file goods_of_day ranking shares cases"
)
_ADMIN = (
    "orders orders_detail orders_sales_note campaigns campaigns_plan campaigns_round campaigns_paper"
    " campaigns_papers campaigns_print reports_view commissions commissions_extras commissions_statements"
    " commissions_statement payments payments_refunds payments_requests payments_bills refunds"
    " invoice_requests invoice_requests_file invoice_requests_red_file aftersales aftersales_case"
    " lot_claims lot_claims_claim disposals_list stock_batch stock_batches delivery delivery_route"
    " delivery_paper residents residents_detail leaders_detail ledger_journal"
    " pickup_conflicts pickup_conflicts_event"
)
# What many poll is not among them, for the views are dear: rounds and their offers are never moved, and
# ``show_order`` looks there itself for what is not among the working orders.
_API = (
    "list_cases list_all_conflicts"
    " list_after_sales list_batch_orders show_batch document_of document_of_day round_document report"
    " list_orders sales_note list_payments invoice_of_order"
    " red_invoice_of_order show_invoice_request list_invoice_requests show_carriage show_substitutes"
    " list_extras show_leader_money"
    " show_ranking show_tolerances show_report list_supplier_sales show_weights show_goods"
    " show_deliveries show_lot_claim list_disposals list_postings"
)
OF_DESK = {"resident": _RESIDENT, "leader": _LEADER, "admin": _ADMIN, "supplier": "sales", "api_v1": _API}
ENDPOINTS = frozenset(f"{desk}.{name}" for desk, names in OF_DESK.items() for name in names.split())

# Of these, what asks for one order, and what asks for a resident's own ones: that is looked for first,
# which takes one query where a view is made, and ended, for each table with an archive that is read.
_OF_ONE = {
    "resident": (
        "order order_sales_note order_invoice order_invoice_file order_invoice_red order_after_sale"
    ),
    "leader": "orders_show orders_after_sale",
    "admin": "orders_detail orders_sales_note",
    "api_v1": "sales_note list_payments invoice_of_order red_invoice_of_order show_carriage show_tolerances",
}
_ONE = frozenset(f"{desk}.{name}" for desk, names in _OF_ONE.items() for name in names.split())
_OWN = frozenset(("resident.orders", "resident.me_wallet", "api_v1.list_orders"))


def init_old_rounds(app: Flask) -> None:
    """Let the requests that are named read the archive as well as the working tables."""
    app.before_request(_begin)
    app.teardown_request(_end)


def _begin() -> None:
    if request.endpoint in ENDPOINTS and request.method in ("GET", "HEAD") and _may_be_old():
        g.old_rounds = ExitStack()
        g.old_rounds.enter_context(everything())


def _may_be_old() -> bool:
    """Tell whether what is asked for may be in the archive."""
    if request.endpoint in _ONE:
        named = request.view_args or {}
        return holds_order(named.get("number") or named["order_no"])
    who = current_identity() if request.endpoint in _OWN else None
    return who is None or who.role != "resident" or holds_orders_of(who.resident_ids)


def _end(_error: BaseException | None) -> None:
    stack: ExitStack | None = g.pop("old_rounds", None)
    if stack is not None:
        # What was only read needs no commit, and a transaction that has failed takes no more statements.
        db.session.rollback()
        stack.close()
