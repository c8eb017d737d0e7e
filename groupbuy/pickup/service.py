"""Writing what was handed out."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert, select

from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.orders.models import OrderLine
from groupbuy.pickup.models import LinePickup


def note_part(*, units: Mapping[int, int], now: datetime, actor: str) -> None:
    """Write down sale units by line id that are handed out while the rest of the order stays."""
    rows = [
        {"order_line_id": line_id, "units": count, "at": now, "actor": actor}
        for line_id, count in units.items()
    ]
    db.session.execute(insert(LinePickup), rows)


def take_back_part(*, order_id: int, at: datetime, now: datetime, actor: str) -> None:
    """Write down that the units of an order that were handed out at a moment have come back."""
    there = LinePickup.order_line_id.in_(select(OrderLine.id).where(OrderLine.order_id == order_id))
    gone = select(LinePickup.order_line_id, LinePickup.units).where(there, LinePickup.at == at)
    note_part(
        units={line_id: -units for line_id, units in db.session.execute(gone.where(LinePickup.units > 0))},
        now=now,
        actor=actor,
    )


def is_begun(order_id: int) -> bool:
    """Tell whether units of an order have been handed out as a part and have not come back."""
    mine = select(total(LinePickup.units)).join(OrderLine, OrderLine.id == LinePickup.order_line_id)
    return bool(db.session.scalar(mine.where(OrderLine.order_id == order_id)))
