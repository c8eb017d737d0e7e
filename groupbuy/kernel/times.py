"""Dates and moments as people type and programs send them."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

_DATE = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})", re.ASCII)
_CLOCK = re.compile(r"\d{1,2}:\d{2}", re.ASCII)
_MOMENT = re.compile(
    r"(?P<date>[\d/-]+)[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(:(?P<second>\d{2})(\.(?P<fraction>\d{1,6})\d*)?)?\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE | re.ASCII,
)


def parse_date(text: str) -> date:
    """Read ``2026-11-22`` or ``2026/11/22``; raise ValueError for anything else."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    return date(int(match[1]), int(match[3]), int(match[4]))


def parse_moment(text: str, zone: ZoneInfo) -> datetime:
    """Read a date and time into aware UTC; without an offset it is local to ``zone``.

    ``24:00`` is the next day's 00:00. A bare date is no moment. Raise ValueError for anything else.
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    microsecond = int((match["fraction"] or "0").ljust(6, "0"))
    clock = int(match["hour"]), int(match["minute"]), int(match["second"] or 0), microsecond
    midnight = clock == (24, 0, 0, 0)
    local = datetime.combine(parse_date(match["date"]), time() if midnight else time(*clock))
    aware = local.replace(tzinfo=_offset(match["offset"]) or zone)
    try:
        return (aware + timedelta(days=midnight)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    return UTC if text in "Zz" else datetime.strptime(text, "%z").tzinfo


def local_moment(day: date, at: str, zone: ZoneInfo) -> datetime:
    """Return the UTC moment of ``HH:MM`` (``24:00`` allowed) on a local day.

    Raise ValueError for any other text. A time that a clock change leaves out is taken as if the
    clock had not changed yet, one that comes twice is the first.
    """
    if _CLOCK.fullmatch(at) is None:
        raise ValueError(at)
    return parse_moment(f"{day.isoformat()} {at}", zone)


def iso(moment: datetime) -> str:
    """Write a moment as ISO 8601 UTC with ``Z``."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
