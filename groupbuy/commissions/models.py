"""Commission rules, what was booked for leaders, and what is paid out to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.accounts.models import Account
from groupbuy.db import Base
from groupbuy.leaders.models import Leader

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
        Index("ix_commission_entry_created", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"))
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("order_line.id"))
    kind: Mapped[str]
    base_fen: Mapped[int]
    amount_fen: Mapped[int]
    created_at: Mapped[datetime]


class CommissionStanding(Base):
    """How much of a leader's commission in a round the ledger has booked, each figure a sum so far in fen.

    ``taken_fen`` is what belongs to orders picked up, ``settled_fen`` what belongs to those whose after-sale
    window is over: picked up until ``settled_until``. ``version`` counts the bookings.
    """

    __tablename__ = "commission_standing"
    __table_args__ = (Index("ix_commission_standing_leader", "leader_id"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True)
    accrued_fen: Mapped[int] = mapped_column(default=0)
    taken_fen: Mapped[int] = mapped_column(default=0)
    settled_fen: Mapped[int] = mapped_column(default=0)
    settled_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=0)


class HelperShare(Base):
    """A helper's share of what a leader earns in a round, in basis points as agreed at its close.

    ``settled_fen`` is what the ledger has booked so far, out of the leader's settled commission.
    """

    __tablename__ = "helper_share"
    __table_args__ = (CheckConstraint("share_bp > 0", name="share"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, index=True)
    share_bp: Mapped[int]
    settled_fen: Mapped[int] = mapped_column(default=0)


class HelperPayment(Base):
    """What a leader has paid a helper outside the platform, in fen; it counts once the helper confirms it.

    ``proof`` is how it was paid: the number of a transfer, or in cash.
    """

    __tablename__ = "helper_payment"
    __table_args__ = (
        CheckConstraint("state IN ('noted', 'confirmed', 'denied')", name="state"),
        CheckConstraint("amount_fen > 0", name="amount"),
        Index("ix_helper_payment_leader", "leader_id", "account_id"),
        Index("ix_helper_payment_account", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    state: Mapped[str]
    amount_fen: Mapped[int]
    proof: Mapped[str]
    submission_key: Mapped[str | None] = mapped_column(unique=True)
    noted_at: Mapped[datetime]
    noted_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]

    leader: Mapped[Leader] = relationship()
    account: Mapped[Account] = relationship()


class CampaignBonus(Base):
    """A fixed amount for each leader who reaches a target in a round of a campaign, in fen.

    ``target`` is fen of turnover or sale units. It holds for rounds that open from ``valid_from`` on, until
    ``valid_to``.
    """

    __tablename__ = "campaign_bonus"
    __table_args__ = (
        CheckConstraint("measure IN ('turnover', 'units')", name="measure"),
        CheckConstraint("target > 0 AND bonus_fen > 0", name="amounts"),
        Index("ix_campaign_bonus_campaign", "campaign_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    measure: Mapped[str]
    target: Mapped[int]
    bonus_fen: Mapped[int]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class CommissionExtra(Base):
    """What a leader earns beside the commission of its own lines, as agreed at the close of a round.

    ``referral`` and ``referral_2`` are basis points of each line that ``seller`` has sold; ``bonus`` is a
    fixed amount once the seller's lines reach a target, ``bonus_id`` 0 for the others. The three sums are
    what the ledger has booked so far, in fen; pick-ups count as settled until ``settled_until``.
    """

    __tablename__ = "commission_extra"
    __table_args__ = (
        UniqueConstraint("round_id", "seller_id", "kind", "bonus_id"),
        CheckConstraint("kind IN ('referral', 'referral_2', 'bonus')", name="kind"),
        CheckConstraint("(kind = 'bonus') = (leader_id = seller_id)", name="earner"),
        Index("ix_commission_extra_leader", "leader_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    seller_id: Mapped[int] = mapped_column(ForeignKey("leader.id"))
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"))
    kind: Mapped[str]
    rate_bp: Mapped[int] = mapped_column(default=0)
    bonus_id: Mapped[int] = mapped_column(default=0)
    measure: Mapped[str | None]
    target: Mapped[int] = mapped_column(default=0)
    bonus_fen: Mapped[int] = mapped_column(default=0)
    accrued_fen: Mapped[int] = mapped_column(default=0)
    taken_fen: Mapped[int] = mapped_column(default=0)
    settled_fen: Mapped[int] = mapped_column(default=0)
    settled_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=0)

    seller: Mapped[Leader] = relationship(foreign_keys=[seller_id])


class SettlementClock(Base):
    """When commissions were settled last, and pick-ups until when; one row, claimed by who settles next."""

    __tablename__ = "settlement_clock"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    settled_at: Mapped[datetime]
    settled_until: Mapped[datetime]


class Withdrawal(Base):
    """What a leader wants paid out of settled commission, in fen; fee and tax come off the amount.

    ``payee`` is the account it goes to, as the leader wrote it. ``month`` is that of the books in which it
    was asked for, for the tax.
    """

    __tablename__ = "withdrawal"
    __table_args__ = (
        CheckConstraint(
            "state IN ('asked', 'checked', 'approved', 'sending', 'rejected', 'paid')", name="state"
        ),
        CheckConstraint("amount_fen > 0 AND fee_fen >= 0 AND tax_fen >= 0", name="amounts"),
        CheckConstraint("fee_fen + tax_fen <= amount_fen", name="net"),
        CheckConstraint("method IN ('wechat', 'alipay', 'bank')", name="method"),
        Index("ix_withdrawal_leader", "leader_id", "month"),
        Index("ix_withdrawal_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"))
    state: Mapped[str]
    amount_fen: Mapped[int]
    fee_fen: Mapped[int]
    tax_fen: Mapped[int]
    month: Mapped[str]
    method: Mapped[str]
    payee: Mapped[str]
    payee_name: Mapped[str]
    submission_key: Mapped[str | None] = mapped_column(unique=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    checked_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
    paid_at: Mapped[datetime | None]
    paid_by: Mapped[str | None]
    proof: Mapped[str | None]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("payout_batch.id"), index=True)

    leader: Mapped[Leader] = relationship()

    @property
    def net_fen(self) -> int:
        """Return what reaches the leader."""
        return self.amount_fen - self.fee_fen - self.tax_fen


class PayoutBatch(Base):
    """Approved withdrawals that go to the bank in one file."""

    __tablename__ = "payout_batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    payouts: Mapped[int]
    net_fen: Mapped[int]
