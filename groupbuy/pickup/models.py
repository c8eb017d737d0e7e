"""Bags, and what was handed out while the rest of an order stayed open."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from groupbuy.db import Base


class Bag(Base):
    """The bag of a resident with several orders in a round; it has a code of its own.

    The bag of a single order needs no row: the order's pickup code serves.
    """

    __tablename__ = "bag"
    __table_args__ = (UniqueConstraint("leader_id", "code"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"), primary_key=True)
    code: Mapped[str]


class LinePickup(Base):
    """Sale units of a line that were handed out while the rest of its order stayed open. Append-only.

    What goes with the whole order, or with the last of it, has no row: the order's state says it.
    """

    __tablename__ = "line_pickup"
    __table_args__ = (CheckConstraint("units > 0", name="units"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    units: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str]
