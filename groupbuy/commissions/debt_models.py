"""What was done about a leader's debt: paid back by the leader, or written off."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.db import Base
from groupbuy.leaders.models import Leader


class DebtSettlement(Base):
    """An amount of a leader's debt in fen that was ``repaid``, or is ``written_off``.

    ``words`` are the proof of what was repaid, ``way`` how it came; of what is written off they are the
    reason. ``asked`` until a second person agrees to a large one, ``done`` once it is booked.
    """

    __tablename__ = "debt_settlement"
    __table_args__ = (
        CheckConstraint("deed IN ('repaid', 'written_off')", name="deed"),
        CheckConstraint("state IN ('asked', 'done', 'rejected')", name="state"),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("(deed = 'repaid') = (way IS NOT NULL)", name="way"),
        Index("ix_debt_settlement_leader", "leader_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"))
    deed: Mapped[str]
    way: Mapped[str | None]
    amount_fen: Mapped[int]
    words: Mapped[str]
    state: Mapped[str]
    submission_key: Mapped[str | None] = mapped_column(unique=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]

    leader: Mapped[Leader] = relationship()
