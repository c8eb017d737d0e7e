"""Who gets what when too little came."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.warehouse.rules import (
    Basket,
    Claim,
    Policy,
    allocate,
    confirmations_needed,
    equal_shares,
    most_without_asking,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def claim(
    line: int, units: int, *, leader: int = 1, minute: int = 0, price: int = 100, who: int = 0
) -> Claim:
    return Claim(
        line, line, who or line, leader, NOON + timedelta(minutes=minute), units, price, units * price
    )


@st.composite
def days(draw: st.DrawFn) -> tuple[list[Claim], int, dict[int, Basket]]:
    """Return claims of an offer, what is there of it, and the baskets of who claims."""
    numbers = st.integers(0, 3)
    claims = [
        claim(line, units, leader=draw(numbers), minute=draw(numbers), price=price, who=draw(numbers) + 1)
        for line, (units, price) in enumerate(
            draw(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5000)), max_size=12))
        )
    ]
    baskets = {who: Basket(draw(st.integers(0, 10**6)), draw(st.integers(0, 1000))) for who in range(1, 5)}
    return claims, draw(st.integers(0, 120)), baskets


@given(days(), st.sampled_from(Policy))
def test_the_parts_add_up_and_nobody_gets_more_than_was_wanted(
    day: tuple[list[Claim], int, dict[int, Basket]], policy: Policy
) -> None:
    claims, there, baskets = day
    got = allocate(policy, claims, there, baskets)
    assert sum(got.values()) == min(there, sum(one.units for one in claims))
    assert all(0 <= got[one.line_id] <= one.units for one in claims)


@given(days(), st.sampled_from(Policy), st.randoms())
def test_the_order_in_which_claims_are_read_changes_nothing(
    day: tuple[list[Claim], int, dict[int, Basket]], policy: Policy, random: object
) -> None:
    claims, there, baskets = day
    shuffled = claims[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined] # It is a Random.
    assert allocate(policy, claims, there, baskets) == allocate(policy, shuffled, there, baskets)


@given(days())
def test_first_come_serves_nobody_before_all_earlier_ones_are_served(
    day: tuple[list[Claim], int, dict[int, Basket]],
) -> None:
    claims, there, _ = day
    got = allocate(Policy.FIRST_COME, claims, there, {})
    in_turn = sorted(claims, key=lambda one: (one.placed_at, one.line_id))
    short = [one for one in in_turn if got[one.line_id] < one.units]
    after = in_turn[in_turn.index(short[0]) + 1 :] if short else []
    assert all(got[one.line_id] == 0 for one in after)


@given(days())
def test_pro_rata_is_within_one_unit_of_the_exact_part(
    day: tuple[list[Claim], int, dict[int, Basket]],
) -> None:
    claims, there, _ = day
    wanted = sum(one.units for one in claims)
    got = allocate(Policy.PRO_RATA, claims, there, {})
    given_out = min(there, wanted)
    assert all(abs(got[one.line_id] * wanted - given_out * one.units) < max(wanted, 1) for one in claims)


@given(st.lists(st.integers(0, 50), max_size=9), st.integers(0, 200))
def test_equal_shares_differ_by_one_unit_at_most_among_those_who_want_more(
    wants: list[int], there: int
) -> None:
    shares = equal_shares(wants, there)
    assert sum(shares) == min(there, sum(wants))
    unsated = [share for share, want in zip(shares, wants, strict=True) if share < want]
    assert not unsated or max(shares) - min(unsated) <= 1


@given(days())
def test_fair_by_money_could_not_spare_the_hardest_hit(
    day: tuple[list[Claim], int, dict[int, Basket]],
) -> None:
    claims, there, baskets = day
    got = allocate(Policy.FAIR_BY_MONEY, claims, there, baskets)
    lost = {who: basket.lost_fen for who, basket in baskets.items()}
    for one in claims:
        lost[one.resident_id] += (one.units - got[one.line_id]) * one.price_fen

    def part(who: int, more_fen: int) -> int:
        return (lost[who] + more_fen) * 10**9 // max(baskets[who].ordered_fen, 1)

    # Whoever still has a unit would, without it, be hit at least as hard as anybody who lost one.
    still = [part(one.resident_id, one.price_fen) for one in claims if got[one.line_id]]
    hit = [part(one.resident_id, 0) for one in claims if got[one.line_id] < one.units and one.price_fen]
    paid_alike = len({one.price_fen for one in claims}) == 1
    assert not paid_alike or not still or not hit or min(still) >= max(hit)


def test_the_policies_by_hand() -> None:
    # 10 units are wanted, 6 came. Anna (leader 1) ordered first, then Berta (leader 1), Clara (leader 2).
    claims = [claim(1, 5, leader=1), claim(2, 2, leader=1, minute=1), claim(3, 3, leader=2, minute=2)]
    assert allocate(Policy.FIRST_COME, claims, 6, {}) == {1: 5, 2: 1, 3: 0}
    # 6/10 of 5, 2, 3 is 3.0, 1.2, 1.8: whole parts 3, 1, 1, and the last unit for the largest remainder.
    assert allocate(Policy.PRO_RATA, claims, 6, {}) == {1: 3, 2: 1, 3: 2}
    # 3 units for each leader; within leader 1 Anna came first.
    assert allocate(Policy.EQUAL_PER_LEADER, claims, 6, {}) == {1: 3, 2: 0, 3: 3}
    # Baskets ¥10, ¥2, ¥20 at ¥1 each: the four units lost are 5 %, 10 %, 15 % of Clara's basket (all she
    # has of it), and then 10 % of Anna's, which is less than the half of Berta's.
    baskets = {1: Basket(1000), 2: Basket(200), 3: Basket(2000)}
    assert allocate(Policy.FAIR_BY_MONEY, claims, 6, baskets) == {1: 4, 2: 2, 3: 0}


def test_what_was_lost_before_counts_towards_the_basket() -> None:
    claims = [claim(1, 1), claim(2, 1, minute=1)]
    baskets = {1: Basket(1000), 2: Basket(1000, lost_fen=100)}
    assert allocate(Policy.FAIR_BY_MONEY, claims, 1, baskets) == {1: 0, 2: 1}


def test_less_than_nothing_cannot_be_shared_out() -> None:
    with pytest.raises(ValueError, match="negative"):
        allocate(Policy.FIRST_COME, [], -1, {})


def test_the_tolerance_is_rounded_down_to_units() -> None:
    assert [most_without_asking(units, 200) for units in (0, 49, 50, 120)] == [0, 49, 51, 122]


@pytest.mark.parametrize(("delivered", "times"), [(122, 0), (123, 1), (1199, 1), (1200, 2), (120_000, 2)])
def test_more_than_the_tolerance_is_asked_about_and_a_slip_of_the_keyboard_twice(
    delivered: int, times: int
) -> None:
    assert confirmations_needed(delivered=delivered, purchased=120, tolerance_bp=200) == times
