"""Reading orders, always within what the asker may see."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from groupbuy.db import db
from groupbuy.kernel.errors import NotFound
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.rules import OrderState


def get_order(
    number: str, *, resident_ids: Sequence[int] | None = None, leader_id: int | None = None
) -> Order:
    """Return an order with its lines; raise NotFound, also when it belongs to somebody else.

    ``resident_ids`` or ``leader_id`` narrow it to the asker's own; neither is for operators.
    """
    statement = select(Order).where(Order.number == number)
    if resident_ids is not None:
        statement = statement.where(Order.resident_id.in_(resident_ids))
    if leader_id is not None:
        statement = statement.where(Order.leader_id == leader_id)
    lines = selectinload(Order.lines).options(
        joinedload(OrderLine.offer_version), joinedload(OrderLine.offer)
    )
    order = db.session.scalar(statement.options(lines, joinedload(Order.round)))
    if order is None:
        raise NotFound("unknown_order", "There is no such order.")
    return order


def lock_order(order: Order) -> Order:
    """Lock an order's row until the transaction ends and read it anew with its lines."""
    db.session.refresh(order, with_for_update=True)
    db.session.expire(order, ["lines"])
    return order


def unpaid_past(now: datetime, *, most: int) -> Sequence[Order]:
    """Return orders whose time to pay is over, the earliest first."""
    return db.session.scalars(
        select(Order)
        .where(Order.state == OrderState.AWAITING_PAYMENT, Order.expires_at <= now)
        .order_by(Order.expires_at, Order.id)
        .limit(most)
    ).all()
