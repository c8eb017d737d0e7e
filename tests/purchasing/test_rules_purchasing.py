"""Whole cases: every ordered unit is bought, in stock, or listed as short."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.purchasing import rules
from groupbuy.purchasing.rules import CasePolicy, CaseRounding, POState

units = st.integers(0, 10**9)
sizes = st.integers(1, 10**4)
policies = st.sampled_from(CasePolicy)
DAY = date(2026, 11, 22)


def rounding(ordered: int, free: int, size: int, policy: str) -> CaseRounding:
    return rules.round_to_cases(ordered=ordered, free_stock=free, case_size=size, policy=policy)


@given(units, units, sizes, policies)
def test_no_unit_is_lost_or_made(ordered: int, free: int, size: int, policy: CasePolicy) -> None:
    found = rounding(ordered, free, size, policy)
    assert found.ordered + found.surplus == found.from_stock + found.purchased + found.shortfall
    assert found.purchased == found.cases * size
    assert min(found.from_stock, found.cases, found.surplus, found.shortfall) >= 0


@given(units, units, sizes, policies)
def test_what_does_not_fit_is_less_than_a_case_and_on_one_side(
    ordered: int, free: int, size: int, policy: CasePolicy
) -> None:
    found = rounding(ordered, free, size, policy)
    assert max(found.surplus, found.shortfall) < size
    assert (found.shortfall if policy is CasePolicy.SURPLUS else found.surplus) == 0


@given(units, units, sizes, policies)
def test_stock_is_used_up_before_anything_is_bought(
    ordered: int, free: int, size: int, policy: CasePolicy
) -> None:
    found = rounding(ordered, free, size, policy)
    assert found.from_stock <= free
    assert found.cases == 0 or found.from_stock == free


@given(units, units, policies)
def test_a_case_of_one_always_fits(ordered: int, free: int, policy: CasePolicy) -> None:
    found = rounding(ordered, free, 1, policy)
    assert (found.surplus, found.shortfall) == (0, 0)


@pytest.mark.parametrize(
    ("policy", "cases", "surplus", "shortfall"), [("surplus", 3, 4, 0), ("shortfall", 2, 0, 6)]
)
def test_the_policy_decides_about_the_last_case(
    policy: str, cases: int, surplus: int, shortfall: int
) -> None:
    found = rounding(30, 4, 10, policy)
    assert (found.from_stock, found.cases, found.surplus, found.shortfall) == (4, cases, surplus, shortfall)


@pytest.mark.parametrize(
    ("ordered", "free", "size", "policy"),
    [(-1, 0, 1, "surplus"), (1, -1, 1, "surplus"), (1, 0, 0, "surplus"), (2, 0, 2, "no policy")],
)
def test_what_cannot_be_rounded_is_refused(ordered: int, free: int, size: int, policy: str) -> None:
    with pytest.raises(ValueError, match=r"cannot round|no policy"):
        rounding(ordered, free, size, policy)


def test_an_order_walks_from_draft_to_closed() -> None:
    path = [state for state in POState if state is not POState.CANCELLED]
    assert all(rules.can_move(old, new) for old, new in pairwise(path))


@given(st.sampled_from(POState))
def test_staying_is_no_move_and_ends_are_final(state: POState) -> None:
    assert not rules.can_move(state, state)
    leads_on = any(rules.can_move(state, new) for new in POState)
    assert leads_on == (state not in (POState.CLOSED, POState.CANCELLED))


def test_what_has_arrived_cannot_be_cancelled() -> None:
    arrived = (POState.PART_RECEIVED, POState.RECEIVED, POState.CLOSED)
    assert not any(rules.can_move(state, POState.CANCELLED) for state in arrived)


@pytest.mark.parametrize(
    ("cost", "least", "below"), [(99, 100, True), (100, 100, False), (0, 0, False), (0, None, False)]
)
def test_a_purchase_is_below_the_minimum_until_it_reaches_it(
    cost: int, least: int | None, below: bool
) -> None:
    assert rules.below_minimum(cost, least) == below


def test_a_number_names_day_round_and_supplier() -> None:
    assert rules.po_number(DAY, 17, "S001") == "PO-20261122-17-S001"
    assert rules.po_number(DAY, 17, "北京/A") == "PO-20261122-17-北京~2f~A"


@given(st.text(), st.text())
def test_two_suppliers_never_share_a_number(one: str, two: str) -> None:
    assert (rules.po_number(DAY, 1, one) == rules.po_number(DAY, 1, two)) == (one == two)


@given(st.text())
def test_a_number_is_one_plain_word(code: str) -> None:
    number = rules.po_number(DAY, 1, code)
    assert not set(number) & set('/\\?#%&=+ \t\r\n\0:*"<>|')
