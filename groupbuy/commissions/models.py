"""Commission rules, and what was booked for leaders."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from groupbuy.db import Base

_IN_FORCE = text("valid_to IS NULL")
_PENDING = text("kind = 'pending'")


class CommissionRule(Base):
    """One rate of the plan, in force from ``valid_from`` until another takes its place.

    ``target_id`` is the product, category, leader or level by ``scope``, 0 for the default.
    """

    __tablename__ = "commission_rule"
    __table_args__ = (
        CheckConstraint("scope IN ('product', 'category', 'leader', 'level', 'default')", name="scope"),
        Index(
            "uq_commission_rule_in_force",
            "scope",
            "target_id",
            unique=True,
            postgresql_where=_IN_FORCE,
            sqlite_where=_IN_FORCE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str]
    target_id: Mapped[int] = mapped_column(default=0)
    rate: Mapped[dict[str, Any]] = mapped_column(JSON)
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class CommissionEntry(Base):
    """What a leader earns: one pending row per round, and a row for each later change. Append-only."""

    __tablename__ = "commission_entry"
    __table_args__ = (
        Index(
            "uq_commission_entry_pending",
            "round_id",
            "leader_id",
            unique=True,
            postgresql_where=_PENDING,
            sqlite_where=_PENDING,
        ),
        Index("ix_commission_entry_leader", "leader_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"))
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("order_line.id"))
    kind: Mapped[str]
    base_fen: Mapped[int]
    amount_fen: Mapped[int]
    created_at: Mapped[datetime]
