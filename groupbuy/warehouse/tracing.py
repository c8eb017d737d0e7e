"""Where the goods of a batch went: what rounds used of it, and whose orders it may be in.

Goods are handed out by product. So whose order holds a batch is known for certain only where a round
had no other batch of that product; else it is one of those that the round had.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, Subquery, and_, func, select, union_all
from sqlalchemy.orm import joinedload

from groupbuy.campaigns.models import Offer, Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.kernel.errors import NotFound
from groupbuy.leaders.models import Leader
from groupbuy.orders.bulk import is_live
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.shortening import GIVEN_BACK
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.warehouse.models import (
    BatchMovement,
    GoodsReceipt,
    GoodsReceiptLine,
    StockBatch,
    StockMovement,
    came_into,
)
from groupbuy.warehouse.rules import NEVER, Batch
from groupbuy.warehouse.shortage_models import ShortageAllocation
from groupbuy.warehouse.supply import CALLED_OFF_LINE

# Of these rounds the goods that came still lie in the warehouse.
WAITING = (RoundState.CLOSING, RoundState.CLOSED, RoundState.ORDERED, RoundState.RECEIVED)


@dataclass(frozen=True, slots=True)
class RoundUse:
    """What a round used of a batch, in sale units, and of how many batches of the product in all."""

    round_id: int
    units: int
    batches: int

    @property
    def certain(self) -> bool:
        """Tell whether every order of the product in this round is of this batch."""
        return self.batches == 1


@dataclass(frozen=True, slots=True)
class Place:
    """The orders of one leader that hold goods of a batch, or may: how many, with how many units."""

    round_name: str
    leader_code: str
    leader_name: str
    orders: int
    units: int
    certain: bool


def get_batch(batch_id: int) -> StockBatch:
    """Return a batch with its product; raise NotFound."""
    chosen = select(StockBatch).where(StockBatch.id == batch_id).options(joinedload(StockBatch.product))
    batch = db.session.scalar(chosen)
    if batch is None:
        raise NotFound("unknown_batch", "There is no such batch.")
    return batch


def came_for(round_id: int, product_id: int) -> Mapping[Batch, int]:
    """Return by batch what a round has of a product: accepted or taken from stock, less what went back."""
    flows = _flows(lambda product, _round: product == product_id).subquery()
    key = (flows.c.best_before, flows.c.number, flows.c.warehouse_id)
    rows = db.session.execute(
        select(*key, total(flows.c.units)).where(flows.c.round_id == round_id).group_by(*key)
    )
    return {Batch(day, number, place): units for day, number, place, units in rows}


def substituted_for(round_id: int, product_id: int) -> Mapping[Batch, int]:
    """Return by batch what a round has taken of a product from stock in the place of other goods."""
    flows = union_all(*_substituted(lambda product, _round: product == product_id)).subquery()
    key = (flows.c.best_before, flows.c.number, flows.c.warehouse_id)
    rows = db.session.execute(
        select(*key, total(flows.c.units)).where(flows.c.round_id == round_id).group_by(*key)
    )
    return {Batch(day, number, place): units for day, number, place, units in rows if units > 0}


def rounds_of(batch: StockBatch) -> Sequence[RoundUse]:
    """Return the rounds that have used something of a batch, the latest first.

    It is one batch in whatever warehouses it lay.
    """
    flows = _all_flows(lambda product, _round: product == batch.product_id).subquery()
    key = (flows.c.round_id, flows.c.best_before, flows.c.number)
    rows = db.session.execute(
        select(*key, total(flows.c.units)).group_by(*key).having(total(flows.c.units) > 0)
    ).all()
    batches = Counter(row.round_id for row in rows)
    used = [
        RoundUse(round_id, units, batches[round_id])
        for round_id, *one, units in rows
        if one == [batch.best_before, batch.number]
    ]
    return sorted(used, key=lambda use: -use.round_id)


def reserved(warehouse_id: int | None) -> Subquery:
    """Select by product the sale units that wait for rounds to leave, in a warehouse or in all."""
    waiting = select(Round.id).where(Round.state.in_(WAITING))
    flows = _all_flows(lambda _product, round_id: round_id.in_(waiting)).subquery()
    rows = select(flows.c.product_id, total(flows.c.units).label("units")).group_by(flows.c.product_id)
    return (rows if warehouse_id is None else rows.where(flows.c.warehouse_id == warehouse_id)).subquery()


def _flows(only: Callable[[Any, Any], ColumnElement[bool]]) -> CompoundSelect[*tuple[Any, ...]]:
    """Select what came to rounds and left them again, by product, batch and warehouse.

    ``only`` makes of the columns of product and round the condition which of it.
    """
    return union_all(_delivered(only), _taken(only), _stored(only))


def _all_flows(only: Callable[[Any, Any], ColumnElement[bool]]) -> CompoundSelect[*tuple[Any, ...]]:
    """Select the same with what came in the place of other goods."""
    return union_all(_delivered(only), _taken(only), _stored(only), *_substituted(only))


def _delivered(only: Callable[[Any, Any], ColumnElement[bool]]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            PurchaseOrder.round_id.label("round_id"),
            PurchaseOrderLine.product_id,
            func.coalesce(GoodsReceiptLine.best_before, NEVER).label("best_before"),
            func.coalesce(GoodsReceiptLine.batch, "").label("number"),
            came_into().label("warehouse_id"),
            (GoodsReceiptLine.delivered - GoodsReceiptLine.rejected).label("units"),
        )
        .select_from(GoodsReceiptLine)
        .join(PurchaseOrderLine, PurchaseOrderLine.id == GoodsReceiptLine.purchase_order_line_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .join(GoodsReceipt, GoodsReceipt.id == GoodsReceiptLine.goods_receipt_id)
        .where(only(PurchaseOrderLine.product_id, PurchaseOrder.round_id))
    )


# What a movement took out of the stock, in the columns of what a delivery brought.
_MOVED = (
    StockMovement.product_id,
    StockBatch.best_before,
    StockBatch.number,
    StockBatch.warehouse_id,
    (-BatchMovement.units).label("units"),
)


def _taken(only: Callable[[Any, Any], ColumnElement[bool]]) -> Select[*tuple[Any, ...]]:
    return (
        select(StockMovement.cause_id.label("round_id"), *_MOVED)
        .join(BatchMovement, BatchMovement.stock_movement_id == StockMovement.id)
        .join(StockBatch, StockBatch.id == BatchMovement.stock_batch_id)
        .where(StockMovement.kind == "allocated", StockMovement.cause_kind == "round")
        .where(only(StockMovement.product_id, StockMovement.cause_id))
    )


def _substituted(
    only: Callable[[Any, Any], ColumnElement[bool]],
) -> list[Select[*tuple[Any, ...]]]:
    """Select what shortages took from the stock for rounds, and what of it was put back."""
    allocated = (ShortageAllocation, "allocation", ShortageAllocation.round_id)
    back = ((Round, f"{GIVEN_BACK}:round", Round.id), (Order, f"{GIVEN_BACK}:order", Order.round_id))
    return [
        select(round_id.label("round_id"), *_MOVED)
        .select_from(StockMovement)
        .join(BatchMovement, BatchMovement.stock_movement_id == StockMovement.id)
        .join(StockBatch, StockBatch.id == BatchMovement.stock_batch_id)
        .join(table, table.id == StockMovement.cause_id)
        .where(StockMovement.cause_kind == kind, only(StockMovement.product_id, round_id))
        for table, kind, round_id in (allocated, *back)
    ]


def _stored(only: Callable[[Any, Any], ColumnElement[bool]]) -> Select[*tuple[Any, ...]]:
    return (
        select(PurchaseOrder.round_id.label("round_id"), *_MOVED)
        .select_from(StockMovement)
        .join(BatchMovement, BatchMovement.stock_movement_id == StockMovement.id)
        .join(StockBatch, StockBatch.id == BatchMovement.stock_batch_id)
        .join(PurchaseOrderLine, PurchaseOrderLine.id == StockMovement.cause_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .where(StockMovement.cause_kind.in_(("purchase_order_line", CALLED_OFF_LINE)))
        .where(only(StockMovement.product_id, PurchaseOrder.round_id))
    )


def _is_of(batch: StockBatch) -> ColumnElement[bool]:
    """Return the condition that a receipt's line is of a batch."""
    return and_(
        PurchaseOrderLine.product_id == batch.product_id,
        func.coalesce(GoodsReceiptLine.batch, "") == batch.number,
        func.coalesce(GoodsReceiptLine.best_before, NEVER) == batch.best_before,
    )


