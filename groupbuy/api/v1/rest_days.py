"""Rest days of leaders: a leader sets its own, an operator any."""

from datetime import date, datetime
from typing import Annotated, Any

from flask import current_app
from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.config import Settings
from groupbuy.flows import resting
from groupbuy.flows.resting import Effect
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Query, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, NotFound
from groupbuy.leaders import resting as days
from groupbuy.leaders.models import Leader
from groupbuy.leaders.queries import get_leader

Day = Annotated[Text, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
PATH = "/leaders/<code>/rest-days"


class Rest(Body):
    """The first and the last day of a rest; without a last day it is a single one."""

    first: Day
    last: Day | None = None


class RestQuery(Query):
    """The last day of the rest to take back; without it a single day."""

    last: Day | None = None


class RestDays(Shape):
    """A leader's rest days from today on, in order."""

    days: list[str]


class TouchedRound(Shape):
    """A round that is handed out on a rest day; ``stays`` null: the leader takes no part in it."""

    round: str
    pickup_date: str
    stays: str | None


class RestEffects(Shape):
    """The planned rounds that a rest touches; ``stays`` is opened, ordered or imported."""

    rounds: list[TouchedRound]


@endpoint("GET", PATH, scope="people:read", answers={200: RestDays})
def list_rest_days(identity: Identity, code: str) -> tuple[int, Any]:
    """List a leader's rest days from today on."""
    return 200, _days(own_leader(identity, code), utc_now())


@endpoint("POST", f"{PATH}/check", scope="leaders:write", body=Rest, answers={200: RestEffects}, reads=True)
def check_rest_days(identity: Identity, code: str, body: Rest) -> tuple[int, Any]:
    """Tell which planned rounds a rest touches; nothing is changed."""
    now = utc_now()
    effects = resting.preview_rest(
        leader=own_leader(identity, code),
        first=day_of(body.first, "first"),
        last=day_of(body.last, "last") if body.last else None,
        today=_today(now),
        now=now,
    )
    return 200, _effects(effects)


@endpoint("POST", PATH, scope="leaders:write", body=Rest, answers={200: RestEffects})
def add_rest_days(identity: Identity, code: str, body: Rest) -> tuple[int, Any]:
    """Add rest days; rounds that have not opened go on without the leader, no order is removed."""
    now = utc_now()
    effects = resting.add_rest(
        leader=own_leader(identity, code),
        first=day_of(body.first, "first"),
        last=day_of(body.last, "last") if body.last else None,
        today=_today(now),
        now=now,
        actor=identity.actor,
    )
    return 200, _effects(effects)


@endpoint("DELETE", f"{PATH}/<first>", scope="leaders:write", query=RestQuery, answers={200: RestDays})
def remove_rest_days(identity: Identity, code: str, first: str, query: RestQuery) -> tuple[int, Any]:
    """Remove rest days; the leader takes part again in rounds that have not opened."""
    now = utc_now()
    leader = own_leader(identity, code)
    resting.end_rest(
        leader=leader,
        first=day_of(first, "first"),
        last=day_of(query.last, "last") if query.last else None,
        today=_today(now),
        now=now,
        actor=identity.actor,
    )
    return 200, _days(leader, now)


def own_leader(identity: Identity, code: str) -> Leader:
    """Return a leader by code; raise NotFound for another leader than the asker."""
    leader = get_leader(code)
    if identity.role == "leader" and leader.id not in identity.leader_ids:
        raise NotFound("unknown_leader", f"There is no leader {code}.")
    return leader


def day_of(text: str, name: str) -> date:
    """Return a day written as in ``Day``; raise BadInput for one that is not in the calendar."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput("bad_format", "There is no such day.", param=name) from error


def _today(now: datetime) -> date:
    settings: Settings = current_app.extensions["groupbuy_settings"]
    return now.astimezone(settings.timezone).date()


def _days(leader: Leader, now: datetime) -> Json:
    return {"days": [str(day) for day in days.rest_days(leader.id, since=_today(now))]}


def _effects(effects: list[Effect]) -> Json:
    return {
        "rounds": [
            {"round": one.round.name, "pickup_date": str(one.round.pickup_date), "stays": one.stays}
            for one in effects
        ]
    }
