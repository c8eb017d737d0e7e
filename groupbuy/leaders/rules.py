"""How somebody becomes a leader and stops being one, rest days, and how far pickup points are."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt

from groupbuy.kernel.errors import BadInput, RuleBroken

MAX_NAME, MAX_COMMUNITY, MAX_ADDRESS, MAX_WHY = 30, 100, 200, 500
MAX_AGREEMENT = 20_000
MAX_EMAIL = 200
MAX_REST_DAYS = 366
DAY = timedelta(days=1)
# Degrees are kept in millionths, which is a tenth of a metre.
E6 = 1_000_000
EARTH_M = 6_371_000
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+", re.ASCII)
_DEGREES = re.compile(r"-?\d{1,3}(\.\d{1,20})?", re.ASCII)


class LeaderState(StrEnum):
    """Name where a leader stands; ``reviewed`` is approved, with the agreement still to be accepted."""

    APPLIED = "applied"
    REVIEWED = "reviewed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXITED = "exited"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Rung:
    """A level that a month's turnover in fen gives."""

    level_id: int
    min_fen: int


def next_level(ladder: Sequence[Rung], current: int | None, sold_fen: int) -> int | None:
    """Return the level after a month: up to what was reached, down by one rung at most, None below all.

    The ladder stands in the order of its turnovers; ``current`` is on it, or None.
    """
    steps = [None, *(rung.level_id for rung in ladder)]
    reached = sum(sold_fen >= rung.min_fen for rung in ladder)
    return steps[max(reached, steps.index(current) - 1)]


_S = LeaderState
# What operators decide. Only who applied gets from reviewed to active, by accepting the agreement.
DECISIONS: Mapping[str, frozenset[str]] = {
    _S.APPLIED: frozenset({_S.REVIEWED, _S.REJECTED}),
    _S.REVIEWED: frozenset({_S.REJECTED}),
    _S.ACTIVE: frozenset({_S.SUSPENDED, _S.EXITED}),
    _S.SUSPENDED: frozenset({_S.ACTIVE, _S.EXITED}),
    _S.EXITED: frozenset({_S.REVIEWED}),
    _S.REJECTED: frozenset({_S.REVIEWED}),
}
REASON_NEEDED = frozenset({_S.REJECTED, _S.SUSPENDED, _S.EXITED})


def check_decision(former: str, state: str, reason: str) -> None:
    """Raise RuleBroken ``wrong_state`` for an impossible step, BadInput for one that lacks its reason."""
    if state not in DECISIONS.get(former, ()):
        raise RuleBroken("wrong_state", f"A leader cannot go from {former} to {state}.")
    if state in REASON_NEEDED and not reason.strip():
        raise BadInput("required", "Say why; the leader reads it.", param="reason")


def check_may_apply(state: str | None) -> None:
    """Raise RuleBroken for somebody whose application is under way or who is a leader; None is nobody yet."""
    if state == _S.APPLIED:
        raise RuleBroken("already_applied", "You have applied already; the operator decides soon.")
    if state == _S.REVIEWED:
        raise RuleBroken("already_approved", "You are approved already; accept the agreement to begin.")
    if state == _S.ACTIVE:
        raise RuleBroken("already_leader", "You are a leader already.")
    if state == _S.SUSPENDED:
        raise RuleBroken("suspended", "You are a leader already, suspended at present; ask the operator.")


def check_email(text: str) -> str:
    """Return one mail address, trimmed; raise BadInput."""
    plain = text.strip()
    if len(plain) > MAX_EMAIL or not _EMAIL.fullmatch(plain):
        raise BadInput("out_of_range", "Write one mail address, such as name@example.com.", param="email")
    return plain


def check_text(text: str, *, most: int, param: str) -> str:
    """Return a text of 1 to ``most`` characters, trimmed; raise BadInput."""
    plain = text.replace("\r\n", "\n").strip()
    if not plain:
        raise BadInput("required", "Please fill this in.", param=param)
    if len(plain) > most or not all(char.isprintable() or char == "\n" for char in plain):
        raise BadInput(
            "too_long", f"At most {most} characters, and nothing that cannot be read.", param=param
        )
    return plain


def check_goods_hours(first: int | None, last: int | None) -> None:
    """Raise BadInput unless goods are taken until later than they are taken from, in minutes of the day."""
    if last is not None and last <= (first or 0):
        raise BadInput("out_of_range", "Choose a later time.", param="goods_until_min")


def check_place(latitude_e6: int | None, longitude_e6: int | None) -> tuple[int, int] | None:
    """Return a place in millionths of a degree, None where none is given; raise BadInput for half of one."""
    if latitude_e6 is None and longitude_e6 is None:
        return None
    if latitude_e6 is None or longitude_e6 is None:
        raise BadInput("required", "Give both latitude and longitude, or neither.", param="latitude")
    if abs(latitude_e6) > 90 * E6 or abs(longitude_e6) > 180 * E6:
        raise BadInput("out_of_range", "There is no such place on Earth.", param="latitude")
    return latitude_e6, longitude_e6


def distance_m(here: tuple[int, int], there: tuple[int, int]) -> int:
    """Return the great-circle distance of two places in metres (haversine formula)."""
    lat_a, lon_a, lat_b, lon_b = (radians(value / E6) for value in (*here, *there))
    half = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return round(2 * EARTH_M * asin(sqrt(min(half, 1.0))))


def parse_degrees(text: str) -> int:
    """Return a decimal number of degrees in millionths, further digits rounded; raise ValueError."""
    if not _DEGREES.fullmatch(text):
        raise ValueError(f"{text!r} is no number of degrees")
    return int((Decimal(text) * E6).to_integral_value(ROUND_HALF_UP))


def format_degrees(value_e6: int) -> str:
    """Return millionths of a degree as a decimal number."""
    sign, whole = "-" if value_e6 < 0 else "", abs(value_e6)
    return f"{sign}{whole // E6}.{whole % E6:06d}"


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
