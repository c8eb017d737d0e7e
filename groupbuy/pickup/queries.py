"""Reading bags, and finding what a pickup code stands for."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import joinedload

from groupbuy.campaigns.models import Offer, OfferVersion, Round
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.days import day_of, is_on
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.rules import OrderState
from groupbuy.pickup.models import Bag
from groupbuy.pickup.parts import NOT_READY, OPEN_STATES, SELLING, LineLeft
from groupbuy.pickup.unfetched import units_left


def in_bag() -> ColumnElement[bool]:
    """Return the condition that an order, joined with its round, lies in a bag with others of its day."""
    return and_(Bag.day == day_of(), Bag.leader_id == Order.leader_id, Bag.resident_id == Order.resident_id)


def bag_codes(round_id: int, leader_ids: Sequence[int]) -> Mapping[int, Mapping[tuple[date, int], str]]:
    """Return the codes of bags with orders of a round by leader, then day and resident, in one query."""
    codes: dict[int, dict[tuple[date, int], str]] = {leader_id: {} for leader_id in leader_ids}
    days = select(Round.pickup_date).where(Round.id == round_id)
    theirs = (Order.round_id == round_id, Order.leader_id.in_(leader_ids))
    parts = select(Order.pickup_date).where(*theirs, Order.pickup_date.is_not(None))
    bags = select(Bag.leader_id, Bag.day, Bag.resident_id, Bag.code).where(
        Bag.day.in_(days.union(parts)), Bag.leader_id.in_(leader_ids)
    )
    for leader_id, day, resident_id, code in db.session.execute(bags):
        codes[leader_id][day, resident_id] = code
    return codes


def bag_code_of(order: Order) -> str | None:
    """Return the code of the bag in which an order lies with others, None where it has none of its own."""
    bag = db.session.get(Bag, (order.day, order.leader_id, order.resident_id))
    return None if bag is None else bag.code


def orders_of_code(code: str, *, leader_ids: Sequence[int]) -> Sequence[Order]:
    """Return the orders that a code opens at these leaders: one of its own, or all of a bag."""
    wanted = Order.pickup_code == code
    order = db.session.scalar(_orders().where(wanted, Order.leader_id.in_(leader_ids)))
    if order is not None:
        return [order]
    bag = (
        _orders()
        .join(Round, Round.id == Order.round_id)
        .join(Bag, in_bag())
        .where(Bag.code == code, Bag.leader_id.in_(leader_ids), Round.state.not_in(SELLING))
    )
    return db.session.scalars(bag.order_by(Order.id)).all()


def points_of_code(code: str, *, leader_ids: Sequence[int]) -> Sequence[Leader]:
    """Return the other leaders at whose pickup points a code opens something, by code of leader."""
    order = select(Order.leader_id).where(Order.pickup_code == code)
    bag = select(Bag.leader_id).where(Bag.code == code)
    elsewhere = select(Leader).where(Leader.id.in_(order.union(bag)), Leader.id.not_in(leader_ids))
    return db.session.scalars(elsewhere.options(joinedload(Leader.community)).order_by(Leader.code)).all()


def orders_of_person(*, phone_tail: str, name: str, leader_ids: Sequence[int]) -> Sequence[Order]:
    """Return what somebody with this name, whose phone ends so, has still to fetch at these leaders.

    It is that of the earliest pickup day; who fetches for two days says so twice.
    """
    theirs = (
        _orders().join(Resident, Resident.id == Order.resident_id).join(Round, Round.id == Order.round_id)
    )
    found = db.session.scalars(
        theirs.where(
            Order.leader_id.in_(leader_ids),
            Order.state.in_(OPEN_STATES),
            Round.state.not_in(NOT_READY),
            Resident.name == name,
            Resident.phone.endswith(phone_tail, autoescape=True),
        ).order_by(day_of(), Order.leader_id, Order.resident_id, Order.id)
    ).all()
    return [order for order in found if _bag_key(order) == _bag_key(found[0])]


def _bag_key(order: Order) -> tuple[date, int, int]:
    return order.day, order.leader_id, order.resident_id


def orders_of_bag(order: Order) -> Sequence[Order]:
    """Return the orders that lie in the same bag as this one, by id: of one day, whatever their rounds.

    Cancelled ones are left out, and those of rounds that still sell unless it is the order itself.
    """
    mine = (Order.leader_id == order.leader_id, Order.resident_id == order.resident_id)
    there = or_(Order.id == order.id, and_(is_on(order.day), Round.state.not_in(SELLING)))
    found = _orders().join(Round, Round.id == Order.round_id).where(*mine, there)
    return db.session.scalars(found.where(Order.state != OrderState.CANCELLED).order_by(Order.id)).all()


def left_of(order_ids: Sequence[int]) -> Sequence[LineLeft]:
    """Return what orders that are to be fetched have still to get, line by line, in one query."""
    left = units_left()
    rows = db.session.execute(
        select(Order.id, Order.number, OrderLine.id, Product.code, OfferVersion.name, left)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(Product, Product.id == Offer.product_id)
        .join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
        .where(Order.id.in_(order_ids), Order.state.in_(OPEN_STATES), Offer.state == "active", left > 0)
        .order_by(Order.id, OrderLine.id)
    )
    return [LineLeft(*row) for row in rows]


def names_of(order_ids: Sequence[int]) -> Mapping[str, str]:
    """Return by product code the names under which orders have goods, whatever became of them."""
    rows = db.session.execute(
        select(Product.code, OfferVersion.name)
        .select_from(OrderLine)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(Product, Product.id == Offer.product_id)
        .join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
        .where(OrderLine.order_id.in_(order_ids))
    )
    return {row.code: row.name for row in rows}


def _orders() -> Select[Order]:
    return select(Order).options(joinedload(Order.round), joinedload(Order.resident))
