"""How a leader stands among the others, and who and what sells best in its own community."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from groupbuy.campaigns.models import Offer, OfferVersion
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.bulk import is_live
from groupbuy.orders.fees import goods_fen
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.queries import turnover_by_leader


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the ranking: turnover in fen; only the asker knows which place is its own."""

    rank: int
    amount_fen: int
    mine: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A leader's own place, of how many, and the first places."""

    mine: Place
    leaders: int
    first: Sequence[Place]


@dataclass(frozen=True, slots=True)
class Top:
    """Somebody who bought or something that sold: a name, how many orders or units, and fen."""

    name: str
    count: int
    amount_fen: int


def standing(*, leader_id: int, start: datetime, end: datetime, most: int) -> Standing:
    """Return where a leader stands by the turnover of orders placed in a time; equals share a place."""
    sold = turnover_by_leader(start=start, end=end)
    taking_part = set(db.session.scalars(select(Leader.id).where(Leader.state == "active")))
    amounts = {one: sold.get(one, 0) for one in taking_part | sold.keys() | {leader_id}}
    ranked = sorted(amounts, key=lambda one: (-amounts[one], one))
    ranks: dict[int, int] = {}
    for number, one in enumerate(ranked, 1):
        level = number > 1 and amounts[ranked[number - 2]] == amounts[one]
        ranks[one] = ranks[ranked[number - 2]] if level else number
    places = {one: Place(ranks[one], amounts[one], one == leader_id) for one in ranked}
    return Standing(places[leader_id], len(ranked), [places[one] for one in ranked[:most]])


def turnover_fen(*, leader_id: int, start: datetime, end: datetime) -> int:
    """Return the fen of a leader's live orders that were placed in a time."""
    statement = select(total(goods_fen())).where(Order.leader_id == leader_id, is_live())
    return db.session.scalar(statement.where(*_within(start, end))) or 0


def top_buyers(*, leader_id: int, start: datetime, end: datetime, most: int) -> Sequence[Top]:
    """Return a leader's residents who bought for most."""
    amount = total(goods_fen())
    rows = db.session.execute(
        select(Resident.name, func.count(), amount)
        .join(Order, Order.resident_id == Resident.id)
        .where(Order.leader_id == leader_id, is_live(), *_within(start, end))
        .group_by(Resident.id, Resident.name)
        .order_by(amount.desc(), Resident.id)
        .limit(most)
    )
    return [Top(*row) for row in rows]


def top_goods(*, leader_id: int, start: datetime, end: datetime, most: int) -> Sequence[Top]:
    """Return the goods that a leader sold for most, with units."""
    amount = total(OrderLine.amount_fen)
    rows = db.session.execute(
        select(func.max(OfferVersion.name), total(OrderLine.quantity), amount)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
        .where(Order.leader_id == leader_id, is_live(), Offer.state == "active", *_within(start, end))
        .group_by(Offer.product_id)
        .order_by(amount.desc(), Offer.product_id)
        .limit(most)
    )
    return [Top(*row) for row in rows]


def _within(start: datetime, end: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Order.placed_at >= start, Order.placed_at < end
