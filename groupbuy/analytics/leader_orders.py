"""A leader's orders, searched; and the bags that wait to be fetched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import contains_eager

from groupbuy.analytics.leader_desk import HANDING_OUT, TO_HAND_OUT
from groupbuy.campaigns.models import OfferVersion, Round
from groupbuy.db import db
from groupbuy.members.models import Resident
from groupbuy.orders import doors
from groupbuy.orders.days import day_of
from groupbuy.orders.models import Order, OrderDoor, OrderLine
from groupbuy.orders.rules import OrderState
from groupbuy.pickup.rules import Door, door

MOST_BAGS = 2000
MAX_TEXT = 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders are wanted; empty texts are no filter. ``paid`` is ``yes``, ``no`` or empty."""

    round_name: str = ""
    text: str = ""
    state: str = ""
    paid: str = ""


def leader_orders(leader_ids: Sequence[int], wanted: Wanted) -> Select[Order]:
    """Return a selection of leaders' orders with resident and round, the latest first."""
    statement = (
        select(Order)
        .join(Order.resident)
        .join(Order.round)
        .options(contains_eager(Order.resident), contains_eager(Order.round))
        .where(Order.leader_id.in_(leader_ids), *_conditions(wanted))
    )
    return statement.order_by(Order.placed_at.desc(), Order.id.desc())


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.round_name:
        conditions.append(Round.name == wanted.round_name)
    if wanted.state == "to_hand_out":
        conditions += [Order.state.in_(TO_HAND_OUT), Round.state.in_(HANDING_OUT)]
    elif wanted.state:
        conditions.append(Order.state == wanted.state)
    if wanted.paid == "yes":
        conditions.append(and_(Order.paid_fen >= Order.amount_fen, Order.paid_at.is_not(None)))
    elif wanted.paid == "no":
        conditions += [Order.paid_fen < Order.amount_fen, Order.state != OrderState.CANCELLED]
    if wanted.text:
        conditions.append(_matches(wanted.text[:MAX_TEXT]))
    return conditions


def _matches(text: str) -> ColumnElement[bool]:
    """Return the condition that an order has a text in number, name, room, remark, goods or phone tail."""
    named = select(OrderLine.order_id).join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
    found = [
        Order.number.contains(text.upper(), autoescape=True),
        Resident.name.contains(text, autoescape=True),
        Resident.room.contains(text, autoescape=True),
        Order.remark.contains(text, autoescape=True),
        Order.id.in_(named.where(OfferVersion.name.contains(text, autoescape=True))),
    ]
    if text.isascii() and text.isdigit() and len(text) >= 4:
        found.append(Resident.phone.endswith(text, autoescape=True))
    return or_(*found)


@dataclass(frozen=True, slots=True)
class OpenBag:
    """What one resident has still to fetch on a day; ``number`` is its first order's."""

    number: str
    day: date
    round_title: str
    name: str
    phone: str
    door: Door
    order_ids: tuple[int, ...]
    amount_fen: int


def open_bags(leader_ids: Sequence[int], text: str = "") -> list[OpenBag]:
    """Return the bags that wait, by pickup day, building and room, in one query."""
    rows = db.session.execute(_waiting(leader_ids, text)).all()
    by_bag: dict[tuple[date, int, int], list[Any]] = {}
    for row in rows:
        by_bag.setdefault((row.day, row.leader_id, row.resident_id), []).append(row)
    bags = map(_bag, by_bag.values())
    return sorted(bags, key=lambda bag: (bag.day, bag.door.sort_key, bag.number))


def _bag(rows: Sequence[Any]) -> OpenBag:
    first = rows[0]
    return OpenBag(
        number=first.number,
        day=first.day,
        round_title="、".join(dict.fromkeys(row.title for row in rows)),
        name=first.name,
        phone=first.phone,
        door=door(first.building, first.room),
        order_ids=tuple(row.id for row in rows),
        amount_fen=sum(row.amount_fen for row in rows),
    )


def _waiting(leader_ids: Sequence[int], text: str) -> Select[*tuple[Any, ...]]:
    statement = (
        select(
            Order.id,
            Order.number,
            Order.leader_id,
            Order.resident_id,
            Order.amount_fen,
            Round.title,
            day_of().label("day"),
            Resident.name,
            Resident.phone,
            doors.building(),
            doors.room(),
        )
        .join(Round, Round.id == Order.round_id)
        .join(Resident, Resident.id == Order.resident_id)
        .outerjoin(OrderDoor, OrderDoor.order_id == Order.id)
        .where(Order.leader_id.in_(leader_ids), Order.state.in_(TO_HAND_OUT), Round.state.in_(HANDING_OUT))
    )
    if text:
        statement = statement.where(_matches(text[:MAX_TEXT]))
    return statement.order_by(Order.id).limit(MOST_BAGS)
