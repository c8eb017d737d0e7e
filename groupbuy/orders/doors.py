"""To which door an order's bag goes: the one that its resident had when it was placed.

Most residents never change doors, so an order says nothing about its own until its resident does: then
the former door is written down for the orders placed before.
"""

from typing import Any

from sqlalchemy import ColumnElement, case, delete, insert, literal, select

from groupbuy.db import db
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order, OrderDoor

_OWN = OrderDoor.order_id.is_not(None)


def keep_doors(resident: Resident) -> None:
    """Write down the present door for all orders of a resident that have none; call before it changes."""
    own = select(OrderDoor.order_id).where(OrderDoor.order_id == Order.id)
    orders: Any = select(Order.id, literal(resident.building), literal(resident.room)).where(
        Order.resident_id == resident.id, ~own.exists()
    )
    db.session.execute(insert(OrderDoor).from_select(["order_id", "building", "room"], orders))


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
    kept = db.session.get(OrderDoor, order.id)
    return (order.resident.building, order.resident.room) if kept is None else (kept.building, kept.room)
