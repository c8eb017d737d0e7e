"""To which door an order's bag goes: the one that its resident had when it was placed.

Most residents never change doors, so an order says nothing about its own until its resident does: then
the former door is written down for the orders placed before.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, delete, insert, literal, select

from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order, OrderDoor

_OWN = OrderDoor.order_id.is_not(None)


def keep_doors(resident: Resident) -> None:
    """Write down the present door for all orders of a resident that have none; call before it changes."""
    orders: Any = select(Order.id, literal(resident.building), literal(resident.room)).where(
        Order.resident_id == resident.id, ~_has_own()
    )
    db.session.execute(insert(OrderDoor).from_select(["order_id", "building", "room"], orders))


def keep_doors_of_many(resident_ids: Sequence[int]) -> None:
    """Do the same for many residents at once."""
    for part in chunks(resident_ids, KEYS):
        orders: Any = (
            select(Order.id, Resident.building, Resident.room)
            .join(Resident, Resident.id == Order.resident_id)
            .where(Order.resident_id.in_(part), ~_has_own())
        )
        db.session.execute(insert(OrderDoor).from_select(["order_id", "building", "room"], orders))


def _has_own() -> ColumnElement[bool]:
    return select(OrderDoor.order_id).where(OrderDoor.order_id == Order.id).exists()


def forget_doors(resident: Resident) -> None:
    """Forget the doors of the orders of a resident who leaves."""
    orders = select(Order.id).where(Order.resident_id == resident.id)
    db.session.execute(
        delete(OrderDoor).where(OrderDoor.order_id.in_(orders)).execution_options(synchronize_session=False)
    )


def building() -> ColumnElement[str | None]:
    """Return the building of an order in a statement with its resident and an outer join of its door."""
    return case((_OWN, OrderDoor.building), else_=Resident.building).label("building")


def room() -> ColumnElement[str | None]:
    """Return the room of an order in a statement with its resident and an outer join of its door."""
    return case((_OWN, OrderDoor.room), else_=Resident.room).label("room")


def door_of(order: Order) -> tuple[str | None, str | None]:
    """Return building and room of an order."""
    return doors_of([order])[order.id]


def doors_of(orders: Sequence[Order]) -> dict[int, tuple[str | None, str | None]]:
    """Return building and room of orders by id."""
    rows = db.session.scalars(select(OrderDoor).where(OrderDoor.order_id.in_([one.id for one in orders])))
    kept = {row.order_id: (row.building, row.room) for row in rows}
    return {one.id: kept.get(one.id, (one.resident.building, one.resident.room)) for one in orders}
