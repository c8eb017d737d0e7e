"""Writing campaigns: the plan, its offers and its leaders."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select

from groupbuy.audit import service as audit
from groupbuy.campaigns.freight import check_freight
from groupbuy.campaigns.models import (
    Campaign,
    CampaignLeader,
    CampaignOffer,
    CampaignOfferLeader,
    MarketClosedDay,
)
from groupbuy.campaigns.recurrence import Recurrence
from groupbuy.campaigns.rules import is_safe_name
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """Everything about a campaign but its offers; times are local ``HH:MM``."""

    name: str
    recurrence: Recurrence
    opens: str = "08:00"
    closes: str = "22:00"
    open_days_before: int = 0
    pickup_days_after: int = 1
    description: str | None = None
    payment: str = "to_leader"
    surplus_policy: str = "surplus"
    leader_ids: tuple[int, ...] | None = None
    cap_orders: int | None = None
    cap_units: int | None = None
    cap_amount_fen: int | None = None
    min_orders: int | None = None
    min_amount_fen: int | None = None
    below_policy: str = "cancel"
    extend_minutes: int = 0
    max_extensions: int = 0
    review_above_fen: int | None = None
    unreviewed: str = "keep"
    freight_fen: int | None = None
    freight_free_from_fen: int | None = None
    freight_shared: bool = False


@dataclass(frozen=True, slots=True)
class OfferPlan:
    """One product of a campaign; prices in fen, quantities in sale units."""

    product_id: int
    price_fen: int
    list_price_fen: int | None = None
    limit_units: int | None = None
    per_buyer_limit: int | None = None
    min_units: int | None = None
    min_order_qty: int = 1
    multiple: int = 1
    below_policy: str = "cancel"
    leader_picks: bool = False
    prices: Mapping[int, int] = field(default_factory=dict)


def get_campaign(code: str) -> Campaign:
    """Return a campaign by code; raise NotFound."""
    campaign = db.session.scalar(select(Campaign).where(Campaign.code == code))
    if campaign is None:
        raise NotFound("unknown_campaign", f"There is no campaign {code}.")
    return campaign


def create_campaign(
    *, code: str, plan: CampaignPlan, offers: Sequence[OfferPlan], now: datetime, actor: str
) -> Campaign:
    """Make a draft; raise BadInput for what makes no sense, RuleBroken ``already_exists`` for its code."""
    if not is_safe_name(code):
        raise BadInput("code", "A code has letters, digits and - _ . only.", param="code")
    if db.session.scalar(select(Campaign.id).where(Campaign.code == code)) is not None:
        raise RuleBroken("already_exists", f"There is a campaign {code} already.", param="code")
    campaign = Campaign(code=code, name=plan.name, created_at=now, version=1)
    db.session.add(campaign)
    _apply(campaign, plan, offers)
    _log(campaign, "campaign_created", now, actor, after=_picture(plan))
    return campaign


def edit_campaign(
    *,
    campaign: Campaign,
    version: int,
    plan: CampaignPlan,
    offers: Sequence[OfferPlan],
    now: datetime,
    actor: str,
) -> None:
    """Change a campaign for its future rounds.

    Raise RuleBroken ``changed_meanwhile`` when somebody has saved another version since.
    """
    db.session.refresh(campaign, with_for_update=True)
    if campaign.version != version:
        raise RuleBroken("changed_meanwhile", "Somebody has changed this campaign since you opened it.")
    campaign.version += 1
    _apply(campaign, plan, offers)
    _log(campaign, "campaign_edited", now, actor, after=_picture(plan))


def publish(*, campaign: Campaign, now: datetime, actor: str) -> None:
    """Let the scheduler plan the campaign's rounds; raise RuleBroken ``no_offers`` for an empty one."""
    _move(campaign, "draft", "published", now, actor)
    if db.session.scalar(select(CampaignOffer.id).where(CampaignOffer.campaign_id == campaign.id)) is None:
        raise RuleBroken("no_offers", "A campaign needs at least one product before it is published.")


def end(*, campaign: Campaign, now: datetime, actor: str) -> None:
    """Plan no more rounds; rounds that are planned already stay."""
    _move(campaign, "published", "ended", now, actor)


