"""Who went without what did not come."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from groupbuy.db import Base


class ShortageAllocation(Base):
    """One decision who goes without what did not come (缺货分配), by one policy."""

    __tablename__ = "shortage_allocation"
    __table_args__ = (
        CheckConstraint(
            "policy IN ('first_come', 'pro_rata', 'equal_per_leader', 'fair_by_money')", name="policy"
        ),
        Index("ix_shortage_allocation_round", "round_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    policy: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]


class AllocatedOffer(Base):
    """An offer that a decision dealt with, once: units wanted, units there, units that lines lost."""

    __tablename__ = "allocated_offer"
    __table_args__ = (CheckConstraint("lost > 0 AND lost <= wanted", name="lost"),)

    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), primary_key=True, autoincrement=False)
    allocation_id: Mapped[int] = mapped_column(ForeignKey("shortage_allocation.id"), index=True)
    wanted: Mapped[int]
    there: Mapped[int]
    lost: Mapped[int]
