"""What is due once goods are there: reminders, warnings, confirmations, promises, batches asked about."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.aftersales import lots
from groupbuy.flows import claiming_lots, following_up, perishing, replacing, without_routes
from groupbuy.flows.due.step import Due, Step


def _reminders(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for ripe in following_up.due_reminders(now):
        yield Step("remind", ripe.stop.id, f"{ripe.stop.leader.code} {ripe.stop.day}", ripe.due_at)


def _confirmations(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for ripe in following_up.due_confirmations(now):
        yield Step("confirm", ripe.stop.id, f"{ripe.stop.leader.code} {ripe.stop.day}", ripe.due_at)


def _rounds_to_remind(now: datetime, zone: ZoneInfo) -> Iterator[Step]:
    for round_ in without_routes.due_reminders(now, zone):
        yield Step("remind_round", round_.id, round_.name, now)


def _rounds_to_confirm(now: datetime, zone: ZoneInfo) -> Iterator[Step]:
    for round_ in without_routes.due_confirmations(now, zone):
        yield Step("confirm_round", round_.id, round_.name, now)


def _stops_to_warn(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for ripe in perishing.due_stops(now):
        yield Step("warn", ripe.stop.id, f"{ripe.stop.leader.code} {ripe.stop.day}", ripe.due_at)


def _rounds_to_warn(now: datetime, zone: ZoneInfo) -> Iterator[Step]:
    for round_ in perishing.due_rounds(now, zone):
        yield Step("warn_round", round_.id, round_.name, now)


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
    count = following_up.remind(stop_id=ref, now=now)
    return None if count is None else f"{count} reminded"


def _confirm(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    count = following_up.confirm(stop_id=ref, now=now)
    return None if count is None else f"{count} confirmed"


def _remind_round(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    count = without_routes.remind(round_id=ref, now=now, zone=zone)
    return None if count is None else f"{count} reminded"


def _confirm_round(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    count = without_routes.confirm(round_id=ref, now=now, zone=zone)
    return None if count is None else f"{count} confirmed"


def _warn(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    count = perishing.warn_stop(stop_id=ref, now=now, zone=zone)
    return None if count is None else f"{count} warned"


def _warn_round(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    count = perishing.warn_round(round_id=ref, now=now, zone=zone)
    return None if count is None else f"{count} warned"


def _ask_disposal(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    count = perishing.ask(leader_id=ref, now=now)
    return None if count is None else f"{count} to decide"


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
