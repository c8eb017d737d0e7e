"""What stock is worth, when a cycle ends, rebates and the three-way match."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.kernel.errors import BadInput
from groupbuy.settlements import rules

MOVES = st.lists(st.tuples(st.integers(-50, 50).filter(bool), st.integers(0, 10**6)), max_size=30)


@given(MOVES)
def test_nothing_in_stock_is_worth_nothing_and_something_never_less(moves: list[tuple[int, int]]) -> None:
    units = fen = 0
    for change, cost in moves:
        # The stock never falls below zero: its own statement forbids it.
        moved = max(change, -units)
        if moved:
            fen += rules.value_change(units, fen, moved, cost)
            units += moved
        assert (fen == 0) if units == 0 else fen >= 0


def test_what_goes_takes_its_part_of_the_average() -> None:
    # Ten at ¥5.00 and ten at ¥6.01: twenty are worth ¥110.10, seven of them ¥38.54.
    assert rules.value_change(10, 5000, 10, 601) == 6010
    assert rules.value_change(20, 11010, -7, 601) == -3854
    assert rules.value_change(13, 7156, -13, 601) == -7156


@pytest.mark.parametrize(
    ("cycle", "end"),
    [("week", "2026-11-15T16:00"), ("half_month", "2026-11-15T16:00"), ("month", "2026-10-31T16:00")],
)
def test_a_cycle_ends_at_midnight_of_the_books(cycle: str, end: str) -> None:
    now = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
    assert rules.cycle_end(cycle, now) == datetime.fromisoformat(f"{end}+00:00")


def test_the_highest_step_reached_counts_for_all_purchases() -> None:
    steps = [[0, 0], [100_000, 100], [500_000, 250]]
    assert [rules.rebate(fen, steps) for fen in (99_999, 100_000, 500_001, -5)] == [0, 1000, 12_500, 0]


def test_steps_that_repeat_or_take_more_than_everything_are_refused() -> None:
    for steps in ([(0, 1), (0, 2)], [(0, 10_001)], [(-1, 5)]):
        with pytest.raises(BadInput):
            rules.check_steps(steps)


def test_an_invoice_of_less_at_the_agreed_cost_agrees() -> None:
    found = rules.match(accepted=10, cost_fen=500, units=6, amount_fen=3000)
    assert (found.differs, found.open_units, found.difference_fen) == (False, 4, 0)


def test_too_many_units_and_a_higher_price_both_differ() -> None:
    found = rules.match(accepted=10, cost_fen=500, units=12, amount_fen=6120)
    assert (found.excess_units, found.price_fen, found.difference_fen) == (2, 120, 1120)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**9))
def test_paying_as_invoiced_pays_the_invoice(accepted: int, units: int, cost: int, amount: int) -> None:
    found = rules.match(accepted=accepted, cost_fen=cost, units=units, amount_fen=amount)
    assert min(accepted, units) * cost + found.difference_fen == amount
