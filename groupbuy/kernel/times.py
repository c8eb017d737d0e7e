"""Dates and moments as people type and programs send them."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

_MOMENT = re.compile(
    r"(?P<date>\d{4}[-/]\d{1,2}[-/]\d{1,2})[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(:(?P<second>\d{2})(\.(?P<fraction>\d{1,6})\d*)?)?\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE | re.ASCII,
)


def parse_date(text: str) -> date:
    """Read ``2026-11-22`` or ``2026/11/22``; raise ValueError for anything else."""
    year, month, day = re.split(r"[-/]", text.strip())
    if not (year + month + day).isascii() or len(year) != 4:
        raise ValueError(text)
    return date(int(year), int(month), int(day))


def parse_moment(text: str, zone: ZoneInfo) -> datetime:
    """Read a date and time into aware UTC; without an offset it is local to ``zone``.

    ``24:00`` is the next day's 00:00. A bare date is no moment. Raise ValueError for anything else.
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    day = parse_date(match["date"])
    if (hour, minute, second) == (24, 0, 0):
        day, hour = day + timedelta(days=1), 0
    microsecond = int((match["fraction"] or "0").ljust(6, "0"))
    local = datetime.combine(day, time(hour, minute, second, microsecond))
    return local.replace(tzinfo=_offset(match["offset"]) or zone).astimezone(UTC)


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    return UTC if text in "Zz" else datetime.strptime(text, "%z").tzinfo


def local_moment(day: date, at: str, zone: ZoneInfo) -> datetime:
    """Return the UTC moment of ``HH:MM`` (``24:00`` allowed) on a local day."""
    return parse_moment(f"{day.isoformat()} {at}", zone)


def iso(moment: datetime) -> str:
    """Write a moment as ISO 8601 UTC with ``Z``."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
