"""Bags, parts that were handed out, and what phones without a connection handed out."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from groupbuy.db import Base


class Bag(Base):
    """The bag of a resident with several orders of a pickup day; it has a code of its own.

    They may be of several rounds. The bag of a single order needs no row: the order's pickup code serves.
    """

    __tablename__ = "bag"
    __table_args__ = (UniqueConstraint("leader_id", "code"),)

    day: Mapped[date] = mapped_column(primary_key=True)
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


class PickupEvent(Base):
    """What a phone handed out while it had no connection, sent later: kept once, whatever became of it.

    ``event_id`` is the phone's own; ``happened_at`` is its clock, ``received_at`` the server's. ``parts``
    holds ``[product_code, units]`` pairs, null for all that was left. ``code`` says why an event could
    not be booked; ``decision`` what somebody found out about it.
    """

    __tablename__ = "pickup_event"
    __table_args__ = (
        CheckConstraint("outcome IN ('done', 'conflict', 'settled')", name="outcome"),
        CheckConstraint("decision IN ('gone', 'here')", name="decision"),
        Index("ix_pickup_event_open", "leader_id", "outcome"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(unique=True)
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"))
    order_no: Mapped[str]
    parts: Mapped[list[list[Any]] | None] = mapped_column(JSON(none_as_null=True))
    reason: Mapped[str | None]
    happened_at: Mapped[datetime]
    received_at: Mapped[datetime]
    actor: Mapped[str]
    outcome: Mapped[str]
    code: Mapped[str | None]
    message: Mapped[str | None]
    decision: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]


class PickupFollowUp(Base):
    """What followed by itself on a leader's day: the reminder, and the confirmation of the rest."""

    __tablename__ = "pickup_follow_up"

    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    reminded_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
