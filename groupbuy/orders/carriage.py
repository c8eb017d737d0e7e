"""Orders that their residents do not fetch: the leader brings them (送货上门), or a courier (快递)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, case, select

from groupbuy.db import db
from groupbuy.kernel.errors import BadInput
from groupbuy.orders.models import OrderCarriage

TO_DOOR, COURIER = "door", "courier"
MAX_CARRIER, MAX_TRACKING = 40, 40


def carriage_of(order_id: int) -> OrderCarriage | None:
    """Return how an order is brought, None where its resident fetches it."""
    return db.session.get(OrderCarriage, order_id)


def carriages_of(order_ids: Sequence[int]) -> Mapping[int, OrderCarriage]:
    """Return by id how those of some orders are brought that are not fetched."""
    rows = db.session.scalars(select(OrderCarriage).where(OrderCarriage.order_id.in_(order_ids)))
    return {row.order_id: row for row in rows}


def parcel() -> ColumnElement[str | None]:
    """Return a courier and its number, an empty text for the door, null for what is fetched.

    It is for a statement with an outer join of its carriage.
    """
    number = OrderCarriage.carrier + " " + OrderCarriage.tracking_no
    return case((OrderCarriage.way == TO_DOOR, ""), (OrderCarriage.way == COURIER, number))


def check_parcel(carrier: str, tracking_no: str) -> tuple[str, str]:
    """Return a courier and its number, trimmed; raise BadInput ``required``, ``too_long``."""
    for name, text, most in (
        ("carrier", carrier, MAX_CARRIER),
        ("tracking_no", tracking_no, MAX_TRACKING),
    ):
        if not text.strip() or not text.strip().isprintable():
            raise BadInput("required", "Say which courier has it under which number.", param=name)
        if len(text.strip()) > most:
            raise BadInput("too_long", f"At most {most} characters.", param=name)
    return carrier.strip(), tracking_no.strip()


def keep(order_id: int, way: str, now: datetime, *, carrier: str = "", tracking_no: str = "") -> bool:
    """Write down how a locked order is brought; False when it stands so already."""
    row = carriage_of(order_id)
    if row is not None and (row.way, row.carrier, row.tracking_no) == (way, carrier, tracking_no):
        return False
    if row is None:
        row = OrderCarriage(order_id=order_id)
        db.session.add(row)
    row.way, row.carrier, row.tracking_no, row.at = way, carrier, tracking_no, now
    db.session.flush()
    return True


def forget(order_id: int) -> bool:
    """Let the resident fetch a locked order again; False when nothing else was said."""
    row = carriage_of(order_id)
    if row is None:
        return False
    db.session.delete(row)
    db.session.flush()
    return True
