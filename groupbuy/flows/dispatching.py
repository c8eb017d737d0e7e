"""Goods leave for the leaders: routes are planned, leave and arrive, and rounds follow."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import or_, select

from groupbuy.audit.actor import Actor
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.delivery import brought, queries
from groupbuy.delivery import service as delivery
from groupbuy.delivery.models import DeliveryStop
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.orders.models import Order
from groupbuy.orders.rules import OrderState


def leave(*, route_id: int, now: datetime, actor: Actor, later: Collection[str] = ()) -> bool:
    """Note that a route has left; a round of which everything has left is dispatched. False for a repeat.

    Rounds named in ``later`` are not on it although they have closed: a later vehicle brings them. Raise
    NotFound, BadInput ``unknown_round``, RuleBroken ``no_stops``.
    """
    route = queries.get_route(route_id)
    rounds = lock_rounds(route.day)
    if not {round_.name for round_ in rounds} >= set(later):
        raise BadInput("unknown_round", "There is no such round on this day.", param="later")
    ids = [round_.id for round_ in rounds if round_.name not in later]
    if not delivery.leave(route_id=route_id, round_ids=ids, now=now, actor=actor.name):
        return False
    for round_ in rounds:
        dispatch(round_=round_, now=now, actor=actor)
    return True


def call_back(*, route_id: int, reason: str, now: datetime, actor: Actor) -> None:
    """Note that a route has not left after all; its rounds wait again for their goods to leave.

    Raise NotFound, BadInput, RuleBroken ``not_left``, ``too_late``, ``arrived``, ``handed_out``.
    """
    route = queries.get_route(route_id)
    rounds, left_at = lock_rounds(route.day), route.left_at
    if left_at is not None and _handed_out_since(route.stops, left_at):
        raise RuleBroken("handed_out", "Goods of this route have been handed out.")
    delivery.call_back(route_id=route_id, reason=reason, now=now, actor=actor.name)
    for round_ in rounds:
        if round_.state == RoundState.DISPATCHED and brought.still_to_leave(round_.id):
            old = (RoundState.DISPATCHED,)
            lifecycle.move(round_=round_, old=old, new=RoundState.RECEIVED, now=now, actor=actor.name)


def take_arrival_back(*, stop_id: int, reason: str, now: datetime, actor: Actor) -> DeliveryStop:
    """Note that goods are not at a leader's after all; they are on their way again.

    Raise NotFound, BadInput, RuleBroken ``not_arrived``, ``signed``, ``too_late``, ``handed_out``.
    """
    stop = queries.get_stop(stop_id)
    lock_rounds(stop.day, stop.leader_id)
    arrived_at = stop.arrived_at
    stop = delivery.take_arrival_back(stop_id=stop_id, reason=reason, now=now, actor=actor.name)
    if arrived_at is not None and _handed_out_since([stop], arrived_at):
        raise RuleBroken("handed_out", "Goods of this stop have been handed out.")
    return stop


def _handed_out_since(stops: Sequence[DeliveryStop], moment: datetime) -> bool:
    begun = or_(Order.picked_up_at >= moment, Order.state == OrderState.PART_PICKED_UP)
    gone = select(Order.id).join(Round, Round.id == Order.round_id).where(begun)
    return any(db.session.scalar(gone.where(*brought.brought_by(stop)).limit(1)) for stop in stops)


def dispatch(*, round_: Round, now: datetime, actor: Actor) -> None:
    """Move a received round, locked by the caller, on if all its goods have left already."""
    if round_.state == RoundState.RECEIVED and not brought.still_to_leave(round_.id):
        lifecycle.move(
            round_=round_, old=(RoundState.RECEIVED,), new=RoundState.DISPATCHED, now=now, actor=actor.name
        )


def lock_rounds(day: date, leader_id: int | None = None) -> list[Round]:
    """Lock the rounds of which something is brought on a day, or to one leader, in the order of their ids."""
    # Of two routes that leave at once, the second sees that the first has left.
    ids = (
        select(Round.id)
        .join(Order, Order.round_id == Round.id)
        .where(*queries.of_day(day))
        .distinct()
        .order_by(Round.id)
    )
    if leader_id is not None:
        ids = ids.where(Order.leader_id == leader_id)
    return [lifecycle.lock_round(round_id) for round_id in db.session.scalars(ids).all()]
