"""Reading the routes of a day and the goods of their stops."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import joinedload, selectinload

from groupbuy.campaigns.models import Offer, OfferVersion, Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.delivery.models import DeliveryRoute, DeliveryStop, Discrepancy
from groupbuy.delivery.rules import Decision
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.sorting import natural_key
from groupbuy.leaders.models import Leader
from groupbuy.orders.bulk import is_live
from groupbuy.orders.days import day_of, is_on
from groupbuy.orders.models import LineChange, Order, OrderLine
from groupbuy.orders.shortening import is_shared_out

# Rounds whose goods are on their way to the leaders, or will be.
TO_DELIVER = (RoundState.CLOSED, RoundState.ORDERED, RoundState.RECEIVED, RoundState.DISPATCHED)


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


def days_to_deliver(*, since: date) -> Sequence[date]:
    """Return the pickup days from a day on that have closed rounds, the earliest first."""
    ready = Round.state.in_(TO_DELIVER)
    days = select(Round.pickup_date).where(Round.pickup_date >= since, ready)
    parts = select(Order.pickup_date).join(Round, Round.id == Order.round_id)
    both = days.union(parts.where(Order.pickup_date >= since, ready, is_live())).subquery()
    return db.session.scalars(select(both.c.pickup_date).order_by(both.c.pickup_date)).all()


def leaders_of_day(day: date) -> Sequence[Leader]:
    """Return the leaders who hand something out on a day, by code."""
    wanted = select(Order.leader_id).join(Round, Round.id == Order.round_id).where(*of_day(day))
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


def stop_of(day: date, leader_id: int) -> DeliveryStop | None:
    """Return a leader's stop of a day with its route, None while none is planned."""
    found = select(DeliveryStop).where(DeliveryStop.day == day, DeliveryStop.leader_id == leader_id)
    return db.session.scalar(found.options(joinedload(DeliveryStop.route)))


def stops_of_orders(orders: Collection[Order]) -> Mapping[int, DeliveryStop]:
    """Return by order id the stop at which its goods get off, with its route, where one is planned.

    What was ordered in a round that closed after the vehicle had left is not on it.
    """
    found = select(DeliveryStop).where(
        DeliveryStop.day.in_({order.day for order in orders}),
        DeliveryStop.leader_id.in_({order.leader_id for order in orders}),
    )
    stops = {
        (stop.day, stop.leader_id): stop
        for stop in db.session.scalars(found.options(joinedload(DeliveryStop.route)))
    }
    return {
        order.id: stop
        for order in orders
        if (stop := stops.get((order.day, order.leader_id))) is not None
        and (stop.route.left_at is None or order.round.closes_at <= stop.route.left_at)
    }


def get_stop(stop_id: int, *, lock: bool = False) -> DeliveryStop:
    """Return a stop, locked until the transaction ends where asked for; raise NotFound."""
    stop = db.session.get(DeliveryStop, stop_id, with_for_update=lock or None, populate_existing=lock)
    if stop is None:
        raise NotFound("unknown_stop", "There is no such stop.")
    return stop


def orders_of_stop(stop: DeliveryStop) -> frozenset[int]:
    """Return the ids of the live orders whose goods are brought to a stop."""
    theirs = select(Order.id).join(Round, Round.id == Order.round_id)
    return frozenset(db.session.scalars(theirs.where(Order.leader_id == stop.leader_id, *of_day(stop.day))))


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


def units_of_day(day: date) -> Mapping[int, int]:
    """Return the sale units of a day by leader, in one query."""
    return by_key(
        lines_of(day).add_columns(Order.leader_id, total(OrderLine.quantity)).group_by(Order.leader_id)
    )


