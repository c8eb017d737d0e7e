"""Finding orders by whatever somebody has at hand, in one query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import contains_eager

from groupbuy.campaigns.models import Offer, OfferVersion, Round
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order, OrderLine

# A shorter run of digits is a room or part of a name, not the tail of a phone.
PHONE_TAIL = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders somebody asks for; None is any. They were placed at ``since`` (UTC) or later."""

    round_name: str | None = None
    state: str | None = None
    leader_code: str | None = None
    resident_code: str | None = None
    since: datetime | None = None
    text: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what an order must meet, on the tables that ``orders`` joins."""
        equal = {
            Round.name: self.round_name,
            Order.state: self.state,
            Leader.code: self.leader_code,
            Resident.code: self.resident_code,
        }
        asked = [column == value for column, value in equal.items() if value is not None]
        asked += [] if self.since is None else [Order.placed_at >= self.since]
        return asked + ([] if self.text is None else [matching(self.text)])


def orders_page(
    wanted: Wanted,
    *,
    resident_ids: Sequence[int] | None,
    leader_ids: Sequence[int] | None,
    before: int | None,
    most: int,
) -> Sequence[Order]:
    """Return orders of these residents and leaders, None for all, by falling id from before an id."""
    people = (contains_eager(Order.resident), contains_eager(Order.leader), contains_eager(Order.round))
    statement = orders().where(*wanted.conditions()).options(*people)
    if resident_ids is not None:
        statement = statement.where(Order.resident_id.in_(resident_ids))
    if leader_ids is not None:
        statement = statement.where(Order.leader_id.in_(leader_ids))
    if before is not None:
        statement = statement.where(Order.id < before)
    return db.session.scalars(statement.order_by(None).order_by(Order.id.desc()).limit(most)).all()


def orders() -> Select[*tuple[Any, ...]]:
    """Return orders with resident, leader and round, the newest first; add conditions to it."""
    return (
        select(Order, Resident, Leader, Round)
        .join(Resident, Resident.id == Order.resident_id)
        .join(Leader, Leader.id == Order.leader_id)
        .join(Round, Round.id == Order.round_id)
        .order_by(Order.placed_at.desc(), Order.id.desc())
    )


def matching(text: str) -> ColumnElement[bool]:
    """Return the condition that an order has a text as number, phone, name, room, or in its goods."""
    return or_(
        Order.number == text.upper(),
        Order.order_ref == text,
        Order.pickup_code == text,
        *_by_phone(text),
        _has(Resident.name, text),
        _has(Resident.room, text),
        _has(Resident.building, text),
        _goods(text),
    )


def _by_phone(text: str) -> list[ColumnElement[bool]]:
    if not (text.isascii() and text.isdigit()) or len(text) < PHONE_TAIL:
        return []
    return [Resident.phone.endswith(text, autoescape=True)]


def _goods(text: str) -> ColumnElement[bool]:
    return (
        select(OrderLine.id)
        .join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(Product, Product.id == Offer.product_id)
        .where(OrderLine.order_id == Order.id, or_(_has(OfferVersion.name, text), Product.code == text))
        .exists()
    )


def _has(column: Any, text: str) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column.icontains(text, autoescape=True)
    return condition
