"""Which stop brings an order's goods: a later vehicle of a day brings what the first left behind."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select
from sqlalchemy.orm import joinedload

from groupbuy.campaigns.models import Offer, OfferVersion, Round
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.delivery.models import CarriedRound, DeliveryRoute, DeliveryStop
from groupbuy.delivery.places import close_gaps
from groupbuy.delivery.queries import leaders_with, lines_of, of_day
from groupbuy.kernel.sorting import natural_key
from groupbuy.leaders.models import Leader
from groupbuy.orders.bulk import is_live
from groupbuy.orders.days import day_of, is_on
from groupbuy.orders.models import Order, OrderLine


@dataclass(frozen=True, slots=True)
class StopGoods:
    """What a leader is to get of one offer: sale units and fen at the residents' prices."""

    offer_id: int
    round_name: str
    round_title: str
    code: str
    name: str
    spec: str
    unit: str
    units: int
    amount_fen: int


def _is_of_order() -> ColumnElement[bool]:
    """Return the condition that what was carried is of an order, in a statement that joins its round."""
    return and_(
        CarriedRound.day == day_of(),
        CarriedRound.leader_id == Order.leader_id,
        CarriedRound.round_id == Order.round_id,
    )


def has_left() -> ColumnElement[bool]:
    """Return the condition that the goods of an order, joined with its round, are on a vehicle that left."""
    return exists().where(_is_of_order()).correlate(Order, Round)


def is_planned() -> ColumnElement[bool]:
    """Return the condition that an order, joined with its round, has left or has a stop that waits."""
    return or_(has_left(), _waits_for_it())


def _waits_for_it() -> ColumnElement[bool]:
    here = (DeliveryStop.leader_id == Order.leader_id, DeliveryStop.day == day_of())
    waiting = exists().where(
        DeliveryRoute.id == DeliveryStop.route_id, DeliveryRoute.left_at.is_(None), *here
    )
    return waiting.correlate(Order, Round)


