"""The commission plan: rates in force, what a new one would have changed, levels of leaders."""

from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.after_sales import zone
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF
from groupbuy.api.v1.naming import within
from groupbuy.api.v1.shapes import Json, Name, Page, RowNumber, Shape
from groupbuy.commissions import plan, service, what_if
from groupbuy.commissions.models import CommissionRule
from groupbuy.commissions.rules import Rate, Scope
from groupbuy.flows.levelling import last_month
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body
from groupbuy.http.row_ids import MAX_ROW_ID
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import BASIS, MAX_FEN
from groupbuy.kernel.times import iso
from groupbuy.leaders import levels
from groupbuy.leaders.models import LeaderLevel

RATES, LEVELS = "/commission-rates", "/leader-levels"
RATE_PARTS = ("rate_bp", "fixed_fen", "tiers")
OPERATOR = ("operator",)
MAX_TIERS = 50
ScopeName = Literal["product", "category", "leader", "level", "default"]
BasisPoints = Annotated[int, Field(strict=True, ge=0, le=BASIS)]
Amount = Annotated[int, Field(strict=True, ge=0, le=MAX_FEN)]


class TierWish(Body):
    """The rate from a turnover of the round on."""

    from_fen: Amount
    rate_bp: BasisPoints


class RateWish(Body):
    """One of three: basis points of the amount, fen per sale unit, or tiers, the first from 0."""

    rate_bp: BasisPoints | None = None
    fixed_fen: Amount | None = None
    tiers: Annotated[list[TierWish], Field(max_length=MAX_TIERS)] | None = None


class NewCommissionRate(Body):
    """A rate and what it holds for; ``version`` is the ``id`` of the one in force that was read, 0 for none.

    ``target`` is the code of a product or leader, or the name of a category or level; null for the default.
    """

    scope: ScopeName
    target: Name | None = None
    rate: RateWish
    version: Annotated[int, Field(strict=True, ge=0, le=MAX_ROW_ID)]


class RatePreview(Body):
    """A rate to try on the last closed rounds; null tries how it is without one."""

    scope: ScopeName
    target: Name | None = None
    rate: RateWish | None = None
    rounds: Annotated[int, Field(strict=True, ge=1, le=20)] = what_if.ROUNDS


class TierShape(Shape):
    """The rate from a turnover on."""

    from_fen: int
    rate_bp: int


class CommissionRateShape(Shape):
    """A rate in force; ``id`` goes back as ``version`` with a change."""

    id: int
    scope: ScopeName
    target: str | None
    rate_bp: int | None
    fixed_fen: int | None
    tiers: list[TierShape]
    since: str


class CommissionRates(Shape):
    """A page of rates in force."""

    items: list[CommissionRateShape]
    next_cursor: str | None


class RatesQuery(Page):
    """Those of a scope only."""

    scope: ScopeName | None = None


class EffectShape(Shape):
    """A leader's turnover, commission as agreed and as it would have been, in fen."""

    leader_code: str
    turnover_fen: int
    was_fen: int
    would_fen: int
    change_fen: int


class EffectsShape(Shape):
    """What a rate would have changed, leader by leader, by code."""

    was_fen: int
    would_fen: int
    leaders: list[EffectShape]


class LevelWish(Body):
    """A level; reached by a month's turnover from ``min_month_fen`` on, null is given by hand only."""

    name: Name
    min_month_fen: Amount | None = None


class ChangedLevel(LevelWish):
    """What a level is called and takes; ``version`` is that of the one that was read."""

    version: Annotated[str, Field(max_length=64)]


class LevelShape(Shape):
    """A level of leaders; ``version`` goes back with a change."""

    id: int
    name: str
    min_month_fen: int | None
    version: str


class LevelsShape(Shape):
    """All levels, the lowest first."""

    items: list[LevelShape]


