"""Money, moments, phones and amounts as people there write them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.kernel.money import parse_percent
from groupbuy.web.kit import filters
from tests.web.kit_pages import sample_app

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai, a Sunday.


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    sample: Flask = sample_app()
    with time_machine.travel(NOON, tick=False), sample.test_request_context("/"):
        yield


def utc(day: int, hour: int, minute: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, 11, day, hour, minute, tzinfo=UTC)


def test_a_moment_is_written_in_the_operators_zone() -> None:
    assert filters.moment(utc(22, 14)) == "11月22日 周日 22:00"


def test_a_moment_late_in_utc_belongs_to_the_next_local_day() -> None:
    assert filters.moment(utc(22, 16, 30)) == "11月23日 周一 00:30"


def test_another_year_is_named() -> None:
    assert filters.moment(utc(22, 14, year=2025)) == "2025年11月22日 周六 22:00"
    assert filters.short_moment(utc(22, 14, year=2025)) == "2025-11-22 22:00"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (utc(22, 14), "今晚 22:00"),
        (utc(22, 8), "今天 16:00"),
        (utc(23, 4), "明天 12:00"),
        (utc(21, 1), "昨天 09:00"),
        (utc(24, 4), "11月24日 周二 12:00"),
        (utc(21, 16), "今天 00:00"),
    ],
)
def test_near_times_are_named(value: datetime, text: str) -> None:
    assert filters.near(value) == text


def test_tables_get_the_short_form() -> None:
    assert filters.short_moment(utc(22, 14)) == "11-22 22:00"


def test_a_window_names_its_day_once() -> None:
    assert filters.span(utc(23, 8), utc(23, 12)) == "11月23日 周一 16:00–20:00"
    assert filters.span(utc(23, 8), utc(24, 12)) == "11月23日 周一 16:00–11月24日 周二 20:00"


def test_a_day_has_its_weekday() -> None:
    assert filters.day(date(2026, 11, 22)) == "11月22日 周日"
    assert filters.day(utc(22, 17)) == "11月23日 周一"


def test_moments_for_machines_carry_their_offset() -> None:
    assert filters.iso_moment(utc(22, 14)) == "2026-11-22T22:00:00+08:00"
    assert filters.field_moment(utc(22, 14)) == "2026-11-22T22:00"


@pytest.mark.parametrize(
    ("bp", "text"), [(850, "8.5%"), (1000, "10%"), (5, "0.05%"), (-125, "-1.25%"), (0, "0%")]
)
def test_basis_points_are_written_as_per_cent(bp: int, text: str) -> None:
    assert filters.percent(bp) == text


@given(st.integers(min_value=-100_000, max_value=100_000))
def test_a_written_per_cent_is_read_back_as_the_same_rate(bp: int) -> None:
    assert parse_percent(filters.percent(bp).removesuffix("%")) == bp


@pytest.mark.parametrize(
    ("weight", "text"), [(500, "500g"), (1000, "1kg"), (1250, "1.25kg"), (-1500, "-1.5kg")]
)
def test_weights_are_written_in_grams_or_kilograms(weight: int, text: str) -> None:
    assert filters.grams(weight) == text


def test_counts_have_separators_and_a_unit() -> None:
    assert filters.count(1900) == "1,900"
    assert filters.count(1900, "件") == "1,900 件"


def test_amounts_beside_a_sign_have_none_themselves() -> None:
    assert filters.digits(123450) == "1,234.50"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0秒"), (119, "119秒"), (120, "2分钟"), (7199, "119分钟"), (82_207, "22小时")]
)
def test_durations_are_as_exact_as_people_need_them(seconds: int, text: str) -> None:
    assert filters.duration(seconds) == text
