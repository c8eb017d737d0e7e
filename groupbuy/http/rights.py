"""Who may open which page and take which document: the one table of roles.

Pages are endpoints. A desk is the part before the dot (``admin.orders`` is of the desk ``admin``); the
desks named in ``DESKS`` are closed to whoever is not in this table, all others look after themselves.
"""

from collections.abc import Collection, Mapping

from groupbuy.kernel.errors import RuleBroken

# LOOK opens a page, ACT also sends its form.
LOOK, ACT = "look", "act"
EVERYTHING = "*"
_READING = ("GET", "HEAD", "OPTIONS")

DESKS = frozenset({"admin", "leader", "supplier"})

PAGES: Mapping[str, Mapping[str, str]] = {
    "operator": {"admin.*": ACT},
    "customer_service": {
        "admin.orders": LOOK,
        "admin.orders_detail": LOOK,
        "admin.orders_cancel": ACT,
        "admin.residents": LOOK,
        "admin.aftersales": LOOK,
        "admin.aftersales_case": LOOK,
        "admin.aftersales_reasons": LOOK,
        "admin.lot_claims": LOOK,
        "admin.lot_claims_claim": LOOK,
        "admin.pickup_conflicts": LOOK,
        "admin.pickup_conflicts_event": ACT,
    },
    "finance": {
        "admin.commissions": LOOK,
        "admin.commissions_extras": LOOK,
        "admin.commissions_own": LOOK,
        "admin.commissions_statements": LOOK,
        "admin.commissions_statement": LOOK,
        "admin.withdrawals": LOOK,
        "admin.withdrawals_decide": ACT,
        "admin.withdrawals_transfer": ACT,
        "admin.wechat_transfers": LOOK,
        "admin.wechat_transfers_send": ACT,
        "admin.wechat_transfers_mend": ACT,
        "admin.payout_files": LOOK,
        "admin.payout_files_results": ACT,
        "admin.withdrawals_batch": ACT,
        "admin.withdrawals_file": LOOK,
        "admin.debts": LOOK,
        "admin.debts_settle": ACT,
        "admin.debts_settled": LOOK,
        "admin.debts_decide": ACT,
        "admin.cash": LOOK,
        "admin.cash_decide": ACT,
        "admin.orders_sales_note": LOOK,
        "admin.refunds": LOOK,
        "admin.refunds_pay": ACT,
        "admin.payments": LOOK,
        "admin.payments_give_back": ACT,
        "admin.payments_refunds": LOOK,
        "admin.payments_to_wallet": ACT,
        "admin.payments_ask_again": ACT,
        "admin.payments_requests": LOOK,
        "admin.payments_decide": ACT,
        "admin.payments_bills": LOOK,
        "admin.payments_bills_missing": ACT,
        "admin.payments_bills_settle": ACT,
        "admin.payments_bills_together": ACT,
        "admin.bank": LOOK,
        "admin.bank_take": ACT,
        "admin.bank_missing": LOOK,
        "admin.bank_line": ACT,
        "admin.bank_reopen": ACT,
        "admin.ledger": LOOK,
        "admin.ledger_journal": LOOK,
        "admin.ledger_close": ACT,
        "admin.reports": LOOK,
        "admin.reports_view": LOOK,
        "admin.reports_make": ACT,
        "admin.reports_files": LOOK,
        "admin.reports_files_take": LOOK,
        "admin.settlements": LOOK,
        "admin.settlements_owed": LOOK,
        "admin.settlements_make": ACT,
        "admin.settlements_due": ACT,
        "admin.settlements_detail": LOOK,
        "admin.settlements_file": LOOK,
        "admin.settlements_decide": ACT,
        "admin.suppliers_file": LOOK,
        "admin.suppliers_bank": ACT,
        "admin.supplier_terms": ACT,
        "admin.supplier_deduct": ACT,
        "admin.supplier_deduction_back": ACT,
        "admin.invoices": LOOK,
        "admin.invoices_new": ACT,
        "admin.invoices_detail": LOOK,
        "admin.invoices_cancel": ACT,
        "admin.invoices_differences": LOOK,
        "admin.invoices_decide": ACT,
        "admin.invoice_requests": LOOK,
        "admin.invoice_requests_issue": ACT,
        "admin.invoice_requests_refuse": ACT,
        "admin.invoice_requests_reverse": ACT,
        "admin.invoice_requests_file": LOOK,
        "admin.invoice_requests_red": ACT,
        "admin.invoice_requests_red_file": LOOK,
        "admin.commissions_plan": LOOK,
        "admin.purchasing": LOOK,
        "admin.purchasing_order": LOOK,
        "admin.purchasing_preview": LOOK,
        "admin.purchasing_amendment": LOOK,
        "admin.campaigns_paper": LOOK,
        "admin.campaigns_print": LOOK,
    },
    "warehouse": {
        "admin.campaigns": LOOK,
        "admin.campaigns_round": LOOK,
        "admin.purchasing": LOOK,
        "admin.purchasing_order": LOOK,
        "admin.purchasing_preview": LOOK,
        "admin.purchasing_amendment": LOOK,
        "admin.campaigns_paper": LOOK,
        "admin.campaigns_print": LOOK,
        "admin.campaigns_shortage": LOOK,
        "admin.campaigns_shortage_apply": ACT,
        "admin.weights": LOOK,
        "admin.weights_leader": ACT,
        "admin.weights_template": LOOK,
        "admin.weights_file": ACT,
        "admin.weights_settle": ACT,
        "admin.receiving": LOOK,
        "admin.receiving_order": ACT,
        "admin.receiving_rest": ACT,
        "admin.receiving_template": LOOK,
        "admin.receiving_file": ACT,
        "admin.receiving_photos": ACT,
        "admin.receiving_receipts": LOOK,
        "admin.receiving_receipt": LOOK,
        "admin.receiving_rejected": LOOK,
        "admin.stock": LOOK,
        "admin.stock_product": ACT,
        "admin.delivery": LOOK,
        "admin.delivery_plan": ACT,
        "admin.delivery_propose": ACT,
        "admin.delivery_take": ACT,
        "admin.delivery_drop": ACT,
        "admin.delivery_add": ACT,
        "admin.delivery_route": ACT,
        "admin.delivery_move": ACT,
        "admin.delivery_arrive": ACT,
        "admin.delivery_not_arrived": ACT,
        "admin.delivery_leave": ACT,
        "admin.delivery_call_back": ACT,
        "admin.delivery_route_paper": LOOK,
        "admin.delivery_paper": LOOK,
        "admin.stock_batches": LOOK,
        "admin.stock_batch": LOOK,
        "admin.stock_movements": LOOK,
        "admin.stock_count_sheet": LOOK,
        "admin.stock_count": ACT,
        "admin.stock_count_check": ACT,
        "admin.stock_count_marked": ACT,
        "admin.stock_count_book": ACT,
        "admin.stock_issue": ACT,
        "admin.stock_least": ACT,
        "admin.stock_note": LOOK,
        "admin.stock_transfers": LOOK,
        "admin.stock_transfers_new": ACT,
        "admin.stock_transfers_template": ACT,
        "admin.stock_transfers_file": ACT,
        "admin.stock_transfer": ACT,
        "admin.stock_transfer_call_back": ACT,
        "admin.stock_transfer_paper": LOOK,
        "admin.warehouses": LOOK,
    },
    "supplier": {
        "supplier.desk": LOOK,
        "supplier.order_answer": ACT,
        "supplier.paper": LOOK,
        "supplier.amendment": LOOK,
        "supplier.sales": LOOK,
        "supplier.lot_claims": LOOK,
        "supplier.lot_claim": ACT,
        "supplier.settlements": LOOK,
        "supplier.settlement": LOOK,
        "supplier.settlement_file": LOOK,
        "supplier.settlement_answer": ACT,
    },
    "leader": {"leader.*": ACT},
    "pickup_verifier": {
        "leader.pickup": LOOK,
        "leader.pickup_verify": ACT,
        "leader.pickup_by_name": ACT,
        "leader.pickup_offline": LOOK,
        "leader.pickup_day_json": LOOK,
        "leader.pickup_conflicts": LOOK,
        "leader.pickup_conflicts_decide": ACT,
        "leader.pickup_bag": LOOK,
        "leader.pickup_hand_out": ACT,
        "leader.pickup_undo": ACT,
        "leader.shares": LOOK,
        "leader.shares_confirm": ACT,
        "leader.shares_deny": ACT,
        "leader.shares_messages": LOOK,
        "leader.shares_messages_seen": ACT,
        "leader.shares_messages_preferences": ACT,
    },
    "resident": {},
}

