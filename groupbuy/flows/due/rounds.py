"""Rounds that are due: planned, opened, told of, cut off when full and sealed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.audit.service import SCHEDULER
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns.models import Campaign, Round
from groupbuy.campaigns.rules import cap_reached
from groupbuy.db import db
from groupbuy.flows import closing, planning, telling_in_time
from groupbuy.flows.due.step import Due, Step, said
from groupbuy.kernel.errors import RuleBroken
from groupbuy.kernel.times import iso
from groupbuy.orders import bulk as order_totals


def _plans(now: datetime, zone: ZoneInfo) -> Iterator[Step]:
    for campaign in planning.due_to_plan(now=now, zone=zone):
        yield Step("plan", campaign.id, campaign.code, now)


def _opens(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for round_ in campaigns.due_to_open(now):
        yield Step("open", round_.id, round_.name, round_.opens_at)


def _caps(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for round_ in campaigns.open_with_caps(now):
        orders_, units, amount = order_totals.totals(round_.id)
        if cap_reached(orders_, units, amount, round_.cap_orders, round_.cap_units, round_.cap_amount_fen):
            yield Step("cap", round_.id, round_.name, now)


def _closes(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for round_ in campaigns.due_to_close(now):
        yield Step("close", round_.id, round_.name, round_.closes_at)


def _openings(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for round_ in telling_in_time.due_openings(now):
        # A round may be planned when its opening has passed: nobody is told late of that one.
        yield Step("tell_opened", round_.id, round_.name, now)


def _near_closes(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for round_ in telling_in_time.due_reminders(now):
        yield Step("tell_closing", round_.id, round_.name, now)


def _plan(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    names = planning.plan_rounds(campaign=db.session.get_one(Campaign, ref), now=now, zone=zone)
    return ", ".join(names) or None


def _open(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    round_ = db.session.get_one(Round, ref)
    return "opened" if planning.open_round(round_=round_, now=now, zone=zone) else None


def _cap(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    round_ = db.session.get_one(Round, ref)
    try:
        lifecycle.change_cutoff(name=round_.name, closes_at=now, now=now, actor=SCHEDULER)
    except RuleBroken:
        return None
    return f"full, cut off at {iso(now)}"


def _close(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    return "sealed" if closing.seal_round(round_=db.session.get_one(Round, ref), now=now) else None


def _tell_opened(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    return said(
        telling_in_time.tell_of_opening(round_=db.session.get_one(Round, ref), now=now, zone=zone), "told"
    )


def _tell_closing(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    return said(
        telling_in_time.tell_of_closing(round_=db.session.get_one(Round, ref), now=now, zone=zone), "told"
    )


DUE: Mapping[str, Due] = {
    "plan": Due(_plans, _plan),
    "open": Due(_opens, _open),
    "cap": Due(_caps, _cap),
    "close": Due(_closes, _close),
    "tell_opened": Due(_openings, _tell_opened),
    "tell_closing": Due(_near_closes, _tell_closing),
}
