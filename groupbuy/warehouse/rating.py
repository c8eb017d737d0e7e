"""How suppliers deliver: in time, all of it, and good (供应商评分)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from groupbuy.catalog import supplier_files
from groupbuy.catalog.models import Supplier
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


def file_as_json(supplier: Supplier, *, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Return a supplier's file in the shape that the command line and the API hand out."""
    rating = rating_of(supplier.id, zone=zone)
    names = ("orders", "on_time_bp", "short_bp", "rejected_bp", "score_bp")
    return {
        "code": supplier.code,
        "name": supplier.name,
        "barred": supplier.id in supplier_files.barred(now.astimezone(zone).date()),
        "licences": [
            {
                "id": one.id,
                "kind": one.kind,
                "number": one.number,
                "expires_on": one.expires_on.isoformat() if one.expires_on else None,
            }
            for one in supplier_files.licences_of(supplier.id)
        ],
        "rating": {name: getattr(rating, name) for name in names} if rating else None,
    }