# Staff of these roles may be limited to some leaders. Then they open only the pages and operations below,
# each of which shows nothing of other leaders; what is not named here is closed to them.
LIMITABLE = frozenset({"operator", "customer_service"})
NARROWED: Mapping[str, str] = {
    "admin.disposals_list": LOOK,
    "admin.orders": LOOK,
    "admin.orders_detail": LOOK,
    "admin.orders_approve": ACT,
    "admin.orders_cancel": ACT,
    "admin.orders_change": ACT,
    "admin.orders_paid": ACT,
    "admin.orders_sales_note": LOOK,
    "admin.pickup_conflicts": LOOK,
    "admin.pickup_conflicts_event": ACT,
    "admin.residents": LOOK,
    "admin.residents_detail": LOOK,
    "admin.leaders": LOOK,
    "admin.leaders_sheets": LOOK,
    "admin.campaigns_paper": LOOK,
    "admin.campaigns_print": LOOK,
}
NARROWED_OPERATIONS = frozenset(
    {
        *("list_rounds", "show_round", "list_leaders", "list_residents", "document_of"),
        *("place_order", "show_order", "change_order", "cancel_order", "approve_order", "mark_paid"),
        *("sales_note", "list_disposals", "list_all_conflicts", "decide_any_conflict"),
    }
)
START_LIMITED = "admin.orders"

