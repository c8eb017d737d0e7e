"""On which days a campaign opens a round. Pure, as ``rules`` is."""

import calendar
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.times import parse_date


class Kind(StrEnum):
    """Name the ways in which a campaign recurs."""

    ONCE = "once"
    DAILY = "daily"
    WEEKLY = "weekly"
    EVERY_N_WEEKS = "every_n_weeks"
    NTH_WEEKDAY = "nth_weekday"


_BY_WEEKDAY = (Kind.WEEKLY, Kind.EVERY_N_WEEKS, Kind.NTH_WEEKDAY)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Say on which local days a campaign's rounds are cut off.

    ``weekdays`` count from Monday = 0. ``every`` is the n of every_n_weeks, counted in calendar weeks
    from the week of ``start``. ``nth`` is 1 to 5, or -1 for the month's last; a month without a fifth
    has none. ``until`` is included. A field that the kind does not use keeps its default.
    """

    kind: Kind
    start: date
    until: date | None = None
    weekdays: tuple[int, ...] = ()
    every: int = 1
    nth: int = 1

    def __post_init__(self) -> None:
        self.validate()

    def validate(self) -> None:
        """Raise BadInput that names the field at fault."""
        days = set(self.weekdays)
        if len(days) < len(self.weekdays) or not days <= set(range(7)):
            raise BadInput("out_of_range", "Weekdays are 0 (Monday) to 6, each once.", param="weekdays")
        if self.kind in _BY_WEEKDAY and not days:
            raise BadInput("required", "Choose at least one weekday.", param="weekdays")
        if not 1 <= self.every <= 52:
            raise BadInput("out_of_range", "Every 1 to 52 weeks.", param="every")
        if self.nth not in (1, 2, 3, 4, 5, -1):
            raise BadInput("out_of_range", "The first to fifth, or -1 for the last.", param="nth")
        if self.until is not None and self.until < self.start:
            raise BadInput("out_of_range", "The last day is before the first.", param="until")

    def to_json(self) -> dict[str, Any]:
        """Return a plain dict that ``from_json`` reads back to an equal value."""
        plain = asdict(self)
        plain["start"] = self.start.isoformat()
        plain["until"] = self.until and self.until.isoformat()
        return plain | {"kind": self.kind.value, "weekdays": list(self.weekdays)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Recurrence":
        """Read a plain dict; raise BadInput for anything that is no recurrence."""
        known = {"kind", "start", "until", "weekdays", "every", "nth"}
        if unknown := sorted(set(plain) - known):
            raise BadInput("unknown_field", f"A recurrence has no {unknown[0]}.", param=unknown[0])
        return cls(
            kind=_read_kind(plain.get("kind")),
            start=_read_date(plain.get("start"), "start"),
            until=None if plain.get("until") is None else _read_date(plain["until"], "until"),
            weekdays=_read_whole_numbers(plain.get("weekdays", []), "weekdays"),
            every=_read_whole_numbers([plain.get("every", 1)], "every")[0],
            nth=_read_whole_numbers([plain.get("nth", 1)], "nth")[0],
        )


def _read_kind(value: object) -> Kind:
    if not isinstance(value, str) or value not in list(Kind):
        raise BadInput("unknown_kind", f"A recurrence is one of {', '.join(Kind)}.", param="kind")
    return Kind(value)


def _read_date(value: object, param: str) -> date:
    try:
        return parse_date(value if isinstance(value, str) else "")
    except ValueError as error:
        raise BadInput("not_a_date", "Write the day as 2026-11-22.", param=param) from error


def _read_whole_numbers(values: object, param: str) -> tuple[int, ...]:
    # A JSON true is an int to Python, but no number to people.
    if not isinstance(values, list | tuple) or any(type(value) is not int for value in values):
        raise BadInput("not_a_number", "Write whole numbers.", param=param)
    return tuple(values)


def occurrences(
    recurrence: Recurrence, *, first: date, last: date, closed_days: frozenset[date]
) -> list[date]:
    """Return the days of cut-off from ``first`` to ``last``, both included, in order.

    Market-closed days are skipped, not moved; this holds for ``once`` too.
    """
    begin = max(first, recurrence.start).toordinal()
    end = min(last, recurrence.until or last).toordinal()
    days = (date.fromordinal(ordinal) for ordinal in range(begin, end + 1))
    return [day for day in days if day not in closed_days and _falls_on(recurrence, day)]


def _falls_on(recurrence: Recurrence, day: date) -> bool:
    if recurrence.kind is Kind.ONCE:
        return day == recurrence.start
    if recurrence.kind is Kind.DAILY:
        return True
    if day.weekday() not in recurrence.weekdays:
        return False
    if recurrence.kind is Kind.EVERY_N_WEEKS:
        return (_week(day) - _week(recurrence.start)) % recurrence.every == 0
    return recurrence.kind is Kind.WEEKLY or _is_nth(day, recurrence.nth)


def _week(day: date) -> int:
    # Day 1 of the calendar, 0001-01-01, is a Monday.
    return (day.toordinal() - 1) // 7


def _is_nth(day: date, nth: int) -> bool:
    if nth == -1:
        return day.day + 7 > calendar.monthrange(day.year, day.month)[1]
    return (day.day - 1) // 7 + 1 == nth
