"""Once a month each leader gets the level that the turnover of the month before gives."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from groupbuy.kernel.times import local_moment
from groupbuy.leaders import levels
from groupbuy.orders.queries import turnover_by_leader


def last_month(now: datetime, zone: ZoneInfo) -> date:
    """Return the first day of the month before the one in which a moment lies."""
    return (now.astimezone(zone).date().replace(day=1) - timedelta(days=1)).replace(day=1)


def due_month(now: datetime, zone: ZoneInfo) -> date | None:
    """Return the month that is to be reviewed, None when there is nothing to do."""
    month = last_month(now, zone)
    return None if levels.is_reviewed(month) else month


def review(*, month: date, now: datetime, zone: ZoneInfo, actor: str) -> int | None:
    """Review a month once; return how many leaders moved, None when somebody else has done it."""
    if not levels.claim(month=month, now=now):
        return None
    after = (month + timedelta(days=31)).replace(day=1)
    start, end = (local_moment(day, "00:00", zone) for day in (month, after))
    return levels.review(sold=turnover_by_leader(start=start, end=end), now=now, actor=actor)
