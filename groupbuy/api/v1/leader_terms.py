"""What one leader's community has of a campaign: an operator sets products and prices, a leader picks."""

from typing import Annotated, Any

from flask import current_app
from pydantic import Field

from groupbuy.api.v1.campaign_shapes import Money
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.rest_days import own_leader
from groupbuy.api.v1.shapes import Code, Json, Shape
from groupbuy.campaigns import leader_terms, service
from groupbuy.campaigns.leader_terms import LeaderTerm, Own
from groupbuy.campaigns.models import Campaign
from groupbuy.config import Settings
from groupbuy.flows import picking
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, NotFound
from groupbuy.leaders.models import Leader
from groupbuy.leaders.queries import get_leader

TERMS = "/campaigns/<code>/leaders/<leader_code>/terms"
PICKS = "/leaders/<code>/picks"
Version = Annotated[Text, Field(min_length=1, max_length=40)]


class TermWish(Body):
    """A product's own terms; null is as the campaign has it."""

    product_code: Code
    offered: bool | None = None
    price_fen: Money | None = None


class TermsWish(Body):
    """All own terms of a leader, under the version that was read; others are as the campaign has them."""

    version: Version
    terms: Annotated[list[TermWish], Field(max_length=2000)]


class PicksWish(Body):
    """The products that the leader's community shall have, under the version that was read."""

    version: Version
    product_codes: Annotated[list[Code], Field(max_length=2000)]


class TermShape(Shape):
    """A product as a leader's community has it; ``own_price_fen`` null is the campaign's price."""

    product_code: str
    name: str
    spec: str | None
    price_fen: int
    own_price_fen: int | None
    offered: bool
    leader_picks: bool


class TermsShape(Shape):
    """A leader's terms in a campaign; ``version`` goes back with a change."""

    campaign: str
    leader_code: str
    version: str
    products: list[TermShape]


class PickableCampaign(Shape):
    """A campaign whose products leaders choose."""

    campaign: str
    name: str


class PickableCampaigns(Shape):
    """The campaigns to come of whose products a leader may choose, by name."""

    items: list[PickableCampaign]


@endpoint("GET", TERMS, scope="campaigns:write", answers={200: TermsShape})
def show_leader_terms(identity: Identity, code: str, leader_code: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show what a leader's community has of a campaign."""
    return 200, _terms(service.get_campaign(code), get_leader(leader_code))


@endpoint("PUT", TERMS, scope="campaigns:write", body=TermsWish, answers={200: TermsShape})
def set_leader_terms(identity: Identity, code: str, leader_code: str, body: TermsWish) -> tuple[int, Any]:
    """Give a leader own products and prices in future rounds of a campaign."""
    campaign, leader = service.get_campaign(code), get_leader(leader_code)
    picking.set_terms(
        campaign=campaign,
        leader=leader,
        version=body.version,
        terms=_wanted(body.terms),
        now=utc_now(),
        zone=_settings().timezone,
        actor=identity.actor,
    )
    return 200, _terms(campaign, leader)


@endpoint("GET", PICKS, scope="people:read", roles=("operator", "leader"), answers={200: PickableCampaigns})
def list_pickable_campaigns(identity: Identity, code: str) -> tuple[int, Any]:
    """List the campaigns of whose products a leader may choose."""
    found = leader_terms.pickable_campaigns(own_leader(identity, code))
    return 200, {"items": [{"campaign": one.code, "name": one.name} for one in found]}


@endpoint(
    "GET",
    f"{PICKS}/<campaign_code>",
    scope="people:read",
    roles=("operator", "leader"),
    answers={200: TermsShape},
)
def show_picks(identity: Identity, code: str, campaign_code: str) -> tuple[int, Any]:
    """Show the products of a campaign as the leader's community has them."""
    leader = own_leader(identity, code)
    return 200, _terms(_pickable(leader, campaign_code), leader)


@endpoint("PUT", f"{PICKS}/<campaign_code>", scope="leaders:write", body=PicksWish, answers={200: TermsShape})
def pick_products(identity: Identity, code: str, campaign_code: str, body: PicksWish) -> tuple[int, Any]:
    """Choose products for the leader's community in future rounds; prices are not the leader's to set."""
    leader = own_leader(identity, code)
    campaign = _pickable(leader, campaign_code)
    picking.pick_products(
        campaign=campaign,
        leader=leader,
        version=body.version,
        product_codes=body.product_codes,
        now=utc_now(),
        zone=_settings().timezone,
        actor=identity.actor,
    )
    return 200, _terms(campaign, leader)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["groupbuy_settings"]
    return settings


def _pickable(leader: Leader, code: str) -> Campaign:
    for campaign in leader_terms.pickable_campaigns(leader):
        if campaign.code == code:
            return campaign
    raise NotFound("unknown_campaign", f"There is no campaign {code}.")


def _wanted(wishes: list[TermWish]) -> dict[str, Own]:
    wanted = {wish.product_code: Own(wish.offered, wish.price_fen) for wish in wishes}
    if len(wanted) != len(wishes):
        raise BadInput("duplicate", "A product stands twice.", param="terms")
    return wanted


def _terms(campaign: Campaign, leader: Leader) -> Json:
    terms = leader_terms.terms_of(campaign_id=campaign.id, leader_id=leader.id)
    return {
        "campaign": campaign.code,
        "leader_code": leader.code,
        "version": leader_terms.version_of(terms),
        "products": [_term(term) for term in terms],
    }


def _term(term: LeaderTerm) -> Json:
    return {
        "product_code": term.product_code,
        "name": term.name,
        "spec": term.spec,
        "price_fen": term.price_fen,
        "own_price_fen": term.own.price_fen,
        "offered": term.offered,
        "leader_picks": term.leader_picks,
    }
