"""Campaigns (the plan) and rounds (one opening of it) with their offers and stock."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.catalog.models import Product
from groupbuy.db import Base

PAYMENTS = ("to_leader", "prepaid")


def _terms_checks() -> tuple[CheckConstraint, ...]:
    """Return fresh constraints; one constraint belongs to one table."""
    return (
        CheckConstraint("payment IN ('to_leader', 'prepaid')", name="payment"),
        CheckConstraint("surplus_policy IN ('surplus', 'shortfall')", name="surplus_policy"),
        CheckConstraint("below_policy IN ('cancel', 'extend')", name="below_policy"),
        CheckConstraint("unreviewed IN ('keep', 'cancel')", name="unreviewed"),
        CheckConstraint("freight_fen > 0 AND freight_free_from_fen > 0", name="freight"),
    )


class Terms:
    """What a campaign hands to each of its rounds.

    ``cap_*`` end a round early when full; ``min_*`` are the round's own thresholds; a round below a
    threshold with the policy ``extend`` is prolonged ``extend_minutes`` at most ``max_extensions`` times.
    Orders of ``review_above_fen`` and more wait for an operator (订单审核), none where it is null; what
    becomes at the close of those that nobody looked at is ``unreviewed``.
    ``freight_fen`` (运费) is paid with each order below ``freight_free_from_fen`` of goods, or, where it is
    ``freight_shared``, what a delivery to a leader costs, shared over that leader's orders at the close.
    """

    payment: Mapped[str] = mapped_column(default="to_leader")
    surplus_policy: Mapped[str] = mapped_column(default="surplus")
    all_leaders: Mapped[bool] = mapped_column(default=True)
    cap_orders: Mapped[int | None]
    cap_units: Mapped[int | None]
    cap_amount_fen: Mapped[int | None]
    min_orders: Mapped[int | None]
    min_amount_fen: Mapped[int | None]
    below_policy: Mapped[str] = mapped_column(default="cancel")
    extend_minutes: Mapped[int] = mapped_column(default=0)
    max_extensions: Mapped[int] = mapped_column(default=0)
    review_above_fen: Mapped[int | None]
    unreviewed: Mapped[str] = mapped_column(default="keep", server_default="keep")
    freight_fen: Mapped[int | None]
    freight_free_from_fen: Mapped[int | None]
    freight_shared: Mapped[bool] = mapped_column(default=False, server_default=false())


class OfferTerms:
    """What an offer is sold for and within which limits, in fen and sale units."""

    per_buyer_limit: Mapped[int | None]
    min_units: Mapped[int | None]
    min_order_qty: Mapped[int] = mapped_column(default=1)
    multiple: Mapped[int] = mapped_column(default=1)
    below_policy: Mapped[str] = mapped_column(default="cancel")
    sort: Mapped[int] = mapped_column(default=0)


class Campaign(Terms, Base):
    """The plan: products, leaders and recurrence. Editing it changes future rounds only."""

    __tablename__ = "campaign"
    __table_args__ = (
        *_terms_checks(),
        CheckConstraint("state IN ('draft', 'published', 'ended')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="draft")
    version: Mapped[int] = mapped_column(default=1)
    recurrence: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    opens: Mapped[str] = mapped_column(default="08:00")
    closes: Mapped[str] = mapped_column(default="22:00")
    open_days_before: Mapped[int] = mapped_column(default=0)
    pickup_days_after: Mapped[int] = mapped_column(default=1)
    planned_until: Mapped[date | None]
    created_at: Mapped[datetime]


class CampaignLeader(Base):
    """A leader chosen for a campaign that is not for all."""

    __tablename__ = "campaign_leader"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True)


class CampaignOffer(OfferTerms, Base):
    """A product of a campaign's plan; with ``leader_picks`` only leaders who picked it have it."""

    __tablename__ = "campaign_offer"
    __table_args__ = (
        UniqueConstraint("campaign_id", "product_id"),
        CheckConstraint("price_fen >= 0", name="price"),
        CheckConstraint("limit_units IS NULL OR limit_units >= 0", name="limit"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    price_fen: Mapped[int]
    list_price_fen: Mapped[int | None]
    limit_units: Mapped[int | None]
    leader_picks: Mapped[bool] = mapped_column(default=False)


class CampaignOfferLeader(Base):
    """How one leader's community has an offer: whether at all, and at which price."""

    __tablename__ = "campaign_offer_leader"

    campaign_offer_id: Mapped[int] = mapped_column(ForeignKey("campaign_offer.id"), primary_key=True)
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True)
    offered: Mapped[bool] = mapped_column(default=True)
    price_fen: Mapped[int | None]


class MarketClosedDay(Base):
    """A day without a cut-off (休市)."""

    __tablename__ = "market_closed_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    reason: Mapped[str | None]


class Round(Terms, Base):
    """One opening of a campaign, with its own snapshot. The window is ``[opens_at, closes_at)``.

    ``epoch`` grows with each claim of the close; ``lease`` fences the worker that does it.
    """

    __tablename__ = "round"
    __table_args__ = (
        *_terms_checks(),
        CheckConstraint("opens_at < closes_at", name="window"),
        Index("ix_round_due", "state", "closes_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    number: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default="scheduled")
    epoch: Mapped[int] = mapped_column(default=0)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    pickup_date: Mapped[date]
    extensions: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    closing_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    lease: Mapped[str | None]
    lease_until: Mapped[datetime | None]

    campaign: Mapped[Campaign] = relationship()


class RoundLeader(Base):
    """Whether a leader takes part in a round, where that differs from the round's ``all_leaders``."""

    __tablename__ = "round_leader"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True)
    takes_part: Mapped[bool] = mapped_column(default=True)


class Offer(OfferTerms, Base):
    """A product in a round (参团商品). What was agreed is in its versions, what is left in its stock."""

    __tablename__ = "offer"
    __table_args__ = (
        UniqueConstraint("round_id", "product_id"),
        CheckConstraint("state IN ('active', 'below_threshold', 'withdrawn')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"))
    state: Mapped[str] = mapped_column(default="active")
    version_no: Mapped[int] = mapped_column(default=1)
    leader_picks: Mapped[bool] = mapped_column(default=False)

    product: Mapped[Product] = relationship()


class OfferVersion(Base):
    """What was offered at one time: never changed, so that an order line can point at it.

    ``price_fen`` is per sale unit. Of weighed goods it is the estimate for a piece of about ``est_grams``,
    which costs ``basis_price_fen`` per ``price_basis_g``; without those three a price is fixed.
    """

    __tablename__ = "offer_version"
    __table_args__ = (
        UniqueConstraint("offer_id", "number"),
        CheckConstraint("price_fen >= 0", name="price"),
        CheckConstraint(
            "(est_grams IS NULL AND price_basis_g IS NULL AND basis_price_fen IS NULL)"
            " OR (est_grams > 0 AND price_basis_g > 0 AND basis_price_fen >= 0)",
            name="weight",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    number: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    spec: Mapped[str | None]
    unit: Mapped[str]
    price_fen: Mapped[int]
    list_price_fen: Mapped[int | None]
    cost_fen: Mapped[int]
    case_size: Mapped[int]
    basis_price_fen: Mapped[int | None]
    price_basis_g: Mapped[int | None]
    est_grams: Mapped[int | None]

    @property
    def quoted_fen(self) -> int:
        """Return the price as an operator sets it: per sale unit, of weighed goods per ``price_basis_g``."""
        return self.price_fen if self.basis_price_fen is None else self.basis_price_fen


class OfferLeader(Base):
    """How one leader's community has an offer of a round."""

    __tablename__ = "offer_leader"

    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), primary_key=True)
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True)
    offered: Mapped[bool] = mapped_column(default=True)
    price_fen: Mapped[int | None]


class OfferStock(Base):
    """The narrow row every sale updates; ``sealed`` is the cut-off, set by closing or cancelling."""

    __tablename__ = "offer_stock"
    __table_args__ = (
        CheckConstraint("sold >= 0", name="sold"),
        CheckConstraint("limit_units IS NULL OR sold <= limit_units", name="not_oversold"),
    )

    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), primary_key=True)
    sold: Mapped[int] = mapped_column(default=0)
    limit_units: Mapped[int | None]
    sealed: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class OfferBuyer(Base):
    """How much of an offer with a per-buyer limit a resident has taken."""

    __tablename__ = "offer_buyer"
    __table_args__ = (CheckConstraint("units >= 0", name="units"),)

    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"), primary_key=True)
    units: Mapped[int]
