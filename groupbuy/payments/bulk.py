"""Payments of many orders at once."""

from collections.abc import Collection
from datetime import datetime

from groupbuy.db.bulk import insert_rows, table_of
from groupbuy.finance import rules, service
from groupbuy.finance.models import Posting

IMPORT = "import"
CAUSE = ("cause_kind", "cause_id", "part")
COLUMNS = ("debit_account", "credit_account", "amount_fen", *CAUSE, "at", "actor", "period")


def book_paid_elsewhere(orders: Collection[tuple[int, int, int]], *, now: datetime) -> None:
    """Book that orders (id, resident, fen) were paid elsewhere; raise RuleBroken ``period_closed``."""
    fixed = ("imported", now, IMPORT, service.open_period(now))
    rows = (
        (rules.ELSEWHERE, rules.resident(resident_id), amount, "order_payment", str(order_id), *fixed)
        for order_id, resident_id, amount in orders
        if amount > 0
    )
    insert_rows(table_of(Posting), COLUMNS, rows)
