"""A leader rests: it takes no part in rounds that are handed out that day and have not opened yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.campaigns import attending
from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns.models import Round
from groupbuy.leaders import resting
from groupbuy.leaders.models import Leader
from groupbuy.leaders.rules import rest_span
from groupbuy.orders import queries as orders


@dataclass(frozen=True, slots=True)
class Effect:
    """A round that is handed out on a rest day; ``stays`` says why the leader stays in it, if so.

    ``opened``: residents order already; ``ordered``: its residents have orders from a file;
    ``imported``: the round came from a file, where all leaders take part.
    """

    round: Round
    stays: str | None


def preview_rest(
    *, leader: Leader, first: date, last: date | None, today: date, now: datetime
) -> list[Effect]:
    """Return the planned rounds that a rest from the first to the last day touches; change nothing.

    Raise BadInput as ``rest_span`` does. Rounds that are planned later leave the leader out anyway.
    """
    found = attending.rounds_handed_out(rest_span(first, last, today=today))
    mine = [round_ for round_ in found if campaigns.takes_part(round_, leader.id)]
    return [Effect(round_, _reason_to_stay(round_, leader, now)) for round_ in mine]


def add_rest(
    *, leader: Leader, first: date, last: date | None, today: date, now: datetime, actor: Actor
) -> list[Effect]:
    """Note rest days and take the leader out of rounds that have not opened; again changes nothing.

    Nobody's order is touched. Raise BadInput as ``rest_span`` does.
    """
    attending.hold_plans()
    days = rest_span(first, last, today=today)
    effects = preview_rest(leader=leader, first=first, last=last, today=today, now=now)
    for effect in effects:
        if effect.stays is None:
            attending.leave(round_=effect.round, leader_id=leader.id)
    if new := resting.add_days(leader_id=leader.id, days=days):
        left = [effect.round for effect in effects if effect.stays is None]
        _log(leader, "leader_rests", new, left, now, actor)
    return effects


def end_rest(
    *, leader: Leader, first: date, last: date | None, today: date, now: datetime, actor: Actor
) -> list[Round]:
    """Remove rest days; return the rounds, not opened yet, that the leader takes part in again.

    Raise BadInput as ``rest_span`` does. Days that were none change nothing.
    """
    attending.hold_plans()
    gone = resting.remove_days(leader_id=leader.id, days=rest_span(first, last, today=today))
    back = [
        round_
        for round_ in attending.rounds_handed_out(gone)
        if not attending.sells_already(round_, now)
        and not campaigns.takes_part(round_, leader.id)
        and attending.come_back(round_=round_, leader_id=leader.id)
    ]
    if gone:
        _log(leader, "leader_rest_ended", gone, back, now, actor)
    return back


def _reason_to_stay(round_: Round, leader: Leader, now: datetime) -> str | None:
    if attending.sells_already(round_, now):
        return "opened"
    if round_.campaign.recurrence is None:
        return "imported"
    return "ordered" if orders.buyers_of(round_id=round_.id, leader_id=leader.id) else None


def _log(
    leader: Leader, verb: str, days: Sequence[date], rounds: Sequence[Round], now: datetime, actor: Actor
) -> None:
    after = {"days": [str(day) for day in days], "rounds": [round_.name for round_ in rounds]}
    audit.record(at=now, actor=actor.name, verb=verb, subject_kind="leader", subject=leader.code, after=after)
