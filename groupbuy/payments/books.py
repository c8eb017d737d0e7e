"""What orders mean for the books: sold once handed out, owed back where more is paid than is delivered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import case, func, or_, select, union

from groupbuy.audit.service import SCHEDULER
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks, one_of
from groupbuy.db.upserts import insert_into, run_for_all
from groupbuy.finance import rules, service
from groupbuy.finance.rules import Entry
from groupbuy.kernel.errors import RunAgain
from groupbuy.orders.fees import goods_fen
from groupbuy.orders.models import Order
from groupbuy.orders.rules import OrderState
from groupbuy.payments import fee_books
from groupbuy.payments.fee_books import Ids
from groupbuy.payments.models import OrderBooks


@dataclass(frozen=True, slots=True)
class OrderDue:
    """What of an order is sold and owed back, due and booked, in fen."""

    order_id: int
    resident_id: int
    sold_fen: int
    owed_fen: int
    booked_sold_fen: int
    booked_owed_fen: int
    version: int
    picked_up_at: datetime | None


def bring_up(*, since: datetime, now: datetime) -> int:
    """Book what is sold and owed back by now; return how many orders changed.

    Looked at are orders picked up after ``since``, those owed something and those that were.
    """
    picked = select(Order.id).where(Order.picked_up_at > since)
    owed = select(Order.id).where(Order.paid_fen > Order.amount_fen)
    were = select(OrderBooks.order_id).where(OrderBooks.owed_fen > 0)
    return _bring_up(union(picked, owed, were), now)


def bring_up_order(*, order_id: int, now: datetime) -> None:
    """Book what is sold and owed back of one order, which the caller has locked."""
    one = select(Order.id).where(Order.id == order_id)
    _bring_up(union(one, one), now)


def bring_up_orders(*, order_ids: Iterable[int], now: datetime) -> None:
    """Book what is sold and owed back of many orders, which the caller has locked."""
    for part in chunks(sorted(set(order_ids)), KEYS):
        some = select(Order.id).where(one_of(Order.id, part))
        _bring_up(union(some, some), now)


def bring_up_round(*, round_id: int, now: datetime) -> None:
    """Book what is sold and owed back of a round, whose orders the caller has locked."""
    orders = select(Order.id).where(Order.round_id == round_id)
    _bring_up(union(orders, orders), now)


def _bring_up(ids: Ids, now: datetime) -> int:
    dues = _dues(ids)
    fee_books.bring_up(ids, now=now)
    entries = [entry for one in dues for entry in _entries(one)]
    if service.post(entries, at=now, actor=SCHEDULER) != len(entries):
        raise RunAgain
    write_down([(one.order_id, one.sold_fen, one.owed_fen, one.version + 1) for one in dues])
    return len(dues)


def _dues(ids: Ids) -> Sequence[OrderDue]:
    """Return those of the chosen orders whose books say something else than is due."""
    chosen = ids.subquery()
    sold = case((Order.state == OrderState.PICKED_UP, goods_fen()), else_=0)
    owed = case((Order.paid_fen > Order.amount_fen, Order.paid_fen - Order.amount_fen), else_=0)
    booked_sold, booked_owed = (
        func.coalesce(column, 0) for column in (OrderBooks.sold_fen, OrderBooks.owed_fen)
    )
    rows = db.session.execute(
        select(
            Order.id,
            Order.resident_id,
            sold,
            owed,
            booked_sold,
            booked_owed,
            func.coalesce(OrderBooks.version, 0),
            Order.picked_up_at,
        )
        .outerjoin(OrderBooks, OrderBooks.order_id == Order.id)
        .where(Order.id.in_(select(chosen.c[0])))
        .where(or_(sold != booked_sold, owed != booked_owed))
        .order_by(Order.id)
    )
    return [OrderDue(*row) for row in rows]


def _entries(one: OrderDue) -> list[Entry]:
    customer, cause = rules.resident(one.resident_id), str(one.order_id)
    sold, owed = one.sold_fen - one.booked_sold_fen, one.owed_fen - one.booked_owed_fen
    part = str(one.version)
    back = rules.owed(one.resident_id)
    sale = rules.move(customer, rules.SALES, sold, cause_kind="order_sale", cause_id=cause, part=part)
    # What is sold first was sold when it was handed out, so that a day's sales are those of its ledger.
    fresh = not one.booked_sold_fen
    return [
        *(replace(entry, at=one.picked_up_at) if fresh else entry for entry in sale),
        *rules.move(customer, back, owed, cause_kind="order_owed", cause_id=cause, part=part),
    ]


def write_down(rows: Sequence[tuple[int, int, int, int]]) -> None:
    """Write down what of orders is booked now: id, fen sold and owed back, version.

    Raise RunAgain where somebody has booked more meanwhile.
    """
    if not rows:
        return
    names = ("order_id", "sold_fen", "owed_fen", "version")
    statement = insert_into(OrderBooks)
    fresh = {name: statement.excluded[name] for name in names[1:]}
    stored = statement.on_conflict_do_update(
        index_elements=["order_id"],
        set_=fresh,
        # What is sold and what is owed back do not clash in the ledger; one of them would be lost here.
        where=OrderBooks.version == statement.excluded.version - 1,
    )
    values = [dict(zip(names, row, strict=True)) for row in rows]
    if len(run_for_all(stored.returning(OrderBooks.order_id), values).all()) != len(rows):
        raise RunAgain
