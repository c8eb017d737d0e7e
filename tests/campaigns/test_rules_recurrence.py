"""On which days a campaign's rounds are cut off."""

from datetime import date, timedelta
from itertools import chain, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.campaigns.recurrence import Kind, Recurrence, occurrences
from groupbuy.kernel.errors import BadInput

START = date(2026, 11, 4)  # A Wednesday.
NOWHERE_CLOSED: frozenset[date] = frozenset()

days = st.dates(date(2024, 1, 1), date(2028, 1, 1))
recurrences = st.builds(
    Recurrence,
    kind=st.sampled_from(Kind),
    start=days,
    until=st.none() | st.dates(date(2028, 1, 1), date(2030, 1, 1)),
    weekdays=st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True).map(tuple),
    every=st.integers(1, 6),
    nth=st.sampled_from([1, 2, 3, 4, 5, -1]),
)


def days_of(recurrence: Recurrence, first: str, last: str, closed: frozenset[date] = NOWHERE_CLOSED) -> str:
    """Return the days of cut-off as ``11-04 11-11``."""
    found = occurrences(
        recurrence, first=date.fromisoformat(first), last=date.fromisoformat(last), closed_days=closed
    )
    return " ".join(f"{day:%m-%d}" for day in found)


def test_once_is_one_day() -> None:
    assert days_of(Recurrence(Kind.ONCE, START), "2026-01-01", "2027-12-31") == "11-04"


def test_daily_skips_the_days_when_the_market_is_closed() -> None:
    closed = frozenset({date(2026, 11, 6)})
    assert days_of(Recurrence(Kind.DAILY, START), "2026-11-01", "2026-11-07", closed) == "11-04 11-05 11-07"


def test_weekly_falls_on_each_chosen_weekday() -> None:
    weekly = Recurrence(Kind.WEEKLY, START, weekdays=(6, 2))
    assert days_of(weekly, "2026-11-01", "2026-11-16") == "11-04 11-08 11-11 11-15"


def test_every_second_week_counts_from_the_week_of_the_start() -> None:
    fortnightly = Recurrence(Kind.EVERY_N_WEEKS, START, weekdays=(0, 4), every=2)
    assert days_of(fortnightly, "2026-11-01", "2026-12-06") == "11-06 11-16 11-20 11-30 12-04"


def test_a_week_runs_from_monday_to_sunday() -> None:
    fortnightly = Recurrence(Kind.EVERY_N_WEEKS, START, weekdays=(6, 0), every=2)
    assert days_of(fortnightly, "2026-11-01", "2026-11-30") == "11-08 11-16 11-22 11-30"


def test_the_second_tuesday_is_found_in_each_month() -> None:
    monthly = Recurrence(Kind.NTH_WEEKDAY, START, weekdays=(1,), nth=2)
    assert days_of(monthly, "2026-11-01", "2027-02-28") == "11-10 12-08 01-12 02-09"


def test_the_last_friday_may_be_the_fourth_or_the_fifth() -> None:
    monthly = Recurrence(Kind.NTH_WEEKDAY, date(2027, 1, 1), weekdays=(4,), nth=-1)
    assert days_of(monthly, "2027-01-01", "2027-03-31") == "01-29 02-26 03-26"


@given(days, st.integers(0, 6))
def test_each_month_has_one_last_of_each_weekday(day: date, weekday: int) -> None:
    first = day.replace(day=1)
    next_month = (first + timedelta(days=31)).replace(day=1)
    monthly = Recurrence(Kind.NTH_WEEKDAY, first, weekdays=(weekday,), nth=-1)
    found = occurrences(monthly, first=first, last=next_month - timedelta(days=1), closed_days=NOWHERE_CLOSED)
    assert len(found) == 1
    assert found[0] + timedelta(days=7) >= next_month


def test_a_month_without_a_fifth_has_none() -> None:
    monthly = Recurrence(Kind.NTH_WEEKDAY, date(2027, 1, 1), weekdays=(4,), nth=5)
    assert days_of(monthly, "2027-01-01", "2027-04-30") == "01-29 04-30"


def test_nothing_comes_before_the_start_or_after_the_last_day() -> None:
    short = Recurrence(Kind.DAILY, START, until=date(2026, 11, 5))
    assert days_of(short, "2020-01-01", "2030-01-01") == "11-04 11-05"


