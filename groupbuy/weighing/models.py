"""What lines weigh, and when their weights were settled."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from groupbuy.db import Base


class WeightSettlement(Base):
    """One settling of a round's weights (多退少补): lines, fen charged more and fen given back."""

    __tablename__ = "weight_settlement"
    __table_args__ = (
        CheckConstraint("more_fen >= 0 AND less_fen >= 0", name="amounts"),
        Index("ix_weight_settlement_round", "round_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    lines: Mapped[int]
    more_fen: Mapped[int]
    less_fen: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str]


class LineWeight(Base):
    """What a line weighed at one time. Append-only but for its settlement: the highest number holds.

    ``quantity`` is how many sale units lay on the scale; a line that has fewer since is weighed anew.
    """

    __tablename__ = "line_weight"
    __table_args__ = (
        UniqueConstraint("order_line_id", "number"),
        CheckConstraint("grams > 0 AND quantity > 0 AND number > 0", name="weight"),
        CheckConstraint("source IN ('typed', 'scale', 'file')", name="source"),
        Index("ix_line_weight_settlement", "settlement_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    number: Mapped[int]
    quantity: Mapped[int]
    grams: Mapped[int]
    source: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    settlement_id: Mapped[int | None] = mapped_column(ForeignKey("weight_settlement.id"))
