"""Rest days as people give them: a first and a last day."""

from collections.abc import Iterable
from datetime import date, timedelta

from groupbuy.kernel.errors import BadInput

MAX_REST_DAYS = 366
DAY = timedelta(days=1)


def rest_span(first: date, last: date | None, *, today: date) -> list[date]:
    """Return the days from the first to the last; without a last one it is a single day.

    Raise BadInput for a span that begins in the past, ends before it begins or is too long.
    """
    last = last or first
    if first < today:
        raise BadInput("out_of_range", "A rest day lies today or later.", param="first")
    if last < first:
        raise BadInput("out_of_range", "The last day is not before the first.", param="last")
    if (last - first).days >= MAX_REST_DAYS:
        raise BadInput("out_of_range", f"A rest has at most {MAX_REST_DAYS} days.", param="last")
    return [first + DAY * number for number in range((last - first).days + 1)]


def as_ranges(days: Iterable[date]) -> list[tuple[date, date]]:
    """Return days as first and last days of unbroken ranges, in order."""
    ranges: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if ranges and day - ranges[-1][1] == DAY:
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges
