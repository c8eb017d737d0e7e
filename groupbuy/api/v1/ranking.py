"""Ranking and targets of leaders."""

from datetime import datetime, time, timedelta
from typing import Annotated, Any, Literal

from flask import current_app
from pydantic import Field

from groupbuy.analytics import leader_ranking
from groupbuy.analytics.leader_ranking import Top
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.rest_days import own_leader
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.config import Settings
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Query
from groupbuy.kernel.clock import utc_now
from groupbuy.leaders import targets
from groupbuy.leaders.models import Leader

MOST = 10


class RankingQuery(Query):
    """Over how many days, today included."""

    days: Literal["7", "30"] = "7"


class PlaceShape(Shape):
    """A place in the ranking; other leaders stay unnamed."""

    rank: int
    amount_fen: int
    mine: bool


class TopShape(Shape):
    """What sold best or who bought most: orders or sale units, and fen."""

    name: str
    count: int
    amount_fen: int


class RankingShape(Shape):
    """A leader's place by turnover of so many days, and the target of this month, null where none is set."""

    code: str
    days: int
    rank: int
    leaders: int
    amount_fen: int
    first: list[PlaceShape]
    buyers: list[TopShape]
    goods: list[TopShape]
    target_fen: int | None
    reached_fen: int


class Target(Body):
    """The turnover that a leader wants to reach this month."""

    amount_fen: Annotated[int, Field(ge=1, le=targets.MOST_FEN)]


@endpoint(
    "GET",
    "/leaders/<code>/ranking",
    scope="orders:read",
    roles=("operator", "leader"),
    query=RankingQuery,
    answers={200: RankingShape},
)
def show_ranking(identity: Identity, code: str, query: RankingQuery) -> tuple[int, Any]:
    """Show how a leader stands among the others, and what sells in its community."""
    return 200, _ranking(own_leader(identity, code), int(query.days), utc_now())


@endpoint("PUT", "/leaders/<code>/target", scope="leaders:write", body=Target, answers={200: RankingShape})
def set_target(identity: Identity, code: str, body: Target) -> tuple[int, Any]:
    """Set the target of this month."""
    leader, now = own_leader(identity, code), utc_now()
    targets.set_target(
        leader=leader,
        month=_midnight(now).date(),
        amount_fen=body.amount_fen,
        now=now,
        actor=identity.actor.name,
    )
    return 200, _ranking(leader, 7, now)


def _ranking(leader: Leader, days: int, now: datetime) -> Json:
    today = _midnight(now)
    end = today + timedelta(days=1)
    span: dict[str, Any] = {"leader_id": leader.id, "end": end, "most": MOST}
    span["start"] = today - timedelta(days=days - 1)
    standing = leader_ranking.standing(**span)
    return {
        "code": leader.code,
        "days": days,
        "rank": standing.mine.rank,
        "leaders": standing.leaders,
        "amount_fen": standing.mine.amount_fen,
        "first": [
            {"rank": one.rank, "amount_fen": one.amount_fen, "mine": one.mine} for one in standing.first
        ],
        "buyers": [_top(one) for one in leader_ranking.top_buyers(**span)],
        "goods": [_top(one) for one in leader_ranking.top_goods(**span)],
        "target_fen": targets.target_fen(leader_id=leader.id, month=today.date()),
        "reached_fen": leader_ranking.turnover_fen(leader_id=leader.id, start=today.replace(day=1), end=end),
    }


def _top(one: Top) -> Json:
    return {"name": one.name, "count": one.count, "amount_fen": one.amount_fen}


def _midnight(now: datetime) -> datetime:
    """Return when the local day began."""
    settings: Settings = current_app.extensions["groupbuy_settings"]
    return datetime.combine(now.astimezone(settings.timezone).date(), time.min, tzinfo=settings.timezone)
