"""Entries and balances, for all amounts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.finance import rules
from groupbuy.finance.rules import Entry
from groupbuy.kernel.errors import BadInput

ACCOUNTS = st.sampled_from(
    ["wallet:resident:1", "cash:leader:3", "income:sales", "resident:1", "channel:bank"]
)
MOMENTS = st.integers(10**9, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    debit, credit = draw(st.lists(ACCOUNTS, min_size=2, max_size=2, unique=True))
    return Entry(debit, credit, draw(st.integers(1, 10**9)), "test", str(draw(st.integers(1, 99))))


@given(st.lists(entries()))
def test_all_accounts_together_are_zero(rows: list[Entry]) -> None:
    assert sum(rules.changes(rows).values()) == 0


@given(st.integers(-(10**9), 10**9))
def test_a_move_and_its_opposite_cancel_out(amount: int) -> None:
    there = rules.move("income:sales", "resident:1", amount, cause_kind="t", cause_id="1", part="1")
    back = rules.move("income:sales", "resident:1", -amount, cause_kind="t", cause_id="1", part="2")
    assert not any(rules.changes([*there, *back]).values())


@given(MOMENTS)
def test_a_moment_lies_in_its_own_month_only(moment: datetime) -> None:
    first, after = rules.period_bounds(rules.period_of(moment))
    assert first <= moment < after
    assert rules.period_of(after) != rules.period_of(after - timedelta(microseconds=1))


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-00", "1999-01", "２０２６-01", "9999-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        rules.period_bounds(text)


@pytest.mark.parametrize(
    ("debit", "credit", "amount"),
    [("income:sales", "income:sales", 1), ("income:sales", "resident:1", 0), ("nothing:x", "resident:1", 1)],
)
def test_an_entry_that_moves_nothing_cannot_be_made(debit: str, credit: str, amount: int) -> None:
    with pytest.raises(ValueError, match=r"account|moves"):
        Entry(debit, credit, amount, "test", "1")
