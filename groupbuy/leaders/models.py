"""Leaders, their communities and pickup points."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.db import Base


class Community(Base):
    """A residential community (小区)."""

    __tablename__ = "community"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str | None]
    latitude_e6: Mapped[int | None]
    longitude_e6: Mapped[int | None]


class LeaderLevel(Base):
    """A level of leaders (团长等级), for commission and targets."""

    __tablename__ = "leader_level"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    rank: Mapped[int] = mapped_column(default=0)


class Leader(Base):
    """Who runs the group-buy of a community; ``address`` is the pickup point."""

    __tablename__ = "leader"
    __table_args__ = (
        CheckConstraint(
            "state IN ('applied', 'reviewed', 'active', 'suspended', 'exited', 'rejected')", name="state"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str]
    phone: Mapped[str]
    email: Mapped[str | None]
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id"), index=True)
    address: Mapped[str | None]
    route: Mapped[str | None]
    level_id: Mapped[int | None] = mapped_column(ForeignKey("leader_level.id"))
    pickup_hours: Mapped[str] = mapped_column(default="16:00–20:00")
    state: Mapped[str] = mapped_column(default="active")
    created_at: Mapped[datetime]

    community: Mapped[Community | None] = relationship()
    level: Mapped[LeaderLevel | None] = relationship()


class LeaderHelper(Base):
    """An account that hands out goods for a leader (核销员)."""

    __tablename__ = "leader_helper"

    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)


class LeaderRestDay(Base):
    """A pickup day on which a leader hands out nothing (休息日): it takes no part in rounds of that day."""

    __tablename__ = "leader_rest_day"

    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
