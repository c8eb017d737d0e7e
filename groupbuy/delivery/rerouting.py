"""Another leader hands out a day's bags (改派): what is kept of it, and how the stops follow."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import joinedload

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.delivery import queries
from groupbuy.delivery.models import DeliveryStop, Reroute, ReroutedOrder
from groupbuy.delivery.places import close_gaps
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.orders.models import Order


def orders_of(day: date, leader_id: int) -> Sequence[Order]:
    """Return the live orders that a leader hands out on a day, by id, with their rounds and residents."""
    mine = select(Order).join(Round, Round.id == Order.round_id)
    heads = (joinedload(Order.round), joinedload(Order.resident))
    theirs = mine.where(Order.leader_id == leader_id, *queries.of_day(day)).options(*heads)
    return db.session.scalars(theirs.order_by(Order.id).execution_options(populate_existing=True)).all()


def check_stops(day: date, leader_ids: Sequence[int]) -> None:
    """Raise RuleBroken ``route_left`` when goods of a day have left for one of some leaders."""
    for leader_id in leader_ids:
        if any(stop.route.left_at is not None for stop in queries.stops_of(day, leader_id)):
            raise RuleBroken("route_left", "Goods for one of these leaders have left on this day already.")


def move_stop(*, day: date, old: int, new: int) -> None:
    """Let a stop follow the bags: its place on the tour becomes the other leader's.

    Who has a stop keeps that one; a leader without goods has none. Who keeps some gets a neighbour.
    """
    # Nothing has left for either, so that each has one at most.
    former, present = (next(iter(queries.stops_of(day, one)), None) for one in (old, new))
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
                route_id=former.route_id, day=day, leader_id=new, position=_last(former.route_id) + 1
            )
        )
    else:
        former.leader_id = new
    db.session.flush()
    db.session.expire_all()


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
