"""Goods leave for the leaders: routes are planned, leave and arrive, and rounds follow."""

from datetime import date, datetime

from sqlalchemy import select

from groupbuy.audit.actor import Actor
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.delivery import queries
from groupbuy.delivery import service as delivery
from groupbuy.delivery.models import DeliveryRoute
from groupbuy.kernel.errors import RuleBroken
from groupbuy.orders.days import is_on
from groupbuy.orders.models import Order


def leave(*, route_id: int, now: datetime, actor: Actor) -> bool:
    """Note that a route has left; a round of which everything has left is dispatched. False for a repeat.

    Raise NotFound, RuleBroken ``no_stops``.
    """
    route = queries.get_route(route_id)
    rounds = lock_rounds(route.day)
    if not delivery.leave(route_id=route_id, now=now, actor=actor.name):
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
    route = delivery.call_back(route_id=route_id, reason=reason, now=now, actor=actor.name)
    if left_at is not None and _handed_out_since(route, left_at):
        raise RuleBroken("handed_out", "Goods of this route have been handed out.")
    for round_ in rounds:
        if round_.state == RoundState.DISPATCHED and queries.still_to_leave(round_.id):
            old = (RoundState.DISPATCHED,)
            lifecycle.move(round_=round_, old=old, new=RoundState.RECEIVED, now=now, actor=actor.name)


def _handed_out_since(route: DeliveryRoute, left_at: datetime) -> bool:
    leaders = [stop.leader_id for stop in route.stops]
    gone = select(Order.id).join(Round, Round.id == Order.round_id)
    theirs = gone.where(Order.leader_id.in_(leaders), is_on(route.day), Order.picked_up_at >= left_at)
    return db.session.scalar(theirs.limit(1)) is not None


def dispatch(*, round_: Round, now: datetime, actor: Actor) -> None:
    """Move a received round, locked by the caller, on if all its goods have left already."""
    if round_.state == RoundState.RECEIVED and not queries.still_to_leave(round_.id):
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
