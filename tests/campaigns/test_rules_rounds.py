"""A round's states, its window, and what may be ordered in it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.campaigns import rules
from groupbuy.campaigns.rules import RoundState
from groupbuy.kernel.errors import BadInput, GroupbuyError, RuleBroken

OPENS = datetime(2026, 11, 22, 1, tzinfo=UTC)
CLOSES = datetime(2026, 11, 22, 14, tzinfo=UTC)
ENDS = {RoundState.COMPLETED, RoundState.CANCELLED}

states = st.sampled_from(RoundState)
seconds = st.integers(-2 * 86400, 2 * 86400).map(lambda number: timedelta(seconds=number))


def reachable(start: RoundState) -> set[RoundState]:
    found, todo = {start}, [start]
    while todo:
        fresh = {new for new in RoundState if rules.can_move(todo[-1], new)} - found
        todo.pop()
        found |= fresh
        todo.extend(fresh)
    return found


def test_every_state_can_be_reached_and_only_ends_are_final() -> None:
    assert reachable(RoundState.DRAFT) == set(RoundState)
    assert {state for state in RoundState if reachable(state) == {state}} == ENDS


def test_a_round_walks_from_draft_to_completed() -> None:
    path = [state for state in RoundState if state is not RoundState.CANCELLED]
    assert all(rules.can_move(old, new) for old, new in pairwise(path))


@given(states)
def test_staying_is_no_move(state: RoundState) -> None:
    assert not rules.can_move(state, state)


def test_a_closed_round_neither_reopens_nor_is_cancelled() -> None:
    after = reachable(RoundState.CLOSED)
    assert not after & {RoundState.OPEN, RoundState.CLOSING, RoundState.CANCELLED}


@given(states, seconds)
def test_the_clock_decides_before_the_scheduler_has_run(state: RoundState, since_close: timedelta) -> None:
    now = CLOSES + since_close
    shown = rules.effective_state(state, OPENS, CLOSES, now)
    if state in (RoundState.SCHEDULED, RoundState.OPEN):
        assert (shown is RoundState.CLOSING) == (now >= CLOSES)
    else:
        assert shown is state


@given(states, seconds)
def test_what_the_clock_says_is_a_state_the_round_may_take(state: RoundState, since: timedelta) -> None:
    shown = rules.effective_state(state, OPENS, CLOSES, OPENS + since)
    assert shown is state or rules.can_move(state, shown)


@given(seconds)
def test_orders_pass_exactly_while_the_clock_says_open(since_opening: timedelta) -> None:
    now = OPENS + since_opening
    shown = rules.effective_state(RoundState.SCHEDULED, OPENS, CLOSES, now)
    if shown is RoundState.OPEN:
        rules.check_window(OPENS, CLOSES, now)
    else:
        with pytest.raises(RuleBroken):
            rules.check_window(OPENS, CLOSES, now)


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (OPENS - timedelta(microseconds=1), "round_not_open"),
        (CLOSES, "round_closed"),
        (CLOSES + timedelta(days=700), "round_closed"),
    ],
)
def test_outside_the_window_the_reason_is_told(now: datetime, code: str) -> None:
    with pytest.raises(RuleBroken) as failure:
        rules.check_window(OPENS, CLOSES, now)
    assert failure.value.code == code


@pytest.mark.parametrize("now", [OPENS, CLOSES - timedelta(microseconds=1)])
def test_the_window_holds_its_first_moment_and_not_its_last(now: datetime) -> None:
    rules.check_window(OPENS, CLOSES, now)


@given(st.integers(-10, 30), st.integers(1, 12), st.integers(1, 6))
def test_a_quantity_passes_only_when_every_rule_holds(quantity: int, least: int, multiple: int) -> None:
    fits = quantity >= 1 and quantity >= least and quantity % multiple == 0
    try:
        rules.check_quantity(quantity, min_order_qty=least, multiple=multiple)
        passed = True
    except GroupbuyError:
        passed = False
    assert passed == fits


@pytest.mark.parametrize(
    ("quantity", "kind", "code"),
    [
        (0, BadInput, "out_of_range"),
        (-1, BadInput, "out_of_range"),
        (1_000_001, BadInput, "out_of_range"),
        (10**30, BadInput, "out_of_range"),
        (2, RuleBroken, "below_minimum_quantity"),
        (4, RuleBroken, "not_a_multiple"),
    ],
)
def test_a_wrong_quantity_says_which_rule_it_breaks(
    quantity: int, kind: type[GroupbuyError], code: str
) -> None:
    with pytest.raises(kind) as failure:
        rules.check_quantity(quantity, min_order_qty=3, multiple=3)
    assert (failure.value.code, failure.value.param) == (code, "quantity")


def test_without_caps_a_round_is_never_full() -> None:
    assert not rules.cap_reached(10**9, 10**9, 10**12, None, None, None)


@pytest.mark.parametrize(
    ("done", "full"),
    [
        ((9, 99, 999), False),
        ((10, 0, 0), True),
        ((0, 100, 0), True),
        ((0, 0, 1000), True),
        ((11, 1, 1), True),
    ],
)
def test_any_cap_fills_a_round(done: tuple[int, int, int], full: bool) -> None:
    assert rules.cap_reached(*done, 10, 100, 1000) == full
