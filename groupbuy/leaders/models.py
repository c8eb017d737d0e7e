"""Leaders, their communities and pickup points."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
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
    """A level of leaders (团长等级), for commission; reached by a month's turnover, or given by hand only."""

    __tablename__ = "leader_level"
    __table_args__ = (CheckConstraint("min_month_fen >= 0", name="turnover"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    rank: Mapped[int] = mapped_column(default=0)
    min_month_fen: Mapped[int | None]


class LevelReview(Base):
    """A month, named by its first day, whose turnover has given leaders their levels."""

    __tablename__ = "level_review"

    month: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Leader(Base):
    """Who runs the group-buy of a community; ``address`` is the pickup point.

    The coordinates are those of the pickup point in millionths of a degree. ``state_reason`` is why the
    state is what it is, for the leader to read. ``bag_capacity`` is how many residents' bags the pickup point
    takes on a day, None for any number; ``door_fee_fen`` what bringing an order to the door costs, None where
    this leader does not. ``goods_from_min`` and ``goods_until_min`` are the minutes of the day between which
    the leader takes goods from a route, None for any time.
    """

    __tablename__ = "leader"
    __table_args__ = (
        CheckConstraint(
            "state IN ('applied', 'reviewed', 'active', 'suspended', 'exited', 'rejected')", name="state"
        ),
        CheckConstraint("(latitude_e6 IS NULL) = (longitude_e6 IS NULL)", name="place"),
        CheckConstraint("bag_capacity > 0", name="capacity"),
        CheckConstraint("door_fee_fen >= 0", name="door_fee"),
        CheckConstraint("goods_from_min >= 0 AND goods_from_min <= 1440", name="goods_from"),
        CheckConstraint(
            "goods_until_min <= 1440 AND goods_until_min > COALESCE(goods_from_min, 0)", name="goods_until"
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
    state_reason: Mapped[str | None]
    latitude_e6: Mapped[int | None]
    longitude_e6: Mapped[int | None]
    bag_capacity: Mapped[int | None]
    door_fee_fen: Mapped[int | None]
    goods_from_min: Mapped[int | None]
    goods_until_min: Mapped[int | None]
    agreement_version: Mapped[int | None]
    agreed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    community: Mapped[Community | None] = relationship()
    level: Mapped[LeaderLevel | None] = relationship()

    @property
    def goods_hours(self) -> str:
        """Return between which times goods are taken from a route: ``08:30–10:00``, empty for any time."""
        ends = [
            "" if one is None else f"{one // 60:02}:{one % 60:02}"
            for one in (self.goods_from_min, self.goods_until_min)
        ]
        return "–".join(ends) if any(ends) else ""


class LeaderLevelChange(Base):
    """The level that a leader had until a moment, None for no level; today's is the leader's own."""

    __tablename__ = "leader_level_change"
    __table_args__ = (Index("ix_leader_level_change_leader", "leader_id", "until"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"))
    level_id: Mapped[int | None] = mapped_column(ForeignKey("leader_level.id"))
    until: Mapped[datetime]


class LeaderHelper(Base):
    """An account that hands out goods for a leader (核销员), and its share of the leader's commission."""

    __tablename__ = "leader_helper"
    __table_args__ = (CheckConstraint("share_bp >= 0 AND share_bp <= 10000", name="share"),)

    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    share_bp: Mapped[int] = mapped_column(default=0, server_default="0")


class LeaderApplication(Base):
    """What somebody wrote to become a leader; applying again replaces it."""

    __tablename__ = "leader_application"

    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True, autoincrement=False)
    community: Mapped[str]
    why: Mapped[str]
    consent_version: Mapped[str]
    applied_at: Mapped[datetime]


class LeaderAgreement(Base):
    """A version of what leaders agree to; the highest is in force. Never changed once it is stored."""

    __tablename__ = "leader_agreement"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]
    created_at: Mapped[datetime]


class LeaderReferral(Base):
    """Who brought a leader; never the leader itself, and no circle (``referring.refer`` sees to it)."""

    __tablename__ = "leader_referral"
    __table_args__ = (CheckConstraint("leader_id <> referrer_id", name="other"),)

    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True, autoincrement=False)
    referrer_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), index=True)
    at: Mapped[datetime]

    referrer: Mapped[Leader] = relationship(foreign_keys=[referrer_id])


class LeaderTarget(Base):
    """The turnover that a leader wants to reach in a month, in fen; ``month`` is its first day."""

    __tablename__ = "leader_target"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="amount"),)

    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    amount_fen: Mapped[int]


class LeaderRestDay(Base):
    """A pickup day on which a leader hands out nothing (休息日): it takes no part in rounds of that day."""

    __tablename__ = "leader_rest_day"

    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
