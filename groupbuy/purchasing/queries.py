"""Reading purchase orders."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from groupbuy.db import db
from groupbuy.kernel.errors import NotFound
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.rules import POState

_NOT_GONE = (POState.DRAFT, POState.APPROVED)
# Nothing more will come on such an order.
FINAL = (POState.RECEIVED, POState.CLOSED, POState.CANCELLED)


def heads_of_round(round_id: int) -> Sequence[PurchaseOrder]:
    """Return a round's purchase orders with their suppliers, without lines, by supplier code."""
    return _by_supplier(_of_round(round_id))


def orders_of_round(round_id: int) -> Sequence[PurchaseOrder]:
    """Return a round's purchase orders with supplier and lines, by supplier code, in three queries."""
    lines = selectinload(PurchaseOrder.lines).joinedload(PurchaseOrderLine.product)
    return _by_supplier(_of_round(round_id).options(lines))


def _of_round(round_id: int) -> Select[PurchaseOrder]:
    orders = select(PurchaseOrder).where(PurchaseOrder.round_id == round_id)
    return orders.options(joinedload(PurchaseOrder.supplier))


def _by_supplier(statement: Select[PurchaseOrder]) -> Sequence[PurchaseOrder]:
    return sorted(db.session.scalars(statement).all(), key=lambda order: order.supplier.code)


def offers_on(round_id: int) -> Select[*tuple[Any, ...]]:
    """Select the offers on a round's purchase orders; one that several suppliers deliver comes repeatedly."""
    lines = select(PurchaseOrderLine.offer_id).join(
        PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id
    )
    return lines.where(PurchaseOrder.round_id == round_id)


def get_purchase_order(order_id: int) -> PurchaseOrder:
    """Return a purchase order; raise NotFound."""
    order = db.session.get(PurchaseOrder, order_id)
    if order is None:
        raise NotFound("unknown_purchase_order", "There is no such purchase order.")
    return order


def purchase_order_of_number(number: str, *, fresh: bool = False) -> PurchaseOrder:
    """Return a purchase order by its number with supplier and lines; raise NotFound.

    ``fresh`` reads it again where it had been read before.
    """
    lines = selectinload(PurchaseOrder.lines).joinedload(PurchaseOrderLine.product)
    statement = select(PurchaseOrder).where(PurchaseOrder.number == number)
    loaded = statement.options(lines, joinedload(PurchaseOrder.supplier))
    order = db.session.scalar(loaded.execution_options(populate_existing=fresh))
    if order is None:
        raise NotFound("unknown_purchase_order", "There is no such purchase order.")
    return order


def lock_purchase_order(number: str) -> PurchaseOrder:
    """Lock a purchase order until the transaction ends and return it with its lines; raise NotFound."""
    row = select(PurchaseOrder.id).where(PurchaseOrder.number == number).with_for_update()
    db.session.execute(row)
    return purchase_order_of_number(number, fresh=True)


def all_arrived(round_id: int) -> bool:
    """Tell whether on no purchase order of a round anything more is to come."""
    open_ = select(PurchaseOrder.id).where(
        PurchaseOrder.round_id == round_id, PurchaseOrder.state.not_in(FINAL)
    )
    return db.session.scalar(open_.limit(1)) is None


def all_sent(round_id: int) -> bool:
    """Tell whether a round has purchase orders and every one of them has left or was cancelled."""
    total, waiting = db.session.execute(
        select(
            func.count(),
            func.count().filter(PurchaseOrder.state.in_(_NOT_GONE)),
        ).where(PurchaseOrder.round_id == round_id)
    ).one()
    return bool(total) and not waiting