@endpoint("GET", RATES, scope="money:read", roles=STAFF, query=RatesQuery, answers={200: CommissionRates})
def list_commission_rates(identity: Identity, query: RatesQuery) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List the rates in force."""
    scope = Scope(query.scope) if query.scope else None
    found = plan.in_force(scope=scope, after=cursors.id_after(query.cursor), most=query.limit + 1)
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    names = plan.called(rows)
    return 200, {"items": [_rate(row, names[row.id]) for row in rows], "next_cursor": cursor}


@endpoint(
    "PUT",
    RATES,
    scope="money:write",
    roles=OPERATOR,
    body=NewCommissionRate,
    answers={200: CommissionRateShape},
)
def set_commission_rate(identity: Identity, body: NewCommissionRate) -> tuple[int, Any]:
    """Put a rate in force for orders from now on; those placed before keep theirs."""
    scope = Scope(body.scope)
    with within("rate", *RATE_PARTS):
        row = plan.change(
            scope=scope,
            target_id=plan.target_of(scope, body.target),
            rate=_wanted(body.rate),
            seen=body.version,
            now=utc_now(),
            actor=identity.actor.name,
        )
    return 200, _rate(row, body.target)


@endpoint(
    "DELETE",
    f"{RATES}/<int(max=2147483647):rule_id>",
    scope="money:write",
    roles=OPERATOR,
    answers={204: None},
)
def end_commission_rate(identity: Identity, rule_id: int) -> tuple[int, Any]:
    """End a rate without a successor."""
    plan.end(rule_id=rule_id, now=utc_now(), actor=identity.actor.name)
    return 204, None


@endpoint(
    "POST",
    f"{RATES}/preview",
    scope="money:read",
    roles=STAFF,
    body=RatePreview,
    answers={200: EffectsShape},
)
def preview_commission_rate(identity: Identity, body: RatePreview) -> tuple[int, Any]:  # noqa: ARG001 - as above
    """Reckon the last closed rounds with a rate; nothing is put in force."""
    scope = Scope(body.scope)
    with within("rate", *RATE_PARTS):
        target_id, rate = plan.target_of(scope, body.target), _wanted(body.rate) if body.rate else None
        service.check_amount(scope, target_id, rate)
    effects = what_if.what_if(scope=scope, target_id=target_id, rate=rate, rounds=body.rounds)
    names = ("turnover_fen", "was_fen", "would_fen", "change_fen")
    return 200, {
        "was_fen": sum(one.was_fen for one in effects),
        "would_fen": sum(one.would_fen for one in effects),
        "leaders": [
            {"leader_code": one.code} | {name: getattr(one, name) for name in names} for one in effects
        ],
    }


@endpoint("GET", LEVELS, scope="money:read", roles=STAFF, answers={200: LevelsShape})
def list_leader_levels(identity: Identity) -> tuple[int, Any]:  # noqa: ARG001 - as above
    """List the levels of leaders."""
    return 200, {"items": [_level(one) for one in levels.levels()]}


@endpoint("POST", LEVELS, scope="leaders:write", roles=OPERATOR, body=LevelWish, answers={201: LevelShape})
def add_leader_level(identity: Identity, body: LevelWish) -> tuple[int, Any]:
    """Make a level; nobody moves before the month after this one is reviewed."""
    return 201, _level(_save(identity, None, body))


@endpoint(
    "PUT",
    f"{LEVELS}/<int(max=2147483647):level_id>",
    scope="leaders:write",
    roles=OPERATOR,
    body=ChangedLevel,
    answers={200: LevelShape},
)
def change_leader_level(identity: Identity, level_id: RowNumber, body: ChangedLevel) -> tuple[int, Any]:
    """Change what a level is called and takes; who has read another version is refused."""
    return 200, _level(_save(identity, level_id, body))


def _save(identity: Identity, level_id: int | None, body: LevelWish) -> LeaderLevel:
    now = utc_now()
    return levels.save_level(
        level_id=level_id,
        **body.model_dump(),
        last_month=last_month(now, zone()),
        now=now,
        actor=identity.actor.name,
    )


def _wanted(wish: RateWish) -> Rate:
    plain = wish.model_dump(exclude_none=True)
    if not plain:
        raise BadInput("inconsistent", "Give either a percentage, an amount per item or tiers.", param="rate")
    return Rate.from_json(plain)


def _rate(row: CommissionRule, target: str | None) -> Json:
    plain = {"rate_bp": None, "fixed_fen": None, "tiers": []} | row.rate
    return plain | {"id": row.id, "scope": row.scope, "target": target, "since": iso(row.valid_from)}


def _level(row: LeaderLevel) -> Json:
    return {
        "id": row.id,
        "name": row.name,
        "min_month_fen": row.min_month_fen,
        "version": levels.version_of(row),
    }
