"""What is due once goods are there: reminders, warnings, confirmations, promises, batches asked about."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.aftersales import lots
from groupbuy.campaigns.models import Round
from groupbuy.flows import claiming_lots, following_up, perishing, replacing, without_routes
from groupbuy.flows.due.step import Due, Step, said
from groupbuy.flows.following_up import Ripe


def _at_stops(kind: str, ripe: Iterable[Ripe]) -> Iterator[Step]:
    for one in ripe:
        yield Step(kind, one.stop.id, f"{one.stop.leader.code} {one.stop.day}", one.due_at)


def _of_rounds(kind: str, rounds: Iterable[Round], now: datetime) -> Iterator[Step]:
    for round_ in rounds:
        yield Step(kind, round_.id, round_.name, now)


def _reminders(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    return _at_stops("remind", following_up.due_reminders(now))


def _confirmations(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    return _at_stops("confirm", following_up.due_confirmations(now))


def _rounds_to_remind(now: datetime, zone: ZoneInfo) -> Iterator[Step]:
    return _of_rounds("remind_round", without_routes.due_reminders(now, zone), now)


def _rounds_to_confirm(now: datetime, zone: ZoneInfo) -> Iterator[Step]:
    return _of_rounds("confirm_round", without_routes.due_confirmations(now, zone), now)


def _stops_to_warn(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    return _at_stops("warn", perishing.due_stops(now))


def _rounds_to_warn(now: datetime, zone: ZoneInfo) -> Iterator[Step]:
    return _of_rounds("warn_round", perishing.due_rounds(now, zone), now)


def _disposals(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for leader_id in perishing.due_leaders(now):
        yield Step("ask_disposal", leader_id, f"leader {leader_id}", now)


def _promises(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for row in replacing.due(now):
        yield Step("promise", row.id, row.case.number, row.promised_at)


def _lot_claims(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for claim in lots.due(now):
        yield Step("lot_claim", claim.id, claim.number, claim.until)


def _remind(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    return said(following_up.remind(stop_id=ref, now=now), "reminded")


def _confirm(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    return said(following_up.confirm(stop_id=ref, now=now), "confirmed")


def _remind_round(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    return said(without_routes.remind(round_id=ref, now=now, zone=zone), "reminded")


def _confirm_round(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    return said(without_routes.confirm(round_id=ref, now=now, zone=zone), "confirmed")


def _warn(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    return said(perishing.warn_stop(stop_id=ref, now=now, zone=zone), "warned")


def _warn_round(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    return said(perishing.warn_round(round_id=ref, now=now, zone=zone), "warned")


def _ask_disposal(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    return said(perishing.ask(leader_id=ref, now=now), "to decide")


def _promise(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    return replacing.move_on(replacement_id=ref, now=now)


def _lot_claim(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    return claiming_lots.end_asking(claim_id=ref, now=now, zone=zone)


DUE: Mapping[str, Due] = {
    "remind": Due(_reminders, _remind),
    # Who may lose goods is warned, and its leader asked, before anything counts as fetched.
    "warn": Due(_stops_to_warn, _warn),
    "warn_round": Due(_rounds_to_warn, _warn_round),
    "ask_disposal": Due(_disposals, _ask_disposal),
    "confirm": Due(_confirmations, _confirm),
    "remind_round": Due(_rounds_to_remind, _remind_round),
    "confirm_round": Due(_rounds_to_confirm, _confirm_round),
    "promise": Due(_promises, _promise),
    "lot_claim": Due(_lot_claims, _lot_claim),
}
