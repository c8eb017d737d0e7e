"""Another leader hands out a day's bags (改派): what is kept of it, and how the stops follow."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import joinedload

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.delivery import brought, queries
from groupbuy.delivery.models import DeliveryStop, Reroute, ReroutedOrder
from groupbuy.delivery.places import close_gaps
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.orders.models import Order
from groupbuy.orders.rules import OrderState


def orders_of(day: date, leader_id: int) -> Sequence[Order]:
    """Return the live orders that a leader hands out on a day and that no vehicle has taken, by id.

    They come with their rounds and residents.
    """
    mine = select(Order).join(Round, Round.id == Order.round_id)
    heads = (joinedload(Order.round), joinedload(Order.resident))
    theirs = mine.where(Order.leader_id == leader_id, *queries.of_day(day), ~brought.has_left())
    found = theirs.options(*heads).order_by(Order.id)
    return db.session.scalars(found.execution_options(populate_existing=True)).all()


def residents_of(day: date, leader_id: int) -> frozenset[int]:
    """Return who has something left to fetch at a leader's on a day, by id."""
    mine = select(Order.resident_id).join(Round, Round.id == Order.round_id)
    waiting = Order.state != OrderState.PICKED_UP
    return frozenset(
        db.session.scalars(mine.where(Order.leader_id == leader_id, *queries.of_day(day), waiting))
    )


def check_left(*, day: date, old: int, new: int, going: Sequence[Order]) -> None:
    """Raise RuleBroken ``route_left`` when all of a leader's goods have left, or some of a round for another.

    What a later vehicle brings can still go to somebody else, but not to whom the round has gone already.
    """
    gone = not going and any(stop.route.left_at is not None for stop in queries.stops_of(day, old))
    if gone or any(brought.carried(day, new, round_id) for round_id in {one.round_id for one in going}):
        raise RuleBroken("route_left", "Goods for one of these leaders have left on this day already.")


def move_stop(*, day: date, old: int, new: int) -> None:
    """Let a stop follow the bags: its place on the tour becomes the other leader's.

    Who has a stop keeps that one; a leader without goods has none. Who keeps some gets a neighbour.
    """
    former, present = _waiting_stop(day, old), _waiting_stop(day, new)
    if former is None:
        return
    keeps = bool(orders_of(day, old))
    if present is not None:
        if not keeps:
            db.session.execute(delete(DeliveryStop).where(DeliveryStop.id == former.id))
            close_gaps([former.route_id])
    elif keeps:
        db.session.add(
            DeliveryStop(
                route_id=former.route_id,
                day=day,
                leader_id=new,
                tour=_next_tour(day, new),
                position=_last(former.route_id) + 1,
            )
        )
    else:
        former.tour = _next_tour(day, new)
        former.leader_id = new
    db.session.flush()
    db.session.expire_all()


def _waiting_stop(day: date, leader_id: int) -> DeliveryStop | None:
    """Return the stop of a leader whose vehicle has not left: there is one at most."""
    return next((stop for stop in queries.stops_of(day, leader_id) if stop.route.left_at is None), None)


def _next_tour(day: date, leader_id: int) -> int:
    return max((stop.tour for stop in queries.stops_of(day, leader_id)), default=0) + 1


def _last(route_id: int) -> int:
    places = select(func.max(DeliveryStop.position)).where(DeliveryStop.route_id == route_id)
    return db.session.scalar(places) or 0


def note(
    *, day: date, old: int, new: int, reason: str, order_ids: Sequence[int], now: datetime, actor: str
) -> Reroute:
    """Write down which orders another leader hands out."""
    row = Reroute(day=day, from_leader_id=old, to_leader_id=new, reason=reason, at=now, actor=actor)
    db.session.add(row)
    db.session.flush()
    moved = [{"reroute_id": row.id, "order_id": order_id} for order_id in order_ids]
    db.session.execute(insert(ReroutedOrder), moved)
    return row


def reroutes_of(day: date) -> Sequence[Reroute]:
    """Return what was re-routed on a day, the latest first."""
    leaders = (joinedload(Reroute.from_leader), joinedload(Reroute.to_leader))
    found = select(Reroute).where(Reroute.day == day).options(*leaders)
    return db.session.scalars(found.order_by(Reroute.id.desc())).all()


def get_reroute(reroute_id: int, *, lock: bool = False) -> Reroute:
    """Return a re-routing, locked where asked for; raise NotFound."""
    found = db.session.get(Reroute, reroute_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise NotFound("unknown_reroute", "There is no such re-routing.")
    return found


def order_ids_of(reroute: Reroute) -> frozenset[int]:
    """Return the orders that a re-routing has moved."""
    moved = select(ReroutedOrder.order_id).where(ReroutedOrder.reroute_id == reroute.id)
    return frozenset(db.session.scalars(moved))
