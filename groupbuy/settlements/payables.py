"""Receipts and stock in the books: what was accepted is owed to its supplier at the agreed cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select

from groupbuy.audit.service import SCHEDULER
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.db.upserts import insert_into
from groupbuy.finance import rules as ledger
from groupbuy.finance import service
from groupbuy.finance.rules import Entry
from groupbuy.kernel.errors import RunAgain
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.settlements import rules
from groupbuy.settlements.models import MovementBooks, ReceiptBooks, StockValue
from groupbuy.warehouse.models import GoodsReceipt, GoodsReceiptLine, StockMovement

Values = Mapping[str, int]


def bring_up(*, since: datetime, now: datetime) -> int:
    """Book receipts and stock moved since a moment, and those never booked; return how many changed."""
    unbooked = ReceiptBooks.goods_receipt_id.is_(None)
    return _book_receipts(or_(GoodsReceipt.received_at > since, unbooked), now) + _book_stock(since, now)


def bring_up_receipt(*, receipt_id: int, now: datetime) -> None:
    """Book one receipt, which the caller has just stored or holds locked."""
    _book_receipts(GoodsReceipt.id == receipt_id, now)


@dataclass(frozen=True, slots=True)
class ReceiptDue:
    """What of a receipt is owed to whom, due and booked, in fen."""

    receipt_id: int
    supplier_id: int
    payable_fen: int
    booked_fen: int | None
    version: int | None

    @property
    def entries(self) -> list[Entry]:
        """Return what is still to be booked."""
        return ledger.move(
            ledger.GOODS,
            ledger.supplier(self.supplier_id),
            self.payable_fen - (self.booked_fen or 0),
            cause_kind="goods_receipt",
            cause_id=str(self.receipt_id),
            part=str(self.version or 0),
        )


def _book_receipts(chosen: ColumnElement[bool], now: datetime) -> int:
    accepted = (GoodsReceiptLine.delivered - GoodsReceiptLine.rejected) * PurchaseOrderLine.cost_fen
    rows = db.session.execute(
        select(
            GoodsReceipt.id,
            PurchaseOrder.supplier_id,
            total(accepted),
            ReceiptBooks.payable_fen,
            ReceiptBooks.version,
        )
        .join(PurchaseOrder, PurchaseOrder.id == GoodsReceipt.purchase_order_id)
        .join(GoodsReceiptLine, GoodsReceiptLine.goods_receipt_id == GoodsReceipt.id)
        .join(PurchaseOrderLine, PurchaseOrderLine.id == GoodsReceiptLine.purchase_order_line_id)
        .outerjoin(ReceiptBooks, ReceiptBooks.goods_receipt_id == GoodsReceipt.id)
        .where(chosen)
        .group_by(GoodsReceipt.id, PurchaseOrder.supplier_id, ReceiptBooks.payable_fen, ReceiptBooks.version)
        .order_by(GoodsReceipt.id)
    )
    dues = [one for one in (ReceiptDue(*row) for row in rows) if one.payable_fen != one.booked_fen]
    _post([entry for one in dues for entry in one.entries], now)
    stored = [
        {
            "goods_receipt_id": one.receipt_id,
            "payable_fen": one.payable_fen,
            "version": (one.version or 0) + 1,
        }
        for one in dues
    ]
    _upsert(ReceiptBooks, "goods_receipt_id", stored)
    return len(dues)


def _book_stock(since: datetime, now: datetime) -> int:
    """Book movements in the order in which they were made; the value of a product follows its units."""
    valued = exists().where(StockValue.product_id == StockMovement.product_id)
    booked = exists().where(MovementBooks.stock_movement_id == StockMovement.id)
    chosen = select(StockMovement).where(or_(StockMovement.at > since, ~valued), ~booked)
    moves = db.session.scalars(chosen.order_by(StockMovement.id)).all()
    if not moves:
        return 0
    values = _values([move.product_id for move in moves])
    changes = [(move, _change(values, move)) for move in moves]
    _post([entry for move, fen in changes for entry in _entries(move, fen)], now)
    db.session.execute(
        insert_into(MovementBooks),
        [{"stock_movement_id": move.id, "value_fen": fen} for move, fen in changes],
    )
    rows = [
        {"product_id": product_id, "units": units, "value_fen": fen}
        for product_id, (units, fen) in sorted(values.items())
    ]
    _upsert(StockValue, "product_id", rows)
    return len(changes)


def _values(product_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    rows = db.session.scalars(select(StockValue).where(StockValue.product_id.in_(set(product_ids))))
    return {row.product_id: (row.units, row.value_fen) for row in rows}


def _change(values: dict[int, tuple[int, int]], move: StockMovement) -> int:
    held, held_fen = values.get(move.product_id, (0, 0))
    fen = rules.value_change(held, held_fen, move.units, move.cost_fen)
    values[move.product_id] = held + move.units, held_fen + fen
    return fen


def _entries(move: StockMovement, fen: int) -> list[Entry]:
    against = rules.against_stock(move.kind)
    return ledger.move(
        ledger.STOCK, against, fen, cause_kind="stock_movement", cause_id=str(move.id), part="1"
    )


def _post(entries: Sequence[Entry], now: datetime) -> None:
    if service.post(entries, at=now, actor=SCHEDULER) != len(entries):
        raise RunAgain


def _upsert(model: Any, key: str, rows: Sequence[Values]) -> None:
    if not rows:
        return
    statement = insert_into(model)
    fresh = {name: statement.excluded[name] for name in rows[0] if name != key}
    db.session.execute(
        statement.on_conflict_do_update(index_elements=[key], set_=fresh), [dict(row) for row in rows]
    )