def test_the_ends_of_the_calendar_are_no_trouble() -> None:
    for kind in Kind:
        recurrence = Recurrence(kind, date.min, weekdays=(0, 4), every=3, nth=-1)
        for edge in (date.min, date.max):
            assert set(occurrences(recurrence, first=edge, last=edge, closed_days=NOWHERE_CLOSED)) <= {edge}


@given(recurrences, days, st.integers(0, 400), st.frozensets(days, max_size=5))
def test_the_days_are_in_order_within_the_range_and_open(
    recurrence: Recurrence, first: date, length: int, closed: frozenset[date]
) -> None:
    last = first + timedelta(days=length)
    found = occurrences(recurrence, first=first, last=last, closed_days=closed)
    assert found == sorted(set(found))
    assert all(max(first, recurrence.start) <= day <= last for day in found)
    assert not closed & set(found)


@given(recurrences, days, st.integers(1, 200), st.integers(0, 200))
def test_a_range_may_be_cut_in_two_without_losing_or_doubling_a_day(
    recurrence: Recurrence, first: date, one: int, two: int
) -> None:
    cut, last = first + timedelta(days=one), first + timedelta(days=one + two)
    before = occurrences(recurrence, first=first, last=cut - timedelta(days=1), closed_days=NOWHERE_CLOSED)
    after = occurrences(recurrence, first=cut, last=last, closed_days=NOWHERE_CLOSED)
    assert before + after == occurrences(recurrence, first=first, last=last, closed_days=NOWHERE_CLOSED)


@given(recurrences, days)
def test_all_days_fall_on_the_chosen_weekdays(recurrence: Recurrence, first: date) -> None:
    found = occurrences(recurrence, first=first, last=first + timedelta(days=200), closed_days=NOWHERE_CLOSED)
    if recurrence.kind not in (Kind.ONCE, Kind.DAILY):
        assert {day.weekday() for day in found} <= set(recurrence.weekdays)


@given(days, st.integers(0, 6), st.integers(1, 6))
def test_every_n_weeks_is_n_weeks_apart(start: date, weekday: int, every: int) -> None:
    recurrence = Recurrence(Kind.EVERY_N_WEEKS, start, weekdays=(weekday,), every=every)
    found = occurrences(recurrence, first=start, last=start + timedelta(days=300), closed_days=NOWHERE_CLOSED)
    assert {(later - sooner).days for sooner, later in pairwise(found)} == {7 * every}


@given(days, st.integers(0, 6))
def test_first_to_fifth_together_are_every_week(start: date, weekday: int) -> None:
    last = start + timedelta(days=120)
    weekly = Recurrence(Kind.WEEKLY, start, weekdays=(weekday,))
    parts = [Recurrence(Kind.NTH_WEEKDAY, start, weekdays=(weekday,), nth=nth) for nth in range(1, 6)]
    found = [occurrences(part, first=start, last=last, closed_days=NOWHERE_CLOSED) for part in parts]
    assert sorted(chain(*found)) == occurrences(weekly, first=start, last=last, closed_days=NOWHERE_CLOSED)


@given(recurrences)
def test_a_recurrence_survives_being_stored(recurrence: Recurrence) -> None:
    assert Recurrence.from_json(recurrence.to_json()) == recurrence


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"kind": "yearly"}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": ["once"]}, "kind"),
        ({"start": "22.11.2026"}, "start"),
        ({"start": None}, "start"),
        ({"until": 20261122}, "until"),
        ({"until": "2026-11-03"}, "until"),
        ({"weekdays": []}, "weekdays"),
        ({"weekdays": "0123"}, "weekdays"),
        ({"weekdays": [7]}, "weekdays"),
        ({"weekdays": [-1]}, "weekdays"),
        ({"weekdays": [1, 1]}, "weekdays"),
        ({"weekdays": [True]}, "weekdays"),
        ({"every": 0}, "every"),
        ({"every": 1.0}, "every"),
        ({"every": None}, "every"),
        ({"every": 53}, "every"),
        ({"nth": 0}, "nth"),
        ({"nth": 6}, "nth"),
        ({"nth": "1"}, "nth"),
        ({"hour": 3}, "hour"),
    ],
)
def test_what_is_no_recurrence_names_the_field_at_fault(change: dict[str, Any], param: str) -> None:
    plain = {"kind": "weekly", "start": "2026-11-04", "weekdays": [2], "every": 1, "nth": 1}
    with pytest.raises(BadInput) as failure:
        Recurrence.from_json(plain | change)
    assert failure.value.param == param
