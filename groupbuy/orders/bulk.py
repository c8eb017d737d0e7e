"""What happens to all orders of a round at once, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, update

from groupbuy.campaigns.models import Offer, OfferStock
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.orders import reviews
from groupbuy.orders.fees import taken_off
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.rules import LIVE, OrderState
from groupbuy.orders.storing import recount_buyers


def live_lines(round_id: int) -> Select[*tuple[Any, ...]]:
    """Return a selection from order lines that are to be delivered; add columns to it.

    A line is live when its order is confirmed or picked up, its offer has not been dropped and not all
    of it was short.
    """
    return (
        select()
        .select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .where(Order.round_id == round_id, is_live(), Offer.state == "active", OrderLine.quantity > 0)
    )


def all_live_lines(round_id: int, leader_ids: Sequence[int] | None = None) -> Select[*tuple[Any, ...]]:
    """Return a selection from the live lines of all or many leaders, read in the order of their orders.

    By the round's index alone SQLite goes from leader to leader and so reads each page many times.
    """
    orders = select(Order.id).where(Order.round_id == round_id, is_live())
    if leader_ids is not None:
        orders = orders.where(Order.leader_id.in_(leader_ids))
    return (
        select()
        .select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .where(OrderLine.order_id.in_(orders), Offer.state == "active", OrderLine.quantity > 0)
    )


def whole_order() -> ColumnElement[int]:
    """Return the key of the order as it was placed: the parts of one that was split count as one."""
    return func.coalesce(Order.split_of_id, Order.id)


def seller() -> ColumnElement[int]:
    """Return the leader with whom an order was placed, whoever hands it out."""
    return func.coalesce(Order.sold_by_id, Order.leader_id)


def is_live() -> ColumnElement[bool]:
    """Return the condition that an order counts in every figure."""
    return Order.state.in_(LIVE)


def cancel_unpaid(*, round_id: int, now: datetime) -> int:
    """Cancel the orders of a sealed round that nobody paid and give their stock back; return how many."""
    return _cancel(
        Order.round_id == round_id,
        Order.state == OrderState.AWAITING_PAYMENT,
        round_id=round_id,
        reason="unpaid_at_close",
        now=now,
    )


def cancel_unreviewed(*, round_id: int, now: datetime) -> int:
    """Cancel the orders of a sealed round that still wait for a review; return how many."""
    return _cancel(
        Order.round_id == round_id,
        reviews.is_in(reviews.WAITING),
        round_id=round_id,
        reason="not_reviewed",
        now=now,
    )


def lock_alive(round_id: int) -> None:
    """Lock the orders of a round that can still be cancelled, in the order of their keys."""
    db.session.execute(
        select(Order.id).where(Order.round_id == round_id, _is_alive()).order_by(Order.id).with_for_update()
    )


def any_handed_out(round_id: int) -> bool:
    """Tell whether goods of a round have been handed out, in part or whole."""
    gone = Order.state.in_((OrderState.PART_PICKED_UP, OrderState.PICKED_UP))
    found = select(Order.id).where(Order.round_id == round_id, gone)
    return db.session.scalar(found.limit(1)) is not None


def cancel_all(*, round_id: int, reason: str, now: datetime) -> int:
    """Cancel every order of a sealed round; return how many."""
    return _cancel(Order.round_id == round_id, _is_alive(), round_id=round_id, reason=reason, now=now)


def _is_alive() -> ColumnElement[bool]:
    return Order.state.in_((OrderState.AWAITING_PAYMENT, OrderState.CONFIRMED))


def _cancel(*conditions: ColumnElement[bool], round_id: int, reason: str, now: datetime) -> int:
    cancelled = db.session.execute(
        update(Order)
        .where(*conditions)
        .values(
            state=OrderState.CANCELLED,
            cancelled_at=now,
            cancel_reason=reason,
            amount_fen=0,
            fee_fen=0,
            version=Order.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    count: int = cancelled.rowcount  # type: ignore[attr-defined] # An UPDATE's result has it.
    if count:
        recount_stock(round_id)
    return count


def recount_stock(round_id: int) -> None:
    """Set what is sold of each offer of a sealed round, and to whom, to what its orders hold."""
    held = (
        select(total(OrderLine.quantity))
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.offer_id == OfferStock.offer_id, Order.state != OrderState.CANCELLED)
        .scalar_subquery()
    )
    db.session.execute(
        update(OfferStock)
        .where(OfferStock.offer_id.in_(select(Offer.id).where(Offer.round_id == round_id)))
        .values(sold=held)
        .execution_options(synchronize_session=False)
    )
    limited = select(Offer.id).where(Offer.round_id == round_id, Offer.per_buyer_limit.is_not(None))
    recount_buyers(db.session.scalars(limited).all())


def drop_lines_of_missed_offers(*, round_id: int, now: datetime) -> None:
    """Take the lines of dropped offers out of their orders' amounts; cancel orders left with nothing."""
    rest = (
        select(total(OrderLine.amount_fen))
        .join(Offer, Offer.id == OrderLine.offer_id)
        .where(OrderLine.order_id == Order.id, Offer.state == "active")
        .scalar_subquery()
    )
    kept = (
        select(OrderLine.id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .where(OrderLine.order_id == Order.id, Offer.state == "active")
        .exists()
    )
    dropped = (
        select(OrderLine.id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .where(OrderLine.order_id == Order.id, Offer.state == "below_threshold")
        .exists()
    )
    confirmed = (Order.round_id == round_id, Order.state == OrderState.CONFIRMED)
    touched = update(Order).where(*confirmed, dropped).execution_options(synchronize_session=False)
    db.session.execute(touched.values(amount_fen=rest + Order.fee_fen, version=Order.version + 1))
    emptied = update(Order).where(*confirmed, ~kept).execution_options(synchronize_session=False)
    db.session.execute(
        emptied.values(
            state=OrderState.CANCELLED, cancelled_at=now, cancel_reason="below_threshold", **taken_off()
        )
    )


def totals(round_id: int) -> tuple[int, int, int]:
    """Return a round's live orders, sale units and fen."""
    lines = all_live_lines(round_id).add_columns(
        func.count(whole_order().distinct()),
        total(OrderLine.quantity),
        total(OrderLine.amount_fen),
    )
    orders, units, amount = db.session.execute(lines).one()
    return orders, units, amount