def receipts_of(batch: StockBatch) -> Sequence[GoodsReceiptLine]:
    """Return the lines of receipts by which a batch came, the latest first."""
    receipt = joinedload(GoodsReceiptLine.receipt).joinedload(GoodsReceipt.purchase_order)
    chosen = (
        select(GoodsReceiptLine)
        .join(PurchaseOrderLine, PurchaseOrderLine.id == GoodsReceiptLine.purchase_order_line_id)
        .where(_is_of(batch))
        .options(receipt.joinedload(PurchaseOrder.supplier))
        .order_by(GoodsReceiptLine.id.desc())
    )
    return db.session.scalars(chosen).all()


def places_of(batch: StockBatch) -> Sequence[Place]:
    """Return by round and leader the orders that hold goods of a batch, or may."""
    certain = {use.round_id: use.certain for use in rounds_of(batch)}
    rows = db.session.execute(
        _lines(batch, certain)
        .add_columns(
            Round.id,
            Round.name,
            Leader.code,
            Leader.name,
            func.count(Order.id.distinct()),
            total(OrderLine.quantity),
        )
        .group_by(Round.id, Round.name, Leader.id, Leader.code, Leader.name)
        .order_by(Round.id.desc(), Leader.code)
    )
    return [
        Place(name, code, leader, orders, units, certain[round_id])
        for round_id, name, code, leader, orders, units in rows
    ]


def orders_of(batch: StockBatch, round_ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    """Select order, round, leader and units of each order that holds goods of a batch, or may."""
    return (
        _lines(batch, round_ids)
        .add_columns(Order, Round, Leader, total(OrderLine.quantity).label("units"))
        .group_by(Order.id, Round.id, Leader.id)
        .order_by(Order.id)
    )


def lines_of(batch: StockBatch) -> Sequence[tuple[int, int, int]]:
    """Return id, resident and units of each order line that holds goods of a batch, or may, by id."""
    lines = _lines(batch, [use.round_id for use in rounds_of(batch)])
    chosen = lines.add_columns(OrderLine.id, Order.resident_id, OrderLine.quantity)
    return [
        (line_id, resident_id, units)
        for line_id, resident_id, units in db.session.execute(chosen.order_by(OrderLine.id))
    ]


def _lines(batch: StockBatch, round_ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    return (
        select()
        .select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(Round, Round.id == Order.round_id)
        .join(Leader, Leader.id == Order.leader_id)
        .where(Order.round_id.in_(round_ids), Offer.product_id == batch.product_id)
        .where(OrderLine.quantity > 0, is_live())
    )
