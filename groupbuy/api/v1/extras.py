"""What leaders earn beside commission: who brought whom, rewards, and bonuses of campaigns."""

from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.analytics import extra_commission
from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.rest_days import own_leader
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.campaigns import service as campaigns
from groupbuy.commissions import bonuses
from groupbuy.commissions.models import CampaignBonus, CommissionExtra
from groupbuy.db import db
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import MAX_FEN
from groupbuy.leaders import referring
from groupbuy.leaders.queries import get_leader

Amount = Annotated[int, Field(ge=1, le=MAX_FEN)]
BONUSES = "/campaigns/<code>/bonuses"


class Referrer(Body):
    """The code of the leader who brought this one; null for nobody."""

    referrer: Annotated[Text, Field(min_length=1, max_length=40)] | None


class ReferrerShape(Shape):
    """Who brought a leader, and whom it has brought, by code."""

    code: str
    referrer: str | None
    brought: list[str]


class ExtraShape(Shape):
    """A reward or bonus in a round: whose sales it is of, what was agreed, and what is booked, in fen."""

    id: int
    kind: str
    round: str
    seller: str
    rate_bp: int
    measure: str | None
    target: int
    bonus_fen: int
    accrued_fen: int
    taken_fen: int
    settled_fen: int


class Extras(Shape):
    """The rewards and bonuses of a leader, the latest first."""

    items: list[ExtraShape]
    next_cursor: str | None


class NewBonus(Body):
    """A bonus in fen for each leader whose round reaches a target in fen of turnover, or in sale units."""

    measure: Literal["turnover", "units"]
    target: Amount
    bonus_fen: Amount


class BonusShape(Shape):
    """A bonus of a campaign."""

    id: int
    measure: str
    target: int
    bonus_fen: int


class Bonuses(Shape):
    """The bonuses of a campaign for rounds to come."""

    items: list[BonusShape]


@endpoint(
    "PUT",
    "/leaders/<code>/referrer",
    scope="leaders:write",
    roles=("operator",),
    body=Referrer,
    answers={200: ReferrerShape},
)
def set_referrer(identity: Identity, code: str, body: Referrer) -> tuple[int, Any]:
    """Set who brought a leader; it counts for rounds that close from now on."""
    leader = get_leader(code)
    referring.refer(leader=leader, referrer_code=body.referrer, now=utc_now(), actor=identity.actor.name)
    brought = [one.code for one in referring.referred_by(leader.id)]
    return 200, {"code": leader.code, "referrer": body.referrer, "brought": brought}


@endpoint("GET", "/leaders/<code>/extras", scope="money:read", query=Page, answers={200: Extras})
def list_extras(identity: Identity, code: str, query: Page) -> tuple[int, Any]:
    """List what a leader earns beside commission, the latest first; a leader sees its own."""
    leader, before = own_leader(identity, code), cursors.id_after(query.cursor)
    wanted = extra_commission.extras_of(leader.id, before=before).limit(query.limit + 1)
    rows, cursor = cursors.page(
        db.session.execute(wanted).all(), limit=query.limit, key=lambda row: (row.CommissionExtra.id,)
    )
    items = [_extra(row.CommissionExtra, row.Round.name) for row in rows]
    return 200, {"items": items, "next_cursor": cursor}


def _extra(row: CommissionExtra, round_name: str) -> Json:
    terms = ("id", "kind", "rate_bp", "measure", "target", "bonus_fen")
    names = (*terms, "accrued_fen", "taken_fen", "settled_fen")
    return {name: getattr(row, name) for name in names} | {"round": round_name, "seller": row.seller.code}


@endpoint("GET", BONUSES, scope="money:read", roles=("operator", "finance"), answers={200: Bonuses})
def list_bonuses(identity: Identity, code: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List the bonuses of a campaign for rounds to come."""
    rows = bonuses.bonuses_of(campaigns.get_campaign(code).id)
    return 200, {"items": [_bonus(row) for row in rows]}


@endpoint(
    "POST",
    BONUSES,
    scope="money:write",
    roles=("operator",),
    body=NewBonus,
    answers={201: BonusShape},
)
def add_bonus(identity: Identity, code: str, body: NewBonus) -> tuple[int, Any]:
    """Promise a bonus in rounds that open from now on."""
    campaign = campaigns.get_campaign(code)
    row = bonuses.add_bonus(campaign=campaign, **body.model_dump(), now=utc_now(), actor=identity.actor.name)
    return 201, _bonus(row)


@endpoint(
    "DELETE",
    f"{BONUSES}/<int(max=2147483647):bonus_id>",
    scope="money:write",
    roles=("operator",),
    answers={204: None},
)
def end_bonus(identity: Identity, code: str, bonus_id: int) -> tuple[int, Any]:
    """Promise a bonus no longer in rounds that open from now on."""
    campaign = campaigns.get_campaign(code)
    bonuses.end_bonus(campaign=campaign, bonus_id=bonus_id, now=utc_now(), actor=identity.actor.name)
    return 204, None


def _bonus(row: CampaignBonus) -> Json:
    return {name: getattr(row, name) for name in ("id", "measure", "target", "bonus_fen")}