def goods_of_day(day: date, leader_ids: Collection[int]) -> Mapping[int, Sequence[StopGoods]]:
    """Return what each of some leaders is to get on a day, by product code, in one query."""
    rows = db.session.execute(
        lines_of(day)
        .add_columns(
            Order.leader_id,
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
        .where(Order.leader_id.in_(leader_ids))
        .group_by(Order.leader_id, Offer.id, Round.name, Round.title, Product.code, OfferVersion.id)
    )
    return _sorted_by_leader((row[0], StopGoods(*row[1:])) for row in rows)


def _sorted_by_leader(rows: Iterable[tuple[int, StopGoods]]) -> Mapping[int, Sequence[StopGoods]]:
    goods: dict[int, list[StopGoods]] = {}
    for leader_id, one in rows:
        goods.setdefault(leader_id, []).append(one)
    for theirs in goods.values():
        theirs.sort(key=lambda one: (natural_key(one.code), one.offer_id))
    return goods


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


def discrepancies(*, day: date | None = None, stop_id: int | None = None) -> Sequence[Discrepancy]:
    """Return what leaders found missing, of a day or of a stop, the undecided first."""
    found = (
        select(Discrepancy)
        .join(DeliveryStop, DeliveryStop.id == Discrepancy.stop_id)
        .options(
            joinedload(Discrepancy.stop).joinedload(DeliveryStop.leader),
            joinedload(Discrepancy.stop).joinedload(DeliveryStop.route),
            joinedload(Discrepancy.offer).joinedload(Offer.product),
        )
        .order_by(Discrepancy.decided_at.is_not(None), Discrepancy.id)
    )
    if day is not None:
        found = found.where(DeliveryStop.day == day)
    if stop_id is not None:
        found = found.where(Discrepancy.stop_id == stop_id)
    return db.session.scalars(found).all()


def get_discrepancy(discrepancy_id: int, *, lock: bool = False) -> Discrepancy:
    """Return a discrepancy, locked until the transaction ends where asked for; raise NotFound."""
    found = db.session.get(Discrepancy, discrepancy_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise NotFound("unknown_discrepancy", "There is no such discrepancy.")
    return found


def refunded_of(round_id: int) -> Sequence[Discrepancy]:
    """Return what was refunded of a round's goods because leaders missed it, by id, locked."""
    found = (
        select(Discrepancy)
        .join(Offer, Offer.id == Discrepancy.offer_id)
        .where(Offer.round_id == round_id, Discrepancy.decision == Decision.REFUND)
        .order_by(Discrepancy.id)
        .with_for_update(of=Discrepancy)
    )
    return db.session.scalars(found.execution_options(populate_existing=True)).all()


def undecided_of(offer_ids: Collection[int]) -> Sequence[Discrepancy]:
    """Return what leaders missed of some offers and nobody has decided about, by id, with its stop."""
    found = (
        select(Discrepancy)
        .where(Discrepancy.offer_id.in_(offer_ids), Discrepancy.decision.is_(None))
        .where(Discrepancy.sent > Discrepancy.got)
        .options(joinedload(Discrepancy.stop))
        .order_by(Discrepancy.id)
    )
    return db.session.scalars(found).all()


def lost_on_the_way(round_id: int) -> Mapping[int, int]:
    """Return by offer of a round how many units came, were missed by leaders and refunded."""
    lost = (
        select(Discrepancy.offer_id, total(Discrepancy.sent - Discrepancy.got - Discrepancy.never_came))
        .join(Offer, Offer.id == Discrepancy.offer_id)
        .where(Offer.round_id == round_id, Discrepancy.decision == Decision.REFUND)
    )
    return by_key(lost.group_by(Discrepancy.offer_id))


def really_missing(found: Discrepancy) -> int:
    """Return the units that an undecided discrepancy is about, without what a shortage took since.

    A leader signs against what the orders hold; what is shared out later was never sent.
    """
    return max(found.missing - taken_since(found.stop, found.offer_id), 0)


def taken_since(stop: DeliveryStop, offer_id: int) -> int:
    """Return the units of an offer that a shortage has taken from a stop since it was signed for."""
    took = _shared_out(stop).where(OrderLine.offer_id == offer_id, LineChange.at > stop.signed_at)
    return db.session.scalar(took.with_only_columns(total(LineChange.units))) or 0


def after_sharing_out(stop: DeliveryStop, now: datetime) -> datetime:
    """Return a time for a signature that is not before what was shared out of its goods already.

    The caller has locked the rounds. Who waited for a lock read the clock before; the order of the locks
    counts, and ``taken_since`` knows it by these times.
    """
    last = db.session.scalar(_shared_out(stop).with_only_columns(func.max(LineChange.at)))
    return now if last is None else max(now, last)


def _shared_out(stop: DeliveryStop) -> Select[LineChange]:
    return (
        select(LineChange)
        .join(OrderLine, OrderLine.id == LineChange.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Round, Round.id == Order.round_id)
        .where(Order.leader_id == stop.leader_id, is_on(stop.day), is_shared_out())
    )


def after_signatures(round_id: int, now: datetime) -> datetime:
    """Return a time for a change to the goods of a round that is after all who have signed for them.

    The caller has locked the round; see ``after_sharing_out``.
    """
    days = select(day_of()).join(Round, Round.id == Order.round_id).where(Order.round_id == round_id)
    last = db.session.scalar(select(func.max(DeliveryStop.signed_at)).where(DeliveryStop.day.in_(days)))
    return now if last is None or last < now else last + timedelta(microseconds=1)


def still_to_leave(round_id: int) -> bool:
    """Tell whether goods of a round have not left yet: a leader without stop, or one whose route waits."""
    gone = (
        select(DeliveryStop.id)
        .join(DeliveryRoute, DeliveryRoute.id == DeliveryStop.route_id)
        .where(
            DeliveryStop.leader_id == Order.leader_id,
            DeliveryStop.day == day_of(),
            DeliveryRoute.left_at.is_not(None),
        )
        .exists()
    )
    waiting = (
        select(Order.id)
        .join(Round, Round.id == Order.round_id)
        .where(Order.round_id == round_id, is_live(), ~gone)
        .limit(1)
    )
    return db.session.scalar(waiting) is not None
