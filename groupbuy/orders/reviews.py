"""Orders that wait for an operator's review."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.orders.models import Order, OrderReview
from groupbuy.orders.rules import OrderState, needs_review

WAITING, APPROVED = "waiting", "approved"
_ALIVE = (OrderState.AWAITING_PAYMENT, OrderState.CONFIRMED)


def ask(*, order: Order, round_: Round, now: datetime) -> None:
    """Let an order with new lines wait for a review where its round wants one, else for none."""
    row = db.session.get(OrderReview, order.id)
    if not needs_review(order.amount_fen, round_.review_above_fen):
        if row is not None:
            db.session.delete(row)
    elif row is None:
        db.session.add(OrderReview(order_id=order.id, asked_at=now))
    else:
        row.asked_at, row.approved_at = now, None
    db.session.flush()


def approve(*, order: Order, now: datetime) -> bool:
    """Note that a locked order was looked at; False when it does not wait."""
    row = db.session.get(OrderReview, order.id)
    if row is None or row.approved_at is not None:
        return False
    row.approved_at = now
    db.session.flush()
    return True


@dataclass(frozen=True, slots=True)
class Review:
    """Where the review of an order stands: ``waiting`` or ``approved``, and since when."""

    state: str
    at: datetime


def review_of(order: Order) -> Review | None:
    """Return where the review of an order stands, None for one that needs none or is cancelled."""
    return reviews_of([order]).get(order.id)


def reviews_of(orders: Sequence[Order]) -> dict[int, Review]:
    """Return where the reviews of orders stand by order id, without those that need none."""
    states = {order.id: order.state for order in orders}
    rows = db.session.scalars(select(OrderReview).where(OrderReview.order_id.in_(states)))
    return {
        row.order_id: Review(WAITING, row.asked_at)
        if row.approved_at is None
        else Review(APPROVED, row.approved_at)
        for row in rows
        if row.approved_at is not None or states[row.order_id] in _ALIVE
    }


def state_of(order: Order) -> str | None:
    """Return ``waiting`` or ``approved``, None for an order that needs no review or is cancelled."""
    review = review_of(order)
    return None if review is None else review.state


def is_in(state: str) -> ColumnElement[bool]:
    """Return the condition that an order waits for a review, or was approved."""
    rows = select(OrderReview.order_id).where(OrderReview.order_id == Order.id)
    if state == APPROVED:
        return rows.where(OrderReview.approved_at.is_not(None)).exists()
    return rows.where(OrderReview.approved_at.is_(None)).exists() & Order.state.in_(_ALIVE)
