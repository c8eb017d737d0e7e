"""A leader's own products and prices reach the rounds to come that nobody has ordered from."""

from collections.abc import Collection, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.audit.actor import Actor
from groupbuy.campaigns import leader_terms
from groupbuy.campaigns.leader_terms import Own
from groupbuy.campaigns.models import Campaign
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
    """Set a leader's own terms; return the rounds made anew. Raise as ``leader_terms.set_terms`` does."""
    leader_terms.set_terms(
        campaign=campaign, leader=leader, version=version, terms=terms, now=now, actor=actor.name
    )
    return planning.replan(campaign=campaign, now=now, zone=zone)


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
