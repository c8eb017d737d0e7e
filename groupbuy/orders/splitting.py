"""Orders that are handed out on two days (拆单): lines move to a part with a number and code of its own."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, select, update

from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.rules import OrderState
from groupbuy.orders.service import insert_with_codes


def lines_to_deliver(order: Order) -> list[OrderLine]:
    """Return the lines of an order of which something is still to be delivered."""
    return [line for line in order.lines if line.quantity and line.offer.state == "active"]


def part_on(order: Order, day: date) -> Order | None:
    """Return the locked part of an order that is handed out on a day and is still whole, if there is one."""
    whole = order.split_of_id or order.id
    parts = select(Order).where(Order.split_of_id == whole, Order.pickup_date == day)
    same = (Order.leader_id == order.leader_id, Order.id != order.id)
    waiting = parts.where(*same, Order.state == OrderState.CONFIRMED).order_by(Order.id).limit(1)
    return db.session.scalar(waiting.with_for_update(of=Order))


def make_part(order: Order, day: date) -> Order:
    """Make an empty part of a locked order that is handed out on a day."""
    same = ("round_id", "resident_id", "leader_id", "state", "placed_at", "placed_by_id", "remark")
    values: dict[str, Any] = {name: getattr(order, name) for name in same}
    whole = order.split_of_id or order.id
    part_id = insert_with_codes(
        values
        | {"amount_fen": 0, "split_of_id": whole, "pickup_date": day, "submission_key": None, "version": 1}
    )
    return db.session.get_one(Order, part_id)


def move_lines(lines: Collection[OrderLine], *, order: Order, part: Order) -> int:
    """Move lines, and what was paid for them, from an order to its part; return the fen that were paid.

    What was paid is counted for the lines that stay first; what is owed back stays with the order.
    """
    moved = sum(line.amount_fen for line in lines if line.offer.state == "active")
    rest = order.amount_fen - moved
    paid = max(min(order.paid_fen, order.amount_fen) - rest, 0)
    db.session.execute(
        update(OrderLine)
        .where(OrderLine.id.in_([line.id for line in lines]))
        .values(order_id=part.id)
        .execution_options(synchronize_session=False)
    )
    order.amount_fen, order.paid_fen = rest, order.paid_fen - paid
    part.amount_fen, part.paid_fen = part.amount_fen + moved, part.paid_fen + paid
    if paid and part.paid_at is None:
        part.paid_at = order.paid_at
    order.version += 1
    part.version += 1
    db.session.flush()
    db.session.expire(order, ["lines"])
    db.session.expire(part, ["lines"])
    return paid


def orders_with(offer_id: int, *, day: date) -> Select[Order]:
    """Select the confirmed orders that get something of an offer, but for those of a day; by id."""
    wanted = select(OrderLine.order_id).where(OrderLine.offer_id == offer_id, OrderLine.quantity > 0)
    mine = select(Order).where(Order.id.in_(wanted), Order.state == OrderState.CONFIRMED)
    return mine.where(Order.pickup_date.is_distinct_from(day)).order_by(Order.id)


def lock_all(order_ids: Sequence[int]) -> None:
    """Lock orders in the order of their keys."""
    for part in chunks(sorted(order_ids), KEYS):
        locked = select(Order.id).where(Order.id.in_(part)).order_by(Order.id).with_for_update()
        db.session.execute(locked)