def _move(campaign: Campaign, old: str, new: str, now: datetime, actor: str) -> None:
    db.session.refresh(campaign, with_for_update=True)
    if campaign.state != old:
        raise RuleBroken("wrong_state", f"Only a {old} campaign can be {new}; this one is {campaign.state}.")
    campaign.state = new
    campaign.version += 1
    db.session.flush()
    _log(campaign, f"campaign_{new}", now, actor, before={"state": old}, after={"state": new})


def close_market(*, day: date, reason: str | None) -> None:
    """Mark a day without cut-offs; rounds planned already stay."""
    db.session.merge(MarketClosedDay(day=day, reason=reason))
    db.session.flush()


_PLAN_FIELDS = tuple(f.name for f in fields(CampaignPlan) if f.name not in ("recurrence", "leader_ids"))
_OFFER_FIELDS = tuple(f.name for f in fields(OfferPlan) if f.name not in ("product_id", "prices"))


def _apply(campaign: Campaign, plan: CampaignPlan, offers: Sequence[OfferPlan]) -> None:
    _check(plan, offers)
    for name in _PLAN_FIELDS:
        setattr(campaign, name, getattr(plan, name))
    campaign.recurrence = plan.recurrence.to_json()
    campaign.all_leaders = plan.leader_ids is None
    db.session.flush()
    db.session.execute(delete(CampaignLeader).where(CampaignLeader.campaign_id == campaign.id))
    db.session.add_all(CampaignLeader(campaign_id=campaign.id, leader_id=i) for i in plan.leader_ids or ())
    _set_offers(campaign, offers)


def _set_offers(campaign: Campaign, offers: Sequence[OfferPlan]) -> None:
    known = db.session.scalars(select(CampaignOffer).where(CampaignOffer.campaign_id == campaign.id)).all()
    kept = {offer.product_id: offer for offer in known}
    for gone in kept.keys() - {offer.product_id for offer in offers}:
        mine = CampaignOfferLeader.campaign_offer_id == kept[gone].id
        db.session.execute(delete(CampaignOfferLeader).where(mine))
        db.session.delete(kept[gone])
    for sort, plan in enumerate(offers):
        offer = kept.get(plan.product_id) or CampaignOffer(
            campaign_id=campaign.id, product_id=plan.product_id
        )
        for name in _OFFER_FIELDS:
            setattr(offer, name, getattr(plan, name))
        offer.sort = sort
        db.session.add(offer)
        db.session.flush()
        for leader_id, price_fen in plan.prices.items():
            special = CampaignOfferLeader(
                campaign_offer_id=offer.id, leader_id=leader_id, offered=True, price_fen=price_fen
            )
            db.session.merge(special)
    db.session.flush()


def _check(plan: CampaignPlan, offers: Sequence[OfferPlan]) -> None:
    _require(bool(plan.name.strip()), "required", "A campaign needs a name.", "name")
    check_freight(
        plan.freight_fen, plan.freight_free_from_fen, shared=plan.freight_shared, payment=plan.payment
    )
    products = [offer.product_id for offer in offers]
    _require(len(set(products)) == len(products), "duplicate", "A product stands twice.", "offers")
    for place, offer in enumerate(offers):
        where = f"offers[{place}]"
        amounts = (offer.price_fen, offer.list_price_fen or 0, offer.limit_units or 0)
        _require(min(amounts) >= 0, "out_of_range", "Prices and limits are not negative.", where)
        least = (offer.min_order_qty, offer.multiple, offer.per_buyer_limit or 1, offer.min_units or 1)
        _require(min(least) >= 1, "out_of_range", "Quantities are at least 1.", where)


def _require(condition: bool, code: str, message: str, param: str) -> None:
    if not condition:
        raise BadInput(code, message, param=param)


def _picture(plan: CampaignPlan) -> dict[str, Any]:
    return asdict(plan) | {"recurrence": plan.recurrence.to_json(), "leader_ids": list(plan.leader_ids or ())}


def _log(
    campaign: Campaign,
    verb: str,
    now: datetime,
    actor: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        at=now,
        actor=actor,
        verb=verb,
        subject_kind="campaign",
        subject=campaign.code,
        before=before,
        after=after,
    )
