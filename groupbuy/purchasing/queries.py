"""Reading purchase orders."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from groupbuy.db import db
from groupbuy.kernel.errors import NotFound
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.rules import POState

_NOT_GONE = (POState.DRAFT, POState.APPROVED)


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


def get_purchase_order(order_id: int) -> PurchaseOrder:
    """Return a purchase order; raise NotFound."""
    order = db.session.get(PurchaseOrder, order_id)
    if order is None:
        raise NotFound("unknown_purchase_order", "There is no such purchase order.")
    return order


def all_sent(round_id: int) -> bool:
    """Tell whether a round has purchase orders and every one of them has left or was cancelled."""
    total, waiting = db.session.execute(
        select(
            func.count(),
            func.count().filter(PurchaseOrder.state.in_(_NOT_GONE)),
        ).where(PurchaseOrder.round_id == round_id)
    ).one()
    return bool(total) and not waiting
