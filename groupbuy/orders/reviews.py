"""Orders that wait for an operator's review."""

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


def state_of(order: Order) -> str | None:
    """Return ``waiting`` or ``approved``, None for an order that needs no review or is cancelled."""
    row = db.session.get(OrderReview, order.id)
    if row is None or (row.approved_at is None and order.state not in _ALIVE):
        return None
    return WAITING if row.approved_at is None else APPROVED


def is_in(state: str) -> ColumnElement[bool]:
    """Return the condition that an order waits for a review, or was approved."""
    rows = select(OrderReview.order_id).where(OrderReview.order_id == Order.id)
    if state == APPROVED:
        return rows.where(OrderReview.approved_at.is_not(None)).exists()
    return rows.where(OrderReview.approved_at.is_(None)).exists() & Order.state.in_(_ALIVE)
