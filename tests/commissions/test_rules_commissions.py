"""Commissions: the right rate, to the fen, and rows that always end at what is due."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.commissions import rules
from groupbuy.commissions.rules import Rate, Scope, Tier
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import share_bp

amounts = st.integers(0, 10**11)
basis_points = st.integers(0, 10_000)
starts = st.lists(st.integers(1, 10**11), max_size=5, unique=True).map(lambda more: [0, *sorted(more)])
tiers = starts.flatmap(
    lambda froms: st.tuples(*(st.builds(Tier, st.just(start), basis_points) for start in froms))
)
rates = (
    st.builds(lambda rate_bp: Rate(rate_bp=rate_bp), basis_points)
    | st.builds(lambda fen: Rate(fixed_fen=fen), st.integers(0, 10**6))
    | st.builds(lambda some: Rate(tiers=some), tiers)
)


@given(rates)
def test_a_rate_survives_being_stored(rate: Rate) -> None:
    assert Rate.from_json(rate.to_json()) == rate


@given(amounts, st.integers(1, 1000), basis_points)
def test_a_percentage_is_of_the_lines_amount(amount: int, units: int, rate_bp: int) -> None:
    due = rules.line_commission(Rate(rate_bp=rate_bp), amount_fen=amount, units=units, turnover_fen=amount)
    assert due == share_bp(amount, rate_bp) == (amount * rate_bp + 5000) // 10000


@given(amounts, st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_fixed_amount_is_for_each_unit(amount: int, units: int, fen: int) -> None:
    due = rules.line_commission(Rate(fixed_fen=fen), amount_fen=amount, units=units, turnover_fen=0)
    assert due == fen * units


@given(amounts, tiers, amounts)
def test_tiers_are_the_percentage_that_the_turnover_reached(
    amount: int, some: tuple[Tier, ...], turnover: int
) -> None:
    due = rules.line_commission(Rate(tiers=some), amount_fen=amount, units=1, turnover_fen=turnover)
    reached = max((tier for tier in some if tier.from_fen <= turnover), key=lambda tier: tier.from_fen)
    assert due == share_bp(amount, reached.rate_bp)


@pytest.mark.parametrize(
    ("turnover", "rate_bp"), [(-1, 500), (0, 500), (99_999, 500), (100_000, 800), (10**12, 1000)]
)
def test_a_tier_begins_at_its_own_turnover(turnover: int, rate_bp: int) -> None:
    some = (Tier(0, 500), Tier(100_000, 800), Tier(500_000, 1000))
    assert rules.tier_rate(some, turnover) == rate_bp


def test_half_a_fen_is_rounded_up() -> None:
    due = rules.line_commission(Rate(rate_bp=1000), amount_fen=1995, units=1, turnover_fen=0)
    assert due == 200


@given(rates, amounts, st.integers(1, 100))
def test_a_commission_is_never_negative(rate: Rate, amount: int, units: int) -> None:
    assert rules.line_commission(rate, amount_fen=amount, units=units, turnover_fen=amount) >= 0


@given(st.lists(st.tuples(amounts, st.integers(0, 50)), min_size=1, max_size=20), rates)
def test_rows_always_add_up_to_the_share_due_at_the_end(kept: list[tuple[int, int]], rate: Rate) -> None:
    rows: list[int] = []
    for amount, units in kept:
        due = rules.line_commission(rate, amount_fen=amount, units=units, turnover_fen=10**6)
        rows.append(rules.next_row(due, rows))
        assert sum(rows) == due


@given(rates, amounts)
def test_a_full_refund_leaves_nothing(rate: Rate, amount: int) -> None:
    booked = rules.line_commission(rate, amount_fen=amount, units=2, turnover_fen=amount)
    due = rules.line_commission(rate, amount_fen=0, units=0, turnover_fen=amount)
    assert rules.next_row(due, [booked]) == -booked


@given(st.dictionaries(st.sampled_from(Scope), st.integers(0, 5)))
def test_the_most_particular_rule_wins_even_when_it_is_nothing(found: dict[Scope, int]) -> None:
    ranks = ["product", "category", "leader", "level", "default"]
    first = min(found, key=lambda scope: ranks.index(scope.value), default=None)
    assert rules.pick(found) == (None if first is None else found[first])


@pytest.mark.parametrize(
    ("plain", "code"),
    [
        ({}, "inconsistent"),
        ({"tiers": []}, "inconsistent"),
        ({"rate_bp": 100, "fixed_fen": 1}, "inconsistent"),
        ({"rate_bp": 0, "tiers": [{"from_fen": 0, "rate_bp": 0}]}, "inconsistent"),
        ({"rate_bp": 10_001}, "out_of_range"),
        ({"rate_bp": -1}, "out_of_range"),
        ({"fixed_fen": -1}, "out_of_range"),
        ({"fixed_fen": 10**15}, "out_of_range"),
        ({"rate_bp": 8.5}, "not_a_number"),
        ({"rate_bp": None}, "not_a_number"),
        ({"fixed_fen": True}, "not_a_number"),
        ({"percent": 8}, "unknown_field"),
        ({"tiers": "5"}, "inconsistent"),
        ({"tiers": [5]}, "inconsistent"),
        ({"tiers": [{"from_fen": 1, "rate_bp": 5}]}, "inconsistent"),
        ({"tiers": [{"from_fen": 0, "rate_bp": 5}, {"from_fen": 0, "rate_bp": 6}]}, "inconsistent"),
        ({"tiers": [{"from_fen": 0, "rate_bp": 10_001}]}, "out_of_range"),
        ({"tiers": [{"from_fen": 0}]}, "not_a_number"),
        ({"tiers": [{"from_fen": 0, "rate_bp": 5, "to": 9}]}, "unknown_field"),
    ],
)
def test_what_is_no_rate_is_refused(plain: dict[str, Any], code: str) -> None:
    with pytest.raises(BadInput) as failure:
        Rate.from_json(plain)
    assert failure.value.code == code


@given(st.integers().filter(lambda rate_bp: not 0 <= rate_bp <= 10_000))
def test_a_rate_above_the_whole_is_refused(rate_bp: int) -> None:
    with pytest.raises(BadInput):
        Rate(rate_bp=rate_bp)
