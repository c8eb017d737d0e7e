"""Reading the routes of a day and the goods of their stops."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload, selectinload

from groupbuy.campaigns.models import Offer, Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.delivery.models import DeliveryRoute, DeliveryStop
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.sorting import natural_key
from groupbuy.leaders.models import Leader
from groupbuy.orders.bulk import is_live
from groupbuy.orders.days import is_on
from groupbuy.orders.models import Order, OrderLine

# Rounds whose goods are on their way to the leaders, or will be.
TO_DELIVER = (RoundState.CLOSED, RoundState.ORDERED, RoundState.RECEIVED, RoundState.DISPATCHED)


def days_to_deliver(*, since: date) -> Sequence[date]:
    """Return the pickup days from a day on that have closed rounds, the earliest first."""
    ready = Round.state.in_(TO_DELIVER)
    days = select(Round.pickup_date).where(Round.pickup_date >= since, ready)
    parts = select(Order.pickup_date).join(Round, Round.id == Order.round_id)
    both = days.union(parts.where(Order.pickup_date >= since, ready, is_live())).subquery()
    return db.session.scalars(select(both.c.pickup_date).order_by(both.c.pickup_date)).all()


def leaders_of_day(day: date) -> Sequence[Leader]:
    """Return the leaders who hand something out on a day, by code."""
    return leaders_with(*of_day(day))


def leaders_with(*conditions: ColumnElement[bool]) -> Sequence[Leader]:
    """Return the leaders of orders, joined with their rounds, that fulfil some conditions, by code."""
    wanted = select(Order.leader_id).join(Round, Round.id == Order.round_id).where(*conditions)
    found = db.session.scalars(
        select(Leader).where(Leader.id.in_(wanted)).options(joinedload(Leader.community))
    ).all()
    return sorted(found, key=lambda leader: natural_key(leader.code))


def of_day(day: date) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that an order, joined with its round, is delivered on a day."""
    return (is_on(day), Round.state.in_(TO_DELIVER), is_live())


def routes_of(day: date) -> Sequence[DeliveryRoute]:
    """Return the routes of a day with their stops and leaders, by name."""
    routes = select(DeliveryRoute).where(DeliveryRoute.day == day).options(_with_stops())
    return sorted(db.session.scalars(routes), key=lambda route: natural_key(route.name))


def get_route(route_id: int) -> DeliveryRoute:
    """Return a route with its stops and leaders; raise NotFound."""
    route = db.session.scalar(
        select(DeliveryRoute).where(DeliveryRoute.id == route_id).options(_with_stops())
    )
    if route is None:
        raise NotFound("unknown_route", "There is no such route.")
    return route


def _with_stops() -> selectinload:  # type: ignore[valid-type] # SQLAlchemy's loader options are functions.
    return selectinload(DeliveryRoute.stops).joinedload(DeliveryStop.leader).joinedload(Leader.community)


def stops_of(day: date, leader_id: int) -> Sequence[DeliveryStop]:
    """Return a leader's stops of a day with their routes, in the order in which they were planned."""
    found = select(DeliveryStop).where(DeliveryStop.day == day, DeliveryStop.leader_id == leader_id)
    return db.session.scalars(found.options(joinedload(DeliveryStop.route)).order_by(DeliveryStop.tour)).all()


def stops_that_left(day: date, leader_id: int) -> list[DeliveryStop]:
    """Return a leader's stops of a day whose vehicles have left, in the order in which they were planned."""
    return [stop for stop in stops_of(day, leader_id) if stop.route.left_at is not None]


def get_stop(stop_id: int, *, lock: bool = False) -> DeliveryStop:
    """Return a stop, locked until the transaction ends where asked for; raise NotFound."""
    stop = db.session.get(DeliveryStop, stop_id, with_for_update=lock or None, populate_existing=lock)
    if stop is None:
        raise NotFound("unknown_stop", "There is no such stop.")
    return stop


def days_to_sign(leader_id: int) -> Sequence[date]:
    """Return the days whose goods have left for a leader and are not signed for, the earliest first."""
    unsigned = (
        select(DeliveryStop.day)
        .join(DeliveryRoute, DeliveryRoute.id == DeliveryStop.route_id)
        .where(
            DeliveryStop.leader_id == leader_id,
            DeliveryStop.signed_at.is_(None),
            DeliveryRoute.left_at.is_not(None),
        )
    )
    return db.session.scalars(unsigned.order_by(DeliveryStop.day)).all()


def lines_of(day: date) -> Select[*tuple[object, ...]]:
    """Return the statement of the order lines that are brought to leaders on a day, without columns."""
    return (
        select()
        .select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(Round, Round.id == Order.round_id)
        .where(*of_day(day), Offer.state == "active", OrderLine.quantity > 0)
    )
