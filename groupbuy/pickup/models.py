"""Bags: what one resident of one leader carries home from a round."""

from sqlalchemy import ForeignKey, UniqueConstraint
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
