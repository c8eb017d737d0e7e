"""Campaigns: planned, changed under an optimistic version, published, ended."""

from datetime import date
from typing import Annotated, Any, Literal

from flask import current_app
from pydantic import Field

from groupbuy.api.v1.campaign_shapes import CampaignShape, Money, campaign_json
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Name, Quantity
from groupbuy.campaigns import service
from groupbuy.campaigns.recurrence import Kind, Recurrence
from groupbuy.campaigns.service import CampaignPlan, OfferPlan
from groupbuy.catalog import queries as catalog
from groupbuy.config import Settings
from groupbuy.flows import planning
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.leaders import queries as leaders

Clock = Annotated[Text, Field(pattern=r"^[0-9]{1,2}:[0-9]{2}$")]
Day = Annotated[Text, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Days = Annotated[int, Field(ge=0, le=366)]
Payment = Literal["to_leader", "prepaid"]


class RecurrenceWish(Body):
    """On which local days rounds are cut off."""

    kind: Literal["once", "daily", "weekly", "every_n_weeks", "nth_weekday"]
    start: Day
    until: Day | None = None
    weekdays: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(max_length=7)] = Field([])
    every: Annotated[int, Field(ge=1, le=52)] = 1
    nth: Annotated[int, Field(ge=-1, le=5)] = 1


class OfferWish(Body):
    """A product of the campaign, with its price and limits."""

    product_code: Code
    price_fen: Money
    list_price_fen: Money | None = None
    limit_units: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None
    per_buyer_limit: Quantity | None = None
    min_units: Quantity | None = None
    min_order_qty: Quantity = 1
    multiple: Quantity = 1
    below_policy: Literal["cancel", "extend"] = "cancel"
    leader_picks: bool = False


class CampaignBase(Body):
    """What a campaign is planned with; ``leader_codes`` null is all leaders.

    Orders of ``review_above_fen`` and more wait for an operator, none where it is null; those that nobody
    has reviewed by the cut-off are kept or cancelled as ``unreviewed`` says. ``freight_fen`` is paid with
    each order below ``freight_free_from_fen`` of goods; with ``freight_shared`` it is what a delivery to a
    leader costs, shared over that leader's orders at the cut-off.
    """

    name: Name
    recurrence: RecurrenceWish
    offers: Annotated[list[OfferWish], Field(max_length=2000)]
    opens: Clock = "08:00"
    closes: Clock = "22:00"
    open_days_before: Days = 0
    pickup_days_after: Days = 1
    description: Annotated[Text, Field(max_length=2000)] | None = None
    payment: Payment = "to_leader"
    surplus_policy: Literal["surplus", "shortfall"] = "surplus"
    leader_codes: Annotated[list[Code], Field(max_length=5000)] | None = None
    review_above_fen: Money | None = None
    unreviewed: Literal["keep", "cancel"] = "keep"
    freight_fen: Money | None = None
    freight_free_from_fen: Money | None = None
    freight_shared: bool = False


class NewCampaign(CampaignBase):
    """A campaign to make; it is a draft until it is published."""

    code: Code


class ChangedCampaign(CampaignBase):
    """The whole campaign anew, under the version that was read."""

    version: Annotated[int, Field(ge=1, le=2**31)]


@endpoint("POST", "/campaigns", scope="campaigns:write", body=NewCampaign, answers={201: CampaignShape})
def create_campaign(identity: Identity, body: NewCampaign) -> tuple[int, Any]:
    """Plan a campaign; it stays a draft until it is published."""
    campaign = service.create_campaign(
        code=body.code, plan=_plan(body), offers=_offers(body), now=utc_now(), actor=identity.actor.name
    )
    return 201, campaign_json(campaign)


@endpoint("GET", "/campaigns/<code>", scope="campaigns:write", answers={200: CampaignShape})
def show_campaign(identity: Identity, code: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show a campaign."""
    return 200, campaign_json(service.get_campaign(code))


@endpoint(
    "PUT", "/campaigns/<code>", scope="campaigns:write", body=ChangedCampaign, answers={200: CampaignShape}
)
def change_campaign(identity: Identity, code: str, body: ChangedCampaign) -> tuple[int, Any]:
    """Change a campaign for its future rounds."""
    campaign = service.get_campaign(code)
    planning.edit(
        campaign=campaign,
        version=body.version,
        plan=_plan(body),
        offers=_offers(body),
        now=utc_now(),
        zone=_settings().timezone,
        actor=identity.actor.name,
    )
    return 200, campaign_json(campaign)


@endpoint("POST", "/campaigns/<code>/publish", scope="campaigns:write", answers={200: CampaignShape})
def publish_campaign(identity: Identity, code: str) -> tuple[int, Any]:
    """Publish a campaign and make its first rounds."""
    campaign = service.get_campaign(code)
    planning.publish(campaign=campaign, now=utc_now(), zone=_settings().timezone, actor=identity.actor.name)
    return 200, campaign_json(campaign)


@endpoint("POST", "/campaigns/<code>/end", scope="campaigns:write", answers={200: CampaignShape})
def end_campaign(identity: Identity, code: str) -> tuple[int, Any]:
    """Plan no more rounds of a campaign."""
    campaign = service.get_campaign(code)
    service.end(campaign=campaign, now=utc_now(), actor=identity.actor.name)
    return 200, campaign_json(campaign)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["groupbuy_settings"]
    return settings


def _plan(body: CampaignBase) -> CampaignPlan:
    wish = body.recurrence
    return CampaignPlan(
        name=body.name,
        recurrence=Recurrence(
            kind=Kind(wish.kind),
            start=_day(wish.start, "start"),
            until=_day(wish.until, "until") if wish.until else None,
            weekdays=tuple(wish.weekdays),
            every=wish.every,
            nth=wish.nth,
        ),
        leader_ids=None if body.leader_codes is None else _leader_ids(body.leader_codes),
        **body.model_dump(exclude={"name", "recurrence", "offers", "leader_codes", "code", "version"}),
    )


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput("bad_format", "There is no such day.", param=f"recurrence.{name}") from error


def _leader_ids(codes: list[str]) -> tuple[int, ...]:
    found = leaders.leader_ids_by_code(codes)
    for index, code in enumerate(codes):
        if code not in found:
            raise BadInput("unknown_reference", f"There is no leader {code}.", param=f"leader_codes[{index}]")
    return tuple(sorted(found.values()))


def _offers(body: CampaignBase) -> list[OfferPlan]:
    found = catalog.product_ids([offer.product_code for offer in body.offers])
    plans = []
    for index, offer in enumerate(body.offers):
        if offer.product_code not in found:
            raise BadInput(
                "unknown_reference",
                f"There is no product {offer.product_code}.",
                param=f"offers[{index}].product_code",
            )
        plain = offer.model_dump(exclude={"product_code"})
        plans.append(OfferPlan(product_id=found[offer.product_code], **plain))
    return plans
