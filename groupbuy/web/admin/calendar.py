"""The next weeks as a calendar: cut-offs, days of pickup, and days on which the market is closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from groupbuy.campaigns.models import MarketClosedDay
from groupbuy.campaigns.recurrence import Recurrence, occurrences
from groupbuy.campaigns.rules import Window, window_for
from groupbuy.db import db
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.web.admin.campaign_forms import CampaignForm
from groupbuy.web.admin.campaign_typed import recurrence_of
from groupbuy.web.kit.filters import today, zone
from groupbuy.web.kit.i18n import translate_sentence

WEEKS = 5
AHEAD = timedelta(days=366)
NEXT = 5


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the calendar."""

    day: date
    cutoff: bool
    closed: bool
    past: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """Some weeks from Monday to Sunday and the windows of the next rounds, or why there are none."""

    weeks: Sequence[Sequence[Day]]
    windows: Sequence[Window]
    error: str = ""


def preview(form: CampaignForm) -> Calendar:
    """Return what the schedule of a form means."""
    try:
        return calendar_of(
            recurrence_of(form),
            opens=(form.opens.data or "").strip(),
            closes=(form.closes.data or "").strip(),
            open_days_before=form.open_days_before.data or 0,
            pickup_days_after=form.pickup_days_after.data or 0,
        )
    except GroupbuyError as error:
        return Calendar((), (), translate_sentence(error.message))


def calendar_of(
    recurrence: Recurrence, *, opens: str, closes: str, open_days_before: int, pickup_days_after: int
) -> Calendar:
    """Return the calendar of a schedule from the week of its next cut-off; raise BadInput."""
    first = max(today(), recurrence.start)
    last = min(first + AHEAD, date.max - AHEAD) if first < date.max - AHEAD else first
    closed = frozenset(db.session.scalars(select(MarketClosedDay.day).where(MarketClosedDay.day >= first)))
    days = occurrences(recurrence, first=first, last=last, closed_days=closed)
    windows = [
        window_for(
            day,
            open_days_before=open_days_before,
            opens=opens,
            closes=closes,
            pickup_days_after=pickup_days_after,
            zone=zone(),
        )
        for day in days[:NEXT]
    ]
    monday = first - timedelta(days=first.weekday())
    grid = [monday + timedelta(days=offset) for offset in range(7 * WEEKS)]
    chosen = set(days)
    cells = [Day(day, day in chosen, day in closed, day < today()) for day in grid]
    return Calendar([cells[start : start + 7] for start in range(0, len(cells), 7)], windows)
