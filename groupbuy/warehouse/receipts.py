"""Writing and reading goods receipts (收货单)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, func, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.times import iso
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.warehouse import batching
from groupbuy.warehouse.models import GoodsReceipt, GoodsReceiptLine, Warehouse


@dataclass(frozen=True, slots=True)
class Came:
    """What has come on a line of a purchase order so far, in sale units."""

    delivered: int = 0
    rejected: int = 0

    @property
    def accepted(self) -> int:
        """Return the units that stayed."""
        return self.delivered - self.rejected


@dataclass(frozen=True, slots=True)
class LineToStore:
    """What comes now on one line: sale units, why some go back, batch, best-before day and warehouse.

    ``warehouse_id`` is None where it is the receipt's.
    """

    purchase_order_line_id: int
    delivered: int
    rejected: int = 0
    reject_reason: str | None = None
    batch: str | None = None
    best_before: date | None = None
    warehouse_id: int | None = None


def store(
    *,
    order: PurchaseOrder,
    warehouse: Warehouse,
    lines: Iterable[LineToStore],
    note: str | None,
    key: str | None,
    account_id: int | None,
    now: datetime,
) -> GoodsReceipt:
    """Write a receipt under the next number of its purchase order, whose row the caller has locked."""
    receipt = GoodsReceipt(
        number=f"GR-{order.number.removeprefix('PO-')}-{count_of(order.id) + 1}",
        purchase_order_id=order.id,
        warehouse_id=warehouse.id,
        received_at=now,
        note=note,
        submission_key=key,
        made_by_id=account_id,
    )
    receipt.lines = [GoodsReceiptLine(**asdict(line)) for line in lines]
    db.session.add(receipt)
    db.session.flush()
    _note_batches(receipt, order)
    return receipt


def _note_batches(receipt: GoodsReceipt, order: PurchaseOrder) -> None:
    product_of = {line.id: line.product_id for line in order.lines}
    batching.note(
        (
            product_of[line.purchase_order_line_id],
            batching.batch_of(line.batch, line.best_before, line.warehouse_id or receipt.warehouse_id),
        )
        for line in receipt.lines
    )


def count_of(order_id: int) -> int:
    """Return how many deliveries have come on a purchase order."""
    count = select(func.count()).where(GoodsReceipt.purchase_order_id == order_id)
    return db.session.scalar(count) or 0


def came_of(line_ids: Collection[int]) -> Mapping[int, Came]:
    """Return what has come on some lines of purchase orders, by their ids; nothing where nothing has."""
    rows = db.session.execute(
        select(
            GoodsReceiptLine.purchase_order_line_id,
            total(GoodsReceiptLine.delivered),
            total(GoodsReceiptLine.rejected),
        )
        .where(GoodsReceiptLine.purchase_order_line_id.in_(line_ids))
        .group_by(GoodsReceiptLine.purchase_order_line_id)
    )
    return {line_id: Came(delivered, rejected) for line_id, delivered, rejected in rows}


def accepted_of_line() -> ColumnElement[int]:
    """Return the column of what was accepted, in a statement over lines of purchase orders."""
    return _of_line(GoodsReceiptLine.delivered - GoodsReceiptLine.rejected)


def rejected_of_line() -> ColumnElement[int]:
    """Return the column of what was rejected, in a statement over lines of purchase orders."""
    return _of_line(GoodsReceiptLine.rejected)


def _of_line(units: SQLColumnExpression[int]) -> ColumnElement[int]:
    mine = select(total(units)).where(GoodsReceiptLine.purchase_order_line_id == PurchaseOrderLine.id)
    return mine.correlate(PurchaseOrderLine).scalar_subquery()


def came_so_far(order_id: int) -> Mapping[int, Came]:
    """Return what has come on each line of a purchase order, by the line's id."""
    rows = db.session.execute(
        select(
            GoodsReceiptLine.purchase_order_line_id,
            total(GoodsReceiptLine.delivered),
            total(GoodsReceiptLine.rejected),
        )
        .join(PurchaseOrderLine, PurchaseOrderLine.id == GoodsReceiptLine.purchase_order_line_id)
        .where(PurchaseOrderLine.purchase_order_id == order_id)
        .group_by(GoodsReceiptLine.purchase_order_line_id)
    )
    return {line_id: Came(delivered, rejected) for line_id, delivered, rejected in rows}


def get_receipt(number: str) -> GoodsReceipt:
    """Return a receipt with its lines and purchase order; raise NotFound."""
    statement = select(GoodsReceipt).where(GoodsReceipt.number == number).options(*_everything())
    receipt = db.session.scalar(statement)
    if receipt is None:
        raise NotFound("unknown_receipt", "There is no such goods receipt.")
    return receipt


def receipts_of(order_id: int) -> Sequence[GoodsReceipt]:
    """Return the deliveries on a purchase order, the first one first, with their lines."""
    statement = select(GoodsReceipt).where(GoodsReceipt.purchase_order_id == order_id)
    return db.session.scalars(statement.options(*_everything()).order_by(GoodsReceipt.id)).all()


def latest(*, page: int, size: int) -> tuple[Sequence[GoodsReceipt], int]:
    """Return a page of all receipts, the latest first, and how many there are."""
    statement = select(GoodsReceipt).options(*_everything()).order_by(GoodsReceipt.id.desc())
    count = db.session.scalar(select(func.count()).select_from(GoodsReceipt)) or 0
    return db.session.scalars(statement.limit(size).offset((page - 1) * size)).all(), count


def _everything() -> tuple[ExecutableOption, ...]:
    lines = selectinload(GoodsReceipt.lines)
    product = lines.joinedload(GoodsReceiptLine.line).joinedload(PurchaseOrderLine.product)
    order = joinedload(GoodsReceipt.purchase_order).joinedload(PurchaseOrder.supplier)
    places = (joinedload(GoodsReceipt.warehouse), lines.joinedload(GoodsReceiptLine.own_warehouse))
    return product, order, *places


def as_json(receipt: GoodsReceipt) -> dict[str, Any]:
    """Return a receipt in the shape that the command line and the API hand out."""
    return {
        "receipt": receipt.number,
        "purchase_order": receipt.purchase_order.number,
        "purchase_order_state": receipt.purchase_order.state,
        "warehouse": receipt.warehouse.code,
        "received_at": iso(receipt.received_at),
        "note": receipt.note,
        "lines": [
            {
                "product_code": line.line.product.code,
                "delivered": line.delivered,
                "rejected": line.rejected,
                "accepted": line.accepted,
                "reason": line.reject_reason,
                "batch": line.batch,
                "best_before": line.best_before.isoformat() if line.best_before else None,
                "warehouse": (line.own_warehouse or receipt.warehouse).code,
            }
            for line in receipt.lines
        ],
    }
