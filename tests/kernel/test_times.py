"""Dates and moments: one meaning for each text, ValueError for the rest."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.kernel import clock, times

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")

days = st.dates(date(1900, 1, 1), date(2200, 1, 1))
moments = st.builds(
    lambda seconds, micro: datetime(1900, 1, 1, tzinfo=UTC) + timedelta(0, seconds, micro),
    st.integers(0, 300 * 365 * 86400),
    st.integers(0, 999_999),
)
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59)


def offset_text(minutes: int, colon: str) -> str:
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}{colon}{abs(minutes) % 60:02d}"


@given(moments)
def test_a_moment_survives_being_written_and_read(moment: datetime) -> None:
    assert times.parse_moment(times.iso(moment), SHANGHAI) == moment


@given(moments, offsets, st.sampled_from([":", ""]), st.sampled_from(["T", " ", "t"]))
def test_an_offset_wins_over_the_zone(moment: datetime, minutes: int, colon: str, mark: str) -> None:
    local = (moment + timedelta(minutes=minutes)).strftime(f"%Y-%m-%d{mark}%H:%M:%S.%f")
    assert times.parse_moment(local + offset_text(minutes, colon), SHANGHAI) == moment


@given(days)
def test_24_00_is_the_next_days_midnight(day: date) -> None:
    next_midnight = times.local_moment(day + timedelta(days=1), "00:00", SHANGHAI)
    assert times.local_moment(day, "24:00", SHANGHAI) == next_midnight


@given(days, st.times())
def test_without_an_offset_the_wall_clock_of_the_zone_counts(day: date, at: time) -> None:
    moment = times.local_moment(day, f"{at:%H:%M}", NEW_YORK)
    shown = moment.astimezone(NEW_YORK)
    left_out = shown.strftime("%H:%M") != f"{at:%H:%M}"
    assert moment.utcoffset() == timedelta(0)
    assert not left_out or shown.utcoffset() != (shown - timedelta(days=1)).utcoffset()


def test_a_time_left_out_by_the_clock_change_is_an_hour_later_on_the_wall() -> None:
    assert times.iso(times.local_moment(date(2026, 3, 8), "02:30", NEW_YORK)) == "2026-03-08T07:30:00Z"


def test_a_time_that_comes_twice_is_the_first() -> None:
    assert times.iso(times.local_moment(date(2026, 11, 1), "01:30", NEW_YORK)) == "2026-11-01T05:30:00Z"


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-22 22:00", "2026-11-22T14:00:00Z"),
        ("2026/1/2 9:05", "2026-01-02T01:05:00Z"),
        (" 2026-11-22T24:00:00 ", "2026-11-22T16:00:00Z"),
        ("2026-11-22T22:00:00Z", "2026-11-22T22:00:00Z"),
        ("2026-11-22 22:00 +0900", "2026-11-22T13:00:00Z"),
        ("2026-11-22T22:00:01.5", "2026-11-22T14:00:01.500000Z"),
    ],
)
def test_the_usual_ways_of_writing_are_read(text: str, utc: str) -> None:
    assert times.iso(times.parse_moment(text, SHANGHAI)) == utc


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22",
        "22:00",
        "2026-02-30 10:00",
        "2026-11-22 24:01",
        "2026-11-22 24:00:00.5",
        "2026-11-22 10:60",
        "2026-11/22 10:00",
        "26-11-22 10:00",
        "2026-11-22 10:00+24:00",
        "2026-11-22 10:00+08:60",
        "0001-01-01 00:00",
        "9999-12-31 24:00",
        "9999-12-31 23:00-10:00",
        "２０２６-11-22 10:00",
        "2026-11-22 10",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- whose message it is does not matter
        times.parse_moment(text, SHANGHAI)


@given(st.text() | st.from_regex(r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}([T ][0-9:.+Z-]*)?", fullmatch=True))
def test_no_text_fails_in_another_way(text: str) -> None:
    for read in (times.parse_date, lambda text: times.parse_moment(text, SHANGHAI)):
        try:
            read(text)
        except ValueError:
            continue


@given(days)
def test_a_day_survives_being_written_and_read(day: date) -> None:
    assert times.parse_date(day.isoformat()) == day
    assert times.parse_date(f"{day.year}/{day.month}/{day.day}") == day


@pytest.mark.parametrize(
    "text", ["2026-1_0-01", "2026- 1-01", "2026-+1-01", "2026-11/22", "٢٠٢٦-11-22", "2026-13-01"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- whose message it is does not matter
        times.parse_date(text)


@pytest.mark.parametrize("text", ["", "20:00Z", "20:00:00", "20:00+09:00", "25:00", "20", " 20:00"])
def test_a_time_of_the_day_is_hours_and_minutes_only(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- whose message it is does not matter
        times.local_moment(date(2026, 11, 22), text, SHANGHAI)


def test_the_clock_is_aware_and_durations_never_run_back() -> None:
    before = clock.monotonic_seconds()
    assert clock.utc_now().tzinfo is UTC
    assert clock.monotonic_seconds() >= before
