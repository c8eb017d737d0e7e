"""What happened to a round beside its states: its goods late, people told, put into the archive."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.campaigns.models import Round
from groupbuy.db import Base


class RoundDelay(Base):
    """A round's goods come late: the pickup day before and after, and why. Append-only."""

    __tablename__ = "round_delay"
    __table_args__ = (Index("ix_round_delay_round", "round_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    former_date: Mapped[date]
    pickup_date: Mapped[date]
    reason: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]


class RoundTold(Base):
    """A round of which people have been told that it opened, or that it closes soon."""

    __tablename__ = "round_told"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True, autoincrement=False)
    event: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class RoundArchive(Base):
    """An old round that was looked at: archived, or what it ``waits_for``, words joined by spaces.

    ``orders`` and ``rows`` are how many were moved.
    """

    __tablename__ = "round_archive"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True, autoincrement=False)
    looked_at: Mapped[datetime]
    waits_for: Mapped[str] = mapped_column(default="")
    archived_at: Mapped[datetime | None]
    actor: Mapped[str | None]
    orders: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(default=0)

    round: Mapped[Round] = relationship()
