"""The live orders of a round, leader by leader, with everything that lists for leaders say.

A round may have a thousand leaders and a million lines, so orders are read for some leaders at a time:
two queries, whatever their number.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, exists, select

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders import days, doors
from groupbuy.orders.bulk import is_live, live_lines
from groupbuy.orders.carriage import parcel
from groupbuy.orders.models import Order, OrderCarriage, OrderDoor, OrderLine

LEADERS_AT_ONCE = 10


class LiveLine(NamedTuple):
    """A line to be delivered: sale units, fen, and the commission agreed."""

    order_id: int
    offer_id: int
    units: int
    amount_fen: int
    rate_bp: int
    fixed_fen: int
    actual_grams: int | None = None


class LiveOrder(NamedTuple):
    """A live order with its resident and those of its lines that are to be delivered."""

    leader_id: int
    number: str
    resident_id: int
    name: str
    phone: str
    building: str | None
    room: str | None
    pickup_code: str
    state: str
    remark: str | None
    day: date
    fee_fen: int
    parcel: str | None
    lines: tuple[LiveLine, ...]


def leaders_with_orders(round_id: int) -> Sequence[Leader]:
    """Return the leaders who have live orders in a round, by code."""
    # One order each is enough to know; a list of all orders' leaders would read every one.
    ordered = exists().where(Order.leader_id == Leader.id, Order.round_id == round_id, is_live())
    return db.session.scalars(select(Leader).where(ordered).order_by(Leader.code)).all()


def rounds_of_day(day: date, leader_id: int) -> Sequence[str]:
    """Return the names of the closed rounds of which a leader hands something out on a day."""
    closed = Round.closed_at.is_not(None)
    names = select(Round.name).join(Order, Order.round_id == Round.id)
    mine = names.where(days.is_on(day), Order.leader_id == leader_id, is_live(), closed)
    return db.session.scalars(mine.distinct().order_by(Round.name)).all()


def live_orders(round_id: int, leader_ids: Sequence[int]) -> Iterator[tuple[int, Sequence[LiveOrder]]]:
    """Yield each leader that has live orders with these, in the order of the ids, by number of order.

    At most the orders of LEADERS_AT_ONCE leaders are in memory.
    """
    for start in range(0, len(leader_ids), LEADERS_AT_ONCE):
        some = leader_ids[start : start + LEADERS_AT_ONCE]
        found: dict[int, list[LiveOrder]] = {leader_id: [] for leader_id in some}
        for order in _orders_of(round_id, some):
            found[order.leader_id].append(order)
        for leader_id in some:
            if orders := found.pop(leader_id):
                yield leader_id, orders


def _orders_of(round_id: int, leader_ids: Sequence[int]) -> Iterator[LiveOrder]:
    lines = _lines_of(round_id, leader_ids)
    # Of the connection, not of the session: nothing is an object here, and rows come in half the time.
    for row in db.session.connection().execute(_heads_of(round_id, leader_ids)).all():
        if row.id in lines:
            head: list[Any] = [*row[1:], tuple(lines[row.id])]
            yield LiveOrder(*head)


def _heads_of(round_id: int, leader_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Order.id,
            Order.leader_id,
            Order.number,
            Order.resident_id,
            Resident.name,
            Resident.phone,
            doors.building(),
            doors.room(),
            Order.pickup_code,
            Order.state,
            Order.remark,
            days.day_of(),
            Order.fee_fen,
            parcel(),
        )
        .join(Round, Round.id == Order.round_id)
        .join(Resident, Resident.id == Order.resident_id)
        .outerjoin(OrderDoor, OrderDoor.order_id == Order.id)
        .outerjoin(OrderCarriage, OrderCarriage.order_id == Order.id)
        .where(Order.round_id == round_id, Order.leader_id.in_(leader_ids), is_live())
        .order_by(Order.id)
    )


def _lines_of(round_id: int, leader_ids: Sequence[int]) -> dict[int, list[LiveLine]]:
    statement = (
        live_lines(round_id)
        .add_columns(
            OrderLine.order_id,
            OrderLine.offer_id,
            OrderLine.quantity,
            OrderLine.amount_fen,
            OrderLine.rate_bp,
            OrderLine.fixed_fen,
            OrderLine.actual_grams,
        )
        .where(Order.leader_id.in_(leader_ids))
    )
    lines: dict[int, list[LiveLine]] = {}
    for line in map(LiveLine._make, db.session.connection().execute(statement).all()):
        lines.setdefault(line.order_id, []).append(line)
    return lines
