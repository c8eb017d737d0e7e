"""Who gets what in the place of what is short."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from groupbuy.orders.rules import Swap, Wanting, swap_for

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
APPLES, PEARS, PLUMS = 1, 2, 3


def wanting(line: int, units: int, own: int | None, swap: int | None, price: int = 990) -> Wanting:
    return Wanting(line, NOON + timedelta(minutes=line), units, price, own, swap)


def test_what_was_named_comes_before_the_operators_swap_and_who_ordered_first_before_others() -> None:
    lines = [wanting(2, 3, PEARS, PLUMS), wanting(1, 2, None, PEARS), wanting(3, 2, PEARS, None)]
    prices = {(line, offer): 900 for line in (1, 2, 3) for offer in (PEARS, PLUMS)}
    # 4 pears: 3 to line 2 and 1 to line 3, who named them; none is left to swap for line 1.
    assert swap_for(lines, {PEARS: 4, PLUMS: 9}, prices) == [
        Swap(2, PEARS, 3, 900, True),
        Swap(3, PEARS, 1, 900, True),
    ]


def test_what_is_missing_of_the_own_substitute_is_swapped() -> None:
    lines = [wanting(1, 5, PEARS, PLUMS)]
    prices = {(1, PEARS): 990, (1, PLUMS): 100}
    assert swap_for(lines, {PEARS: 2, PLUMS: 9}, prices) == [
        Swap(1, PEARS, 2, 990, True),
        Swap(1, PLUMS, 3, 100, False),
    ]


def test_nothing_dearer_and_nothing_that_is_not_offered_is_given() -> None:
    lines = [wanting(1, 1, PEARS, PLUMS)]
    assert swap_for(lines, {PEARS: 9, PLUMS: 9}, {(1, PEARS): 991}) == []
    assert swap_for([wanting(1, 1, None, None)], {PEARS: 9}, {(1, PEARS): 1}) == []


OFFERS = st.sampled_from((None, APPLES, PEARS, PLUMS))
LINES = st.lists(st.tuples(st.integers(1, 9), OFFERS, OFFERS, st.integers(0, 2000)), max_size=12)


@given(
    lines=LINES,
    left=st.dictionaries(st.sampled_from((APPLES, PEARS, PLUMS)), st.integers(0, 20)),
    prices=st.lists(st.integers(0, 2000), min_size=36, max_size=36),
)
def test_no_more_is_given_than_there_is_nor_than_was_lost(
    lines: list[tuple[int, int | None, int | None, int]], left: dict[int, int], prices: list[int]
) -> None:
    wants = {number: wanting(number, *line) for number, line in enumerate(lines)}
    costs = {(line, offer): prices[line * 3 + offer - 1] for line in range(12) for offer in (1, 2, 3)}
    swaps = swap_for(wants.values(), left, costs)
    for offer, there in left.items():
        assert sum(swap.units for swap in swaps if swap.offer_id == offer) <= there
    for number, one in wants.items():
        mine = [swap for swap in swaps if swap.line_id == number]
        assert sum(swap.units for swap in mine) <= one.units
        assert all(swap.offer_id == (one.own if swap.own else one.swap) for swap in mine)
        assert sum(swap.units * swap.price_fen for swap in mine) <= one.units * one.price_fen