def brought_by(stop: DeliveryStop) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that an order, joined with its round, gets off at a stop."""
    here = (Order.leader_id == stop.leader_id, is_on(stop.day))
    if stop.route.left_at is None:
        return (*here, ~has_left())
    carried = select(CarriedRound.round_id).where(CarriedRound.stop_id == stop.id)
    return (*here, Order.round_id.in_(carried))


def orders_of_stop(stop: DeliveryStop) -> frozenset[int]:
    """Return the ids of the live orders whose goods are brought to a stop."""
    theirs = select(Order.id).join(Round, Round.id == Order.round_id)
    return frozenset(db.session.scalars(theirs.where(*brought_by(stop), *of_day(stop.day))))


def stops_of_orders(orders: Collection[Order]) -> Mapping[int, DeliveryStop]:
    """Return by order id the stop at which its goods get off, with its route, where one is planned."""
    days, leaders = {order.day for order in orders}, {order.leader_id for order in orders}
    there = select(DeliveryStop).where(DeliveryStop.day.in_(days), DeliveryStop.leader_id.in_(leaders))
    stops = db.session.scalars(there.options(joinedload(DeliveryStop.route))).all()
    gone = select(CarriedRound).where(CarriedRound.stop_id.in_([stop.id for stop in stops]))
    carried = {(one.day, one.leader_id, one.round_id): one.stop_id for one in db.session.scalars(gone)}
    left = {stop.id: stop for stop in stops}
    waiting = {(stop.day, stop.leader_id): stop for stop in stops if stop.route.left_at is None}
    found = {
        order.id: left.get(carried.get((order.day, order.leader_id, order.round_id), 0))
        or waiting.get((order.day, order.leader_id))
        for order in orders
    }
    return {order_id: stop for order_id, stop in found.items() if stop is not None}


def leaders_without_stop(day: date) -> Sequence[Leader]:
    """Return the leaders with goods of a day that no vehicle has taken or is to take, by code."""
    return leaders_with(*of_day(day), ~is_planned())


def units_of_stops(day: date) -> Mapping[int, int]:
    """Return the sale units of a day by stop, in one query."""
    theirs = _at_stops(day).group_by(DeliveryStop.id)
    return by_key(theirs.add_columns(DeliveryStop.id, total(OrderLine.quantity)))


def goods_of_stop(stop: DeliveryStop) -> Sequence[StopGoods]:
    """Return what a leader is to get at a stop, by product code."""
    return goods_of_stops([stop]).get(stop.id, ())


def goods_of_stops(stops: Collection[DeliveryStop]) -> Mapping[int, Sequence[StopGoods]]:
    """Return what leaders are to get at some stops of a day by stop, by product code, in one query."""
    if not stops:
        return {}
    (day,) = {stop.day for stop in stops}
    rows = db.session.execute(
        _at_stops(day)
        .add_columns(
            DeliveryStop.id,
            Offer.id,
            Round.name,
            Round.title,
            Product.code,
            OfferVersion.name,
            func.coalesce(OfferVersion.spec, ""),
            OfferVersion.unit,
            total(OrderLine.quantity),
            total(OrderLine.amount_fen),
        )
        .join(OfferVersion, and_(OfferVersion.offer_id == Offer.id, OfferVersion.number == Offer.version_no))
        .join(Product, Product.id == Offer.product_id)
        .where(DeliveryStop.id.in_([stop.id for stop in stops]))
        .group_by(DeliveryStop.id, Offer.id, Round.name, Round.title, Product.code, OfferVersion.id)
    )
    return _sorted_by_stop((row[0], StopGoods(*row[1:])) for row in rows)


def _sorted_by_stop(rows: Iterable[tuple[int, StopGoods]]) -> Mapping[int, Sequence[StopGoods]]:
    goods: dict[int, list[StopGoods]] = {}
    for stop_id, one in rows:
        goods.setdefault(stop_id, []).append(one)
    for theirs in goods.values():
        theirs.sort(key=lambda one: (natural_key(one.code), one.offer_id))
    return goods


def _at_stops(day: date) -> Select[*tuple[Any, ...]]:
    return at_stops(lines_of(day), day)


def at_stops(orders: Select[*tuple[Any, ...]], day: date) -> Select[*tuple[Any, ...]]:
    """Join the orders of a day, with their rounds, to the stops that bring them; the others are left out."""
    return (
        orders.outerjoin(CarriedRound, and_(CarriedRound.day == day, _is_of_order()))
        .join(DeliveryStop, and_(DeliveryStop.day == day, DeliveryStop.leader_id == Order.leader_id))
        .join(DeliveryRoute, DeliveryRoute.id == DeliveryStop.route_id)
        .where(
            or_(
                CarriedRound.stop_id == DeliveryStop.id,
                and_(CarriedRound.stop_id.is_(None), DeliveryRoute.left_at.is_(None)),
            )
        )
    )


def still_to_leave(round_id: int) -> bool:
    """Tell whether goods of a round have not left yet: a leader without stop, or one whose route waits."""
    mine = select(Order.id).join(Round, Round.id == Order.round_id).where(Order.round_id == round_id)
    return db.session.scalar(mine.where(is_live(), ~has_left()).limit(1)) is not None


def carried(day: date, leader_id: int, round_id: int) -> bool:
    """Tell whether goods of a round have left for a leader on a day."""
    return db.session.get(CarriedRound, (day, leader_id, round_id)) is not None


def rounds_on(route: DeliveryRoute) -> Sequence[Round]:
    """Return the rounds of which a route brings goods, by id."""
    orders = select().select_from(Order).join(Round, Round.id == Order.round_id).where(*of_day(route.day))
    mine = at_stops(orders, route.day).where(DeliveryStop.route_id == route.id)
    ids = mine.add_columns(Order.round_id).distinct()
    return db.session.scalars(select(Round).where(Round.id.in_(ids)).order_by(Round.id)).all()


def carry(route: DeliveryRoute, round_ids: Collection[int]) -> None:
    """Note what a route that leaves takes along of some rounds, which the caller has locked.

    A stop of which all goods come later is taken off: it is planned anew.
    """
    orders = select().select_from(Order).join(Round, Round.id == Order.round_id).where(*of_day(route.day))
    mine = at_stops(orders, route.day).where(DeliveryStop.route_id == route.id)
    pairs = mine.add_columns(DeliveryStop.id, Order.leader_id, Order.round_id).distinct()
    found = db.session.execute(pairs).all()
    gone = [one for one in found if one[2] in round_ids]
    db.session.add_all(
        CarriedRound(day=route.day, leader_id=leader_id, round_id=round_id, stop_id=stop_id)
        for stop_id, leader_id, round_id in gone
    )
    behind = {one[0] for one in found} - {one[0] for one in gone}
    db.session.execute(delete(DeliveryStop).where(DeliveryStop.id.in_(behind)))
    close_gaps([route.id])
    db.session.flush()
    db.session.expire(route, ["stops"])


def unload(route: DeliveryRoute) -> None:
    """Note that a route takes nothing along after all; who waits for a later one of the day need not."""
    ids = [stop.id for stop in route.stops]
    db.session.execute(delete(CarriedRound).where(CarriedRound.stop_id.in_(ids)))
    waiting = select(DeliveryRoute.id).where(DeliveryRoute.day == route.day, DeliveryRoute.left_at.is_(None))
    again = (
        DeliveryStop.day == route.day,
        DeliveryStop.leader_id.in_([stop.leader_id for stop in route.stops]),
        DeliveryStop.route_id.in_(waiting),
        DeliveryStop.route_id != route.id,
    )
    others = db.session.scalars(select(DeliveryStop.route_id).where(*again)).all()
    db.session.execute(delete(DeliveryStop).where(*again))
    close_gaps(others)
