"""What operators do with a round while it sells: move its cut-off, cancel it."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.rounds import RoundHead, head
from groupbuy.campaigns import lifecycle, queries
from groupbuy.flows import calling_off, closing, delaying
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.kernel.times import parse_date, parse_moment


class NewCutoff(Body):
    """When the round is cut off: ISO 8601 with an offset or Z; a moment in the past is now."""

    closes_at: Annotated[Text, Field(max_length=40, pattern=r"(Z|z|[+-][0-9]{2}:?[0-9]{2})$")]


class WhyCancelled(Body):
    """Why a round is cancelled; its buyers read this."""

    reason: Annotated[Text, Field(min_length=1, max_length=200)]


@endpoint(
    "POST", "/rounds/<round_name>/cutoff", scope="campaigns:write", body=NewCutoff, answers={200: RoundHead}
)
def change_cutoff(identity: Identity, round_name: str, body: NewCutoff) -> tuple[int, Any]:
    """Extend a round, or cut it off earlier."""
    try:
        closes_at = parse_moment(body.closes_at, ZoneInfo("UTC"))
    except ValueError as error:
        raise BadInput("not_a_moment", "Write 2026-11-22T22:00:00+08:00.", param="closes_at") from error
    now = utc_now()
    round_ = lifecycle.change_cutoff(name=round_name, closes_at=closes_at, now=now, actor=identity.actor.name)
    return 200, head(round_, now)


@endpoint(
    "POST",
    "/rounds/<round_name>/cancel",
    scope="campaigns:write",
    body=WhyCancelled,
    answers={200: RoundHead},
)
def cancel_round(identity: Identity, round_name: str, body: WhyCancelled) -> tuple[int, Any]:
    """Cancel a round that is not closed yet, with all of its orders."""
    round_ = queries.get_round(round_name)
    now = utc_now()
    if not closing.cancel_round(round_=round_, reason=body.reason, now=now, actor=identity.actor.name):
        raise RuleBroken("round_closed", "This round has closed; it cannot be cancelled any more.")
    return 200, head(round_, now)


class Delay(Body):
    """The new pickup day and why; buyers read this."""

    pickup_date: Annotated[Text, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    reason: Annotated[Text, Field(min_length=1, max_length=delaying.MAX_REASON)]


@endpoint("POST", "/rounds/<round_name>/delay", scope="campaigns:write", body=Delay, answers={200: RoundHead})
def delay_round(identity: Identity, round_name: str, body: Delay) -> tuple[int, Any]:
    """Move the pickup day of a closed round; each resident is told once and may cancel free."""
    try:
        pickup_date = parse_date(body.pickup_date)
    except ValueError as error:
        raise BadInput("not_a_date", "Write a day as 2026-12-31.", param="pickup_date") from error
    round_, now = queries.get_round(round_name), utc_now()
    delaying.delay_round(
        round_=round_, pickup_date=pickup_date, reason=body.reason, now=now, actor=identity.actor
    )
    return 200, head(round_, now)


@endpoint(
    "POST",
    "/rounds/<round_name>/call-off",
    scope="campaigns:write",
    body=WhyCancelled,
    answers={200: RoundHead},
)
def call_off_round(identity: Identity, round_name: str, body: WhyCancelled) -> tuple[int, Any]:
    """Cancel a closed round: orders, purchases, stock and commission are taken back, everybody is told."""
    round_, now = queries.get_round(round_name), utc_now()
    calling_off.call_off(round_=round_, reason=body.reason, now=now, actor=identity.actor)
    return 200, head(round_, now)
