"""A campaign becomes rounds: the next days of its recurrence, each with a snapshot of its offers."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from groupbuy.audit import service as audit
from groupbuy.audit.service import SCHEDULER
from groupbuy.campaigns import snapshots
from groupbuy.campaigns.models import Campaign, MarketClosedDay, Round
from groupbuy.campaigns.rules import Recurrence, Window, occurrences, round_name, window_for
from groupbuy.db import db
from groupbuy.leaders.models import LeaderRestDay

HORIZON = timedelta(days=7)


def due_to_plan(*, now: datetime, zone: ZoneInfo) -> Sequence[Campaign]:
    """Return published recurring campaigns whose rounds are not planned a week ahead."""
    last = now.astimezone(zone).date() + HORIZON
    return db.session.scalars(
        select(Campaign)
        .where(Campaign.state == "published", Campaign.recurrence.is_not(None))
        .where((Campaign.planned_until.is_(None)) | (Campaign.planned_until < last))
        .order_by(Campaign.id)
    ).all()


def plan_rounds(*, campaign: Campaign, now: datetime, zone: ZoneInfo) -> list[str]:
    """Make the rounds of a recurring campaign up to a week ahead; return their names.

    A cut-off that has passed already makes no round.
    """
    db.session.refresh(campaign, with_for_update=True)
    today = now.astimezone(zone).date()
    first = max(today, (campaign.planned_until or date.min) + timedelta(days=1))
    last = today + HORIZON
    made = [round_.name for round_ in _make(campaign, first, last, now, zone)] if first <= last else []
    campaign.planned_until = max(last, campaign.planned_until or last)
    db.session.flush()
    return made


def _make(campaign: Campaign, first: date, last: date, now: datetime, zone: ZoneInfo) -> Iterator[Round]:
    closed = frozenset(db.session.scalars(select(MarketClosedDay.day).where(MarketClosedDay.day >= first)))
    recurrence = Recurrence.from_json(campaign.recurrence)
    for day in occurrences(recurrence, first=first, last=last, closed_days=closed):
        window = window_for(
            day,
            open_days_before=campaign.open_days_before,
            opens=campaign.opens,
            closes=campaign.closes,
            pickup_days_after=campaign.pickup_days_after,
            zone=zone,
        )
        if window.closes_at > now:
            name = round_name(campaign.code, day, recurring=True)
            yield make_round(campaign=campaign, name=name, window=window, day=day, now=now)


def make_round(
    *, campaign: Campaign, name: str, window: Window, day: date, now: datetime, actor: str = SCHEDULER
) -> Round:
    """Make one round with a snapshot of the campaign's offers, prices and leaders.

    Leaders who rest on the day of the cut-off take no part.
    """
    resting = db.session.scalars(select(LeaderRestDay.leader_id).where(LeaderRestDay.day == day)).all()
    round_ = snapshots.take(campaign=campaign, name=name, window=window, resting=resting)
    audit.record(
        at=now, actor=actor, verb="round_planned", subject_kind="round", subject=name, after={"day": str(day)}
    )
    return round_