# Where each role starts; a resident, and somebody without a role, at the shop.
START: Mapping[str, str] = {
    "operator": "admin.dashboard",
    "customer_service": "admin.orders",
    "finance": "admin.commissions",
    "warehouse": "admin.campaigns",
    "supplier": "supplier.desk",
    "leader": "leader.desk",
    "pickup_verifier": "leader.pickup",
}

# Documents of a round; leaders and suppliers get their own only.
DOCUMENTS: Mapping[str, frozenset[str]] = {
    "pickup_sheet": frozenset({"operator", "leader"}),
    "sorting_list": frozenset({"operator", "leader", "warehouse"}),
    "pick_list": frozenset({"operator", "warehouse"}),
    "matrix": frozenset({"operator", "warehouse"}),
    "purchase_order": frozenset({"operator", "warehouse", "finance", "supplier"}),
    "commission_statement": frozenset({"operator", "finance", "leader"}),
    "order_export": frozenset({"operator", "leader"}),
    "bag_labels": frozenset({"operator", "leader", "warehouse"}),
}

# Who may see a resident's phone in full, and take lists of people out of the platform.
SEES_PHONES = frozenset({"operator"})
EXPORTS_PEOPLE = frozenset({"operator"})


def may_open(role: str, endpoint: str, method: str = "GET", *, limited: bool = False) -> bool:
    """Tell whether a role may open a page, or with another method send its form.

    ``limited`` is for staff who deal with some leaders only.
    """
    desk = endpoint.partition(".")[0]
    if desk not in DESKS:
        return True
    pages = PAGES.get(role, {})
    rights = [pages.get(endpoint) or pages.get(f"{desk}.{EVERYTHING}")]
    if limited:
        rights.append(NARROWED.get(endpoint))
    return all(right == ACT or (right == LOOK and method in _READING) for right in rights)


def is_limitable(held: Collection[str]) -> bool:
    """Tell whether somebody with these roles can be limited to some leaders."""
    return not LIMITABLE.isdisjoint(held)


def check_limitable(held: Collection[str]) -> None:
    """Raise RuleBroken ``not_limitable`` for somebody whose roles cannot be limited to some leaders."""
    if not is_limitable(held):
        raise RuleBroken("not_limitable", "Only operators and customer service deal with some leaders only.")


def start_of(role: str, *, limited: bool = False) -> str | None:
    """Return the page that a role starts on, None for the shop."""
    return START_LIMITED if limited else START.get(role)


def may_take(role: str, document: str) -> bool:
    """Tell whether a role may take a kind of document; an unknown one is nobody's."""
    return role in DOCUMENTS.get(document, frozenset())
