"""Cash handed over by leaders, money paid back to residents, and what is owed on orders."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.db import Base
from groupbuy.leaders.models import Leader


class CashHandover(Base):
    """Residents' money that a leader has handed to the operator, in fen; it counts once confirmed."""

    __tablename__ = "cash_handover"
    __table_args__ = (
        CheckConstraint("state IN ('handed', 'confirmed', 'rejected')", name="state"),
        CheckConstraint("amount_fen > 0", name="amount"),
        Index("ix_cash_handover_leader", "leader_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"))
    state: Mapped[str]
    amount_fen: Mapped[int]
    note: Mapped[str | None]
    submission_key: Mapped[str | None] = mapped_column(unique=True)
    handed_at: Mapped[datetime]
    handed_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]

    leader: Mapped[Leader] = relationship()


class Refund(Base):
    """Money paid back on an order, to the wallet or as cash by the leader, in fen. Append-only."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("target IN ('wallet', 'cash')", name="target"),
        Index("ix_refund_order", "order_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"))
    target: Mapped[str]
    amount_fen: Mapped[int]
    reason: Mapped[str]
    submission_key: Mapped[str | None] = mapped_column(unique=True)
    at: Mapped[datetime]
    actor: Mapped[str]


class OrderBooks(Base):
    """How much of an order the ledger has booked as sold and as owed back, each a sum so far in fen."""

    __tablename__ = "order_books"

    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), primary_key=True, autoincrement=False)
    sold_fen: Mapped[int] = mapped_column(default=0)
    owed_fen: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)
