"""How suppliers deliver: in time, all of it, and good (供应商评分)."""

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.purchasing.rules import POState
from groupbuy.warehouse.models import GoodsReceipt, GoodsReceiptLine
from groupbuy.warehouse.rules import Finished, Rating, rate

# The purchase orders that a rating looks at, the latest ones.
LAST = 20


def rating_of(supplier_id: int, *, zone: ZoneInfo) -> Rating | None:
    """Return how a supplier has delivered on its last orders; None before the first has come.

    One that was closed without a delivery is not on time. ``zone`` says on which day a delivery came.
    """
    orders = db.session.execute(
        select(PurchaseOrder.id, PurchaseOrder.due_date, PurchaseOrder.promised_date, PurchaseOrder.units)
        .where(PurchaseOrder.supplier_id == supplier_id, PurchaseOrder.units > 0)
        .where(PurchaseOrder.state.in_((POState.RECEIVED, POState.CLOSED)))
        .order_by(PurchaseOrder.id.desc())
        .limit(LAST)
    ).all()
    came = _came([row.id for row in orders])
    finished = []
    for row in orders:
        last, delivered, rejected = came.get(row.id, (None, 0, 0))
        due = row.promised_date or row.due_date
        on_time = last is not None and last.astimezone(zone).date() <= due
        finished.append(Finished(on_time, row.units, delivered, rejected))
    return rate(finished)


def _came(order_ids: Collection[int]) -> dict[int, tuple[datetime, int, int]]:
    rows = db.session.execute(
        select(
            GoodsReceipt.purchase_order_id,
            func.max(GoodsReceipt.received_at),
            total(GoodsReceiptLine.delivered),
            total(GoodsReceiptLine.rejected),
        )
        .join(GoodsReceiptLine, GoodsReceiptLine.goods_receipt_id == GoodsReceipt.id)
        .where(GoodsReceipt.purchase_order_id.in_(order_ids))
        .group_by(GoodsReceipt.purchase_order_id)
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}
