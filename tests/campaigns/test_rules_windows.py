"""When a round opens and closes on the clock, and what it is called."""

import re
from datetime import date, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.campaigns import rules
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.times import iso

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = [SHANGHAI] + [ZoneInfo(name) for name in ("America/New_York", "Australia/Lord_Howe", "Africa/Cairo")]
DAY = date(2026, 11, 22)

minutes = st.integers(0, 24 * 60)
days = st.dates(date(1970, 1, 10), date(2100, 1, 1))


def wall(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def window(
    day: date, opens: str, closes: str, *, before: int = 0, after: int = 1, zone: ZoneInfo = SHANGHAI
) -> rules.Window:
    return rules.window_for(
        day, open_days_before=before, opens=opens, closes=closes, pickup_days_after=after, zone=zone
    )


def test_an_evening_round_is_written_in_utc() -> None:
    found = window(DAY, "08:00", "22:00", before=1)
    assert (iso(found.opens_at), iso(found.closes_at)) == ("2026-11-21T00:00:00Z", "2026-11-22T14:00:00Z")
    assert found.pickup_date == date(2026, 11, 23)


def test_24_00_closes_at_the_next_days_midnight() -> None:
    assert iso(window(DAY, "00:00", "24:00").closes_at) == "2026-11-22T16:00:00Z"


def test_a_short_window_keeps_its_length_where_the_clock_jumps_over_it() -> None:
    found = window(date(2026, 3, 8), "02:45", "03:15", zone=ZoneInfo("America/New_York"))
    assert found.closes_at - found.opens_at == timedelta(minutes=30)
    assert iso(found.closes_at) == "2026-03-08T07:15:00Z"


@given(days, minutes, minutes, st.integers(0, 7), st.sampled_from(ZONES))
def test_a_window_that_looks_right_on_the_wall_is_never_empty(
    day: date, opens: int, closes: int, before: int, zone: ZoneInfo
) -> None:
    if closes + before * 24 * 60 <= opens:
        with pytest.raises(BadInput):
            window(day, wall(opens), wall(closes), before=before, zone=zone)
        return
    found = window(day, wall(opens), wall(closes), before=before, zone=zone)
    assert found.opens_at < found.closes_at
    assert found.opens_at.utcoffset() == found.closes_at.utcoffset() == timedelta(0)


@given(days, minutes.filter(lambda minute: minute > 0))
def test_where_no_clock_changes_the_window_lasts_as_long_as_the_wall_shows(day: date, closes: int) -> None:
    found = window(day, "00:00", wall(closes), zone=ZoneInfo("UTC"))
    assert found.closes_at - found.opens_at == timedelta(minutes=closes)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"opens": "8 o'clock"}, "opens"),
        ({"opens": "20:00Z"}, "opens"),
        ({"closes": "24:01"}, "closes"),
        ({"closes": ""}, "closes"),
        ({"closes": "08:00"}, "closes"),
        ({"before": -1}, "open_days_before"),
        ({"before": 367}, "open_days_before"),
        ({"after": -1}, "pickup_days_after"),
        ({"after": 10**12}, "pickup_days_after"),
    ],
)
def test_a_plan_that_cannot_be_names_the_field_at_fault(change: dict[str, object], param: str) -> None:
    plan: dict[str, object] = {"opens": "08:00", "closes": "22:00"}
    with pytest.raises(BadInput) as failure:
        window(DAY, **(plan | change))  # type: ignore[arg-type] # the table mixes texts and numbers
    assert failure.value.param == param


def test_a_recurring_round_is_named_after_its_day() -> None:
    assert rules.round_name("FRUIT", DAY, True) == "FRUIT-20261122"
    assert rules.round_name("FRUIT", DAY, False) == "FRUIT"


@given(st.text("AZaz09-_.~", min_size=1, max_size=55), days)
def test_a_safe_codes_rounds_are_safe(code: str, day: date) -> None:
    assert rules.is_safe_name(rules.round_name(code, day, True))


@given(st.text(max_size=70))
def test_a_safe_name_needs_no_escape_in_a_url(text: str) -> None:
    if rules.is_safe_name(text):
        assert quote(text, safe="") == text
        assert re.fullmatch(r"[^/\\\s]{1,64}", text)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a/b", "a b", "a\n", "团购", "１", "a%2F", "x" * 65, "=1", "a\x00", "a?b", "a#b"]
)
def test_what_would_break_a_url_or_a_folder_is_no_name(text: str) -> None:
    assert not rules.is_safe_name(text)


@pytest.mark.parametrize("text", ["W52", "a", "fruit_2026.11-22~b", "...", "x" * 64])
def test_ordinary_codes_are_names(text: str) -> None:
    assert rules.is_safe_name(text)
