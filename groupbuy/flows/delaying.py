"""Goods come late: the round is marked, everybody is told once, and whoever wants may cancel free."""

from datetime import date, datetime, timedelta

from groupbuy.audit.actor import Actor
from groupbuy.campaigns import delays, lifecycle
from groupbuy.campaigns.history_models import RoundDelay
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.commissions import bulk as commissions
from groupbuy.commissions import settling
from groupbuy.db import db
from groupbuy.flows import substituting, telling
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.orders import queries as orders
from groupbuy.orders import shortening
from groupbuy.orders.models import Order
from groupbuy.orders.rules import OrderState
from groupbuy.orders.shortening import DELAYED, Loss
from groupbuy.pickup import bulk as pickup
from groupbuy.purchasing import amending
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.queries import FINAL, offers_on

DELAYABLE = (RoundState.CLOSED, RoundState.ORDERED, RoundState.RECEIVED)
CANCELLABLE = (RoundState.CLOSED, RoundState.ORDERED)
LATEST = timedelta(days=60)
MAX_REASON = 200


def delay_round(*, round_: Round, pickup_date: date, reason: str, now: datetime, actor: Actor) -> RoundDelay:
    """Move the pickup day of a closed round and leave each resident one note of it.

    Raise BadInput for a day that is no later or a reason that is missing, RuleBroken ``not_delayable``
    before the close and once goods have been dispatched.
    """
    round_ = lifecycle.lock_round(round_.id)
    if round_.state not in DELAYABLE:
        raise RuleBroken("not_delayable", "Only a closed round whose goods have not left can be delayed.")
    if not round_.pickup_date < pickup_date <= round_.pickup_date + LATEST:
        raise BadInput("out_of_range", "Choose a later day, at most 60 days later.", param="pickup_date")
    reason = reason.strip()
    if not 1 <= len(reason) <= MAX_REASON:
        raise BadInput("required", f"Say why, in at most {MAX_REASON} characters.", param="reason")
    former = round_.pickup_date
    delayed = delays.delay(round_=round_, pickup_date=pickup_date, reason=reason, now=now, actor=actor.name)
    pickup.move_bags(round_id=round_.id, old=former, new=pickup_date)
    telling.tell_of_delay(round_=round_, delay=delayed, now=now)
    return delayed


def can_cancel(order: Order) -> bool:
    """Tell whether an order may be cancelled free, because its round is delayed and no goods are there."""
    if order.state != OrderState.CONFIRMED or order.round.state not in CANCELLABLE:
        return False
    return bool(delays.delays_of(order.round_id)) and not _any_there(order)


def _any_there(order: Order) -> bool:
    wanted = [line.offer_id for line in order.lines if line.quantity]
    arrived = offers_on(order.round_id).where(
        PurchaseOrder.state.in_(FINAL), PurchaseOrderLine.offer_id.in_(wanted)
    )
    return db.session.scalar(arrived.limit(1)) is not None


def cancel_delayed(*, order: Order, now: datetime, actor: Actor) -> Order:
    """Cancel an order of a delayed round free of charge; what was paid is owed back. Again changes nothing.

    Its goods go into stock when they come. Raise RuleBroken ``not_delayed``, ``goods_there``.
    """
    # Purchase orders before their round, and that before its orders, as everybody locks them.
    amending.lock_orders_of_round(order.round_id)
    round_ = lifecycle.lock_round(order.round_id)
    orders.lock_order(order)
    if order.state == OrderState.CANCELLED and order.cancel_reason == DELAYED:
        return order
    if not can_cancel(order):
        raise RuleBroken(
            "not_cancellable", "Only an order of a delayed round can be cancelled now, until its goods come."
        )
    back = substituting.give_back(round_=round_, order=order, reason=DELAYED, now=now, actor=actor)
    orders.lock_order(order)
    lines = [line for line in order.lines if line.quantity and line.offer.state == "active"]
    losses = [Loss(line.id, line.quantity, line.amount_fen) for line in lines]
    cause = f"{DELAYED}:{order.id}"
    shortening.note_losses(losses, cause=cause, now=now, actor=actor.name)
    commissions.book_changes(cause=cause, now=now)
    shortening.lower_lines(cause)
    cancelled = shortening.lower_orders(cause, now=now, reason=DELAYED) or back
    settling.book_round(round_id=round_.id, now=now)
    shortening.log_orders(cancelled, now=now, actor=actor.name, reason=DELAYED)
    db.session.refresh(order)
    return order
