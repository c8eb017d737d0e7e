"""Bags, parts that were handed out, what phones without a connection handed out, and what nobody fetched."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from groupbuy.db import Base

_NOT_PROPOSED = text("proposed_at IS NULL")


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

    What goes with the whole order, or with the last of it, has no row: the order's state says it. What
    comes back because it was handed out by mistake has a row with minus as many units.
    """

    __tablename__ = "line_pickup"
    __table_args__ = (CheckConstraint("units != 0", name="units"),)

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
    """What followed by itself at a stop of a leader's day: reminder, warning of perishables, confirmation."""

    __tablename__ = "pickup_follow_up"

    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    tour: Mapped[int] = mapped_column(primary_key=True, default=1, server_default="1")
    reminded_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]


class OrderAside(Base):
    """An order that is kept aside (留货) for its resident: to the end of a day, ``until`` in UTC.

    Until then it is neither confirmed by itself nor disposed of.
    """

    __tablename__ = "order_aside"

    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), primary_key=True, autoincrement=False)
    day: Mapped[date]
    until: Mapped[datetime]
    note: Mapped[str | None]
    at: Mapped[datetime]
    actor: Mapped[str]


class PerishableLine(Base):
    """A line of perishables whose resident was warned that they may be disposed of from ``due_at`` on.

    ``refund`` is the rule that the resident was told: whether what they cost is paid back then. What was
    ``disposed`` of are ``units``, for ``amount_fen`` back; what was ``left`` stays to be fetched.
    """

    __tablename__ = "perishable_line"
    __table_args__ = (
        CheckConstraint("decision IN ('disposed', 'left')", name="decision"),
        CheckConstraint("units >= 0 AND (decision = 'disposed' OR units = 0)", name="units"),
        CheckConstraint("amount_fen >= 0 AND (refund OR amount_fen = 0)", name="amount"),
        Index("ix_perishable_line_due", "due_at", postgresql_where=_NOT_PROPOSED, sqlite_where=_NOT_PROPOSED),
    )

    order_line_id: Mapped[int] = mapped_column(
        ForeignKey("order_line.id"), primary_key=True, autoincrement=False
    )
    refund: Mapped[bool]
    due_at: Mapped[datetime]
    warned_at: Mapped[datetime]
    proposed_at: Mapped[datetime | None]
    decision: Mapped[str | None]
    units: Mapped[int] = mapped_column(default=0)
    amount_fen: Mapped[int] = mapped_column(default=0)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
