"""A hand-out that was a mistake is taken back (撤销发放): soon after, and only while nothing has followed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Exists, exists, select

from groupbuy.aftersales.models import AfterSaleCase, Replacement
from groupbuy.aftersales.rules import PromiseState
from groupbuy.audit import queries as log
from groupbuy.audit.actor import Actor
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.rules import RoundState
from groupbuy.commissions import settling
from groupbuy.commissions.models import CommissionExtra, CommissionStanding
from groupbuy.db import db
from groupbuy.delivery.brought import stops_of_orders
from groupbuy.delivery.models import DeliveryStop
from groupbuy.flows.order_log import log_order
from groupbuy.invoicing import queries as invoices
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.orders import service
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lock_order
from groupbuy.orders.rules import OrderState
from groupbuy.payments import books
from groupbuy.pickup import queries as pickups
from groupbuy.pickup import service as parts
from groupbuy.pickup.models import PickupFollowUp

UNDO_WITHIN = timedelta(minutes=30)
MAX_REASON = 100
# A code or a name was shown for these; what counts as fetched by itself is no hand-out.
_BY_HAND = ("code", "name", "hand", "offline")
_MOST_LOOKED_AT = 20
_UNDONE = "order_pickup_undone"
# What was done last to an order that is in a state after a hand-out.
_DEEDS = {OrderState.PICKED_UP: "order_picked_up", OrderState.PART_PICKED_UP: "order_part_picked_up"}


def handed_with(order: Order) -> list[Order]:
    """Return the orders of a bag that were handed out at the same moment as this one, by id."""
    if order.picked_up_at is None:
        return []
    return [one for one in pickups.orders_of_bag(order) if one.picked_up_at == order.picked_up_at]


def can_undo(order: Order, *, now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether an order's hand-out can be taken back now."""
    return order.state in _DEEDS and refusal_of(order, now=now, zone=zone) is None


def undo(*, orders: Sequence[Order], reason: str, now: datetime, zone: ZoneInfo, actor: Actor) -> list[Order]:
    """Let orders that were just handed out wait again; their codes are good again. Return them.

    Of one that is fetched in parts exactly what was handed out last comes back. Raise BadInput without a
    reason, RuleBroken ``not_handed_out``, ``too_late``, ``round_over``,
    ``case_opened``, ``invoice_asked``, ``promise_kept`` or ``commission_settled``: then nothing changes.
    """
    why = reason.strip()
    if not 1 <= len(why) <= MAX_REASON:
        raise BadInput("required", f"Say why, in at most {MAX_REASON} characters.", param="reason")
    _lock(orders)
    for order in orders:
        if refusal := refusal_of(order, now=now, zone=zone):
            raise refusal
    for order in orders:
        _put_back(order, why, now, actor)
    return list(orders)


def _lock(orders: Sequence[Order]) -> None:
    """Lock the rounds, what follows by itself, then the orders, each in the order of their keys."""
    for round_id in sorted({order.round_id for order in orders}):
        lifecycle.lock_round(round_id)
    days = sorted({(order.day, order.leader_id) for order in orders})
    for day, leader_id in days:
        stops = select(DeliveryStop.id).where(DeliveryStop.day == day, DeliveryStop.leader_id == leader_id)
        db.session.execute(stops.order_by(DeliveryStop.id).with_for_update())
    for order in sorted(orders, key=lambda one: one.id):
        lock_order(order)
    promises = select(Replacement.id).where(Replacement.order_id.in_([order.id for order in orders]))
    db.session.execute(promises.order_by(Replacement.id).with_for_update())


def refusal_of(order: Order, *, now: datetime, zone: ZoneInfo) -> RuleBroken | None:
    """Return why the hand-out of an order cannot be taken back, None where it can."""
    at = _handed_out_at(order)
    if at is None:
        return RuleBroken("not_handed_out", "Nobody has handed this order out just now.")
    # A day's sales stay what they were once the day is over.
    if now >= at + UNDO_WITHIN or now.astimezone(zone).date() != at.astimezone(zone).date():
        minutes = UNDO_WITHIN // timedelta(minutes=1)
        return RuleBroken("too_late", f"This can be undone for {minutes} minutes, on the same day.")
    return _what_follows(order, at)


def _handed_out_at(order: Order) -> datetime | None:
    """Return when an order, or a part of it, was handed out, if that is the last that was done to it."""
    entries = log.entries_of("order", order.number, most=_MOST_LOOKED_AT)
    last = next((one for one in entries if one.verb in (*_DEEDS.values(), _UNDONE)), None)
    if (
        last is None
        or last.verb != _DEEDS.get(OrderState(order.state))
        or (last.after or {}).get("by") not in _BY_HAND
    ):
        return None
    return last.at


def _what_follows(order: Order, at: datetime) -> RuleBroken | None:
    stop = stops_of_orders([order]).get(order.id)
    followed = exists().where(
        PickupFollowUp.leader_id == order.leader_id,
        PickupFollowUp.day == order.day,
        PickupFollowUp.tour == (stop.tour if stop is not None else 1),
        PickupFollowUp.confirmed_at.is_not(None),
    )
    if order.round.state == RoundState.COMPLETED or _is(followed):
        return RuleBroken("round_over", "The pickup of this day is completed.")
    if _is(exists().where(AfterSaleCase.order_id == order.id, AfterSaleCase.asked_at >= at)):
        return RuleBroken("case_opened", "An after-sale case about it has been opened since.")
    if invoices.live_request(order.id) is not None:
        return RuleBroken("invoice_asked", "An invoice has been asked for.")
    kept = (Replacement.order_id == order.id, Replacement.state != PromiseState.PLACED)
    if _is(exists().where(*kept)):
        return RuleBroken("promise_kept", "The promise that these goods kept is settled.")
    return _settled(order, at)


def _settled(order: Order, at: datetime) -> RuleBroken | None:
    standing = exists().where(
        CommissionStanding.round_id == order.round_id,
        CommissionStanding.leader_id == order.leader_id,
        CommissionStanding.settled_until >= at,
    )
    extra = exists().where(
        CommissionExtra.round_id == order.round_id,
        CommissionExtra.seller_id == order.leader_id,
        CommissionExtra.settled_until >= at,
    )
    if _is(standing) or _is(extra):
        return RuleBroken("commission_settled", "Its commission has been settled.")
    return None


def _is(condition: Exists) -> bool:
    return bool(db.session.scalar(select(condition)))


def _put_back(order: Order, why: str, now: datetime, actor: Actor) -> None:
    state, at = OrderState(order.state), _handed_out_at(order)
    if state == OrderState.PART_PICKED_UP and at is not None:
        parts.take_back_part(order_id=order.id, at=at, now=now, actor=actor.name)
    former = OrderState.PART_PICKED_UP if parts.is_begun(order.id) else OrderState.CONFIRMED
    service.move(order=order, old=(state,), new=former, picked_up_at=None)
    log_order(
        order,
        _UNDONE,
        now,
        actor.name,
        before={"state": state, "picked_up_at": at and at.isoformat()},
        after={"state": former, "reason": why},
    )
    # Neither is looked at again by itself: both go by the moment of the hand-out, which is gone.
    books.bring_up_order(order_id=order.id, now=now)
    settling.book_seller(round_id=order.round_id, leader_id=order.leader_id, now=now)
