"""A leader's own products and prices reach the rounds to come that nobody has ordered from."""

from collections.abc import Collection, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from groupbuy.audit.actor import Actor
from groupbuy.campaigns import leader_terms
from groupbuy.campaigns.leader_terms import Own
from groupbuy.campaigns.models import Campaign, CampaignOffer, CampaignOfferLeader
from groupbuy.commissions import floors
from groupbuy.db import db
from groupbuy.flows import planning
from groupbuy.leaders.models import Leader


def set_terms(
    *,
    campaign: Campaign,
    leader: Leader,
    version: str | None,
    terms: Mapping[str, Own],
    now: datetime,
    zone: ZoneInfo,
    actor: Actor,
) -> list[str]:
    """Set a leader's own terms; return the rounds made anew.

    Raise as ``leader_terms.set_terms`` does, BadInput ``below_commission`` for a new price below the
    leader's commission per unit.
    """
    former = _own_prices(campaign, leader)
    leader_terms.set_terms(
        campaign=campaign, leader=leader, version=version, terms=terms, now=now, actor=actor.name
    )
    prices = _own_prices(campaign, leader).items() - former.items()
    floors.check_prices(dict(prices), leader=leader)
    return planning.replan(campaign=campaign, now=now, zone=zone)


def _own_prices(campaign: Campaign, leader: Leader) -> dict[int, int]:
    """Return the prices by product that the leader has for its own."""
    mine = CampaignOfferLeader.leader_id == leader.id, CampaignOffer.campaign_id == campaign.id
    rows = db.session.execute(
        select(CampaignOffer.product_id, CampaignOfferLeader.price_fen)
        .join(CampaignOffer, CampaignOffer.id == CampaignOfferLeader.campaign_offer_id)
        .where(*mine, CampaignOfferLeader.price_fen.is_not(None))
    )
    return {product_id: price_fen or 0 for product_id, price_fen in rows}


def pick_products(
    *,
    campaign: Campaign,
    leader: Leader,
    version: str | None,
    product_codes: Collection[str],
    now: datetime,
    zone: ZoneInfo,
    actor: Actor,
) -> list[str]:
    """Pick products for a community; return the rounds made anew. Raise as ``leader_terms.pick`` does."""
    leader_terms.pick(
        campaign=campaign,
        leader=leader,
        version=version,
        product_codes=product_codes,
        now=now,
        actor=actor.name,
    )
    return planning.replan(campaign=campaign, now=now, zone=zone)
