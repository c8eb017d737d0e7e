"""Writing what was handed out."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert

from groupbuy.db import db
from groupbuy.pickup.models import LinePickup


def note_part(*, units: Mapping[int, int], now: datetime, actor: str) -> None:
    """Write down sale units by line id that are handed out while the rest of the order stays."""
    rows = [
        {"order_line_id": line_id, "units": count, "at": now, "actor": actor}
        for line_id, count in units.items()
    ]
    db.session.execute(insert(LinePickup), rows)
