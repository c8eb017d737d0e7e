"""Goods that went back to a supplier (退供): what they cost is owed less, each return once."""

from datetime import datetime

from sqlalchemy import String, cast, literal, select

from groupbuy.audit.service import SCHEDULER
from groupbuy.db import db
from groupbuy.settlements import adjusting
from groupbuy.settlements.models import SupplierAdjustment
from groupbuy.warehouse.models import StockIssue

_CAUSE = "stock_issue:"


def bring_up(*, now: datetime) -> int:
    """Take off what is owed what suppliers took back and nobody has booked yet; return how many returns."""
    cause = literal(_CAUSE).concat(cast(StockIssue.id, String))
    booked = select(SupplierAdjustment.id).where(SupplierAdjustment.cause == cause).exists()
    returned = select(StockIssue).where(
        StockIssue.kind == "supplier_return",
        StockIssue.supplier_id.is_not(None),
        StockIssue.cost_fen > 0,
        ~booked,
    )
    rows = db.session.scalars(returned.order_by(StockIssue.id)).all()
    for row in rows:
        take_off(row, now=now)
    return len(rows)


def take_off(row: StockIssue, *, now: datetime) -> None:
    """Take off what is owed what a return cost, once; what was written off changes nothing."""
    if row.supplier_id is None or not row.cost_fen:
        return
    adjusting.adjust(
        supplier_id=row.supplier_id,
        kind="claim",
        amount_fen=-row.units * row.cost_fen,
        cause=f"{_CAUSE}{row.id}",
        note=f"退供 {row.number}",
        now=now,
        actor=SCHEDULER,
    )
