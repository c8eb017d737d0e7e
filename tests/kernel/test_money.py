"""Money: nothing is lost, nothing is made, and no text is rounded in silence."""

from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.kernel import money

fens = st.integers(-money.MAX_FEN, money.MAX_FEN)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=50)


@given(fens)
def test_fen_survive_being_written_and_read(fen: int) -> None:
    assert money.parse_yuan(money.plain_yuan(fen)) == fen


@given(fens)
def test_people_and_programs_are_shown_the_same_amount(fen: int) -> None:
    assert money.format_yuan(fen).replace("¥", "").replace(",", "") == money.plain_yuan(fen)


@pytest.mark.parametrize(
    ("fen", "shown"),
    [(0, "¥0.00"), (-5, "-¥0.05"), (123450, "¥1,234.50"), (-100000000, "-¥1,000,000.00")],
)
def test_yuan_are_shown_with_groups_and_two_decimals(fen: int, shown: str) -> None:
    assert money.format_yuan(fen) == shown


@pytest.mark.parametrize(
    ("text", "fen"),
    [("0", 0), ("-0.00", 0), ("007", 700), ("1.5", 150), ("1.50", 150), ("-0.01", -1)],
)
def test_plain_decimals_are_read(text: str, fen: int) -> None:
    assert money.parse_yuan(text) == fen


@pytest.mark.parametrize(
    "text",
    ["", " ", "1.", ".5", "+1", "1e3", "1,000", "NaN", "inf", "１", "٣", "1 ", "--1", "¥1", "0x1", "1\n"],
)
def test_what_is_no_plain_decimal_is_no_number(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- the text itself is the message
        money.parse_yuan(text)


@pytest.mark.parametrize(
    "text",
    [
        "0.001",
        "1.500",
        "1." + "0" * 40 + "1",
        "1000000000000.01",
        "-1000000000000.01",
        "9" * 5000,
        "0." + "3" * 5000,
    ],
)
def test_what_does_not_fit_whole_fen_overflows(text: str) -> None:
    with pytest.raises(OverflowError):
        money.parse_yuan(text)


@given(st.text())
def test_no_text_fails_in_another_way(text: str) -> None:
    try:
        money.parse_yuan(text)
    except (ValueError, OverflowError):
        return
    assert Decimal(text) == Decimal(money.parse_yuan(text)).scaleb(-2)


@given(st.integers(0, 4), st.data())
def test_a_decimal_is_read_exactly_or_refused(places: int, data: st.DataObject) -> None:
    value = data.draw(st.decimals(-(10**11), 10**11, places=places))
    if places <= 2:
        assert money.parse_yuan(f"{value:f}") == value * 100
    else:
        with pytest.raises(OverflowError):
            money.parse_yuan(f"{value:f}")


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**12))
def test_dividing_rounds_half_away_from_zero(numerator: int, denominator: int) -> None:
    quotient = money.divide_half_up(numerator, denominator)
    assert 2 * abs(quotient * denominator - numerator) <= denominator
    assert money.divide_half_up(-numerator, denominator) == -quotient


@given(st.integers(0, 10**15), st.integers(1, 10**9))
def test_an_exact_half_goes_away_from_zero(whole: int, half: int) -> None:
    numerator = (2 * whole + 1) * half
    assert money.divide_half_up(numerator, 2 * half) == whole + 1
    assert money.divide_half_up(-numerator, 2 * half) == -whole - 1


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_dividing_agrees_with_decimal(numerator: int, denominator: int) -> None:
    expected = (Decimal(numerator) / denominator).quantize(Decimal(1), ROUND_HALF_UP)
    assert money.divide_half_up(numerator, denominator) == expected


def test_percentages_are_read_into_basis_points() -> None:
    assert money.parse_percent("8.25") == 825
    assert money.share_bp(1000, money.parse_percent("8.25")) == 83


@given(fens, st.integers(0, money.BASIS))
def test_a_share_and_what_it_leaves_stay_within_the_amount(amount: int, rate_bp: int) -> None:
    assert abs(money.share_bp(amount, rate_bp)) <= abs(amount)
    assert money.share_bp(amount, money.BASIS) == amount
    assert money.share_bp(-amount, rate_bp) == -money.share_bp(amount, rate_bp)


@given(st.integers(0, 10**12), st.integers(0, money.BASIS))
def test_the_sum_done_in_sql_is_the_same_share(amount: int, rate_bp: int) -> None:
    assert (amount * rate_bp + 5000) // 10000 == money.share_bp(amount, rate_bp)


@given(fens, weights)
def test_the_parts_of_a_split_add_up(total: int, given_weights: list[int]) -> None:
    assert sum(money.split(total, given_weights)) == total


@given(fens, weights.filter(any))
def test_each_part_is_within_one_fen_of_its_exact_share(total: int, given_weights: list[int]) -> None:
    whole = sum(given_weights)
    for part, weight in zip(money.split(total, given_weights), given_weights, strict=True):
        assert abs(part * whole - total * weight) < whole
        assert part == 0 or weight > 0


@given(fens, weights)
def test_who_weighs_more_never_gets_less(total: int, given_weights: list[int]) -> None:
    parts = [abs(part) for part in money.split(total, given_weights)]
    paired = sorted(zip(given_weights, parts, strict=True))
    heavier = [(a, b) for a, b in pairwise(paired) if a[0] < b[0]]
    assert all(light[1] <= heavy[1] for light, heavy in heavier)


@given(fens, st.integers(1, 30))
def test_a_split_over_nothing_but_zeros_is_even(total: int, count: int) -> None:
    parts = money.split(total, [0] * count)
    assert max(parts) - min(parts) <= 1


@pytest.mark.parametrize("bad", [[], [-1], [3, -1]])
def test_a_split_over_nobody_is_refused(bad: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        money.split(100, bad)


def test_equal_remainders_favour_the_earlier_part() -> None:
    assert money.split(100, [1, 1, 1]) == [34, 33, 33]
    assert money.split(-100, [1, 1, 1]) == [-34, -33, -33]
