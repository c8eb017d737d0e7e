"""Who gives what fills a case: all of it or nothing, in turn, within every limit."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.orders.filling import Willing, fill_case
from tests.building import NOW


def willing(*units: int, buyers: str | None = None) -> list[Willing]:
    """Return lines 1, 2 … in the order in which they were placed; ``buyers`` has a letter for each."""
    who = buyers or "".join(chr(97 + place) for place in range(len(units)))
    return [
        Willing(place + 1, ord(who[place]), NOW + timedelta(minutes=place), count)
        for place, count in enumerate(units)
    ]


def test_everybody_gives_one_in_turn_who_ordered_first_before_the_others() -> None:
    assert fill_case(5, willing(3, 1, 9)) == {1: 2, 2: 1, 3: 2}
    assert fill_case(1, willing(3, 1, 9)) == {1: 1}
    assert fill_case(13, willing(3, 1, 9)) == {1: 3, 2: 1, 3: 9}


def test_nobody_gets_any_where_the_case_stays_open() -> None:
    assert fill_case(14, willing(3, 1, 9)) == {}
    assert fill_case(0, willing(3)) == {}
    assert fill_case(2, willing(3), left=1) == {}
    assert fill_case(3, willing(9, 9), step=2) == {}


def test_steps_and_the_limit_of_a_buyer_with_two_orders_hold() -> None:
    assert fill_case(6, willing(5, 4), step=2) == {1: 4, 2: 2}
    # The first two orders are of one buyer, who has 7 of at most 9.
    assert fill_case(4, willing(3, 3, 3, buyers="aab"), limit=9, taken={97: 7}) == {1: 1, 2: 1, 3: 2}
    assert fill_case(6, willing(3, 3, 3, buyers="aab"), limit=9, taken={97: 7}) == {}


def test_a_step_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="steps of 0"):
        fill_case(1, willing(1), step=0)


LINES = st.lists(
    st.builds(
        Willing,
        line_id=st.integers(1, 60),
        buyer=st.integers(1, 5),
        placed_at=st.integers(0, 9).map(lambda minutes: NOW + timedelta(minutes=minutes)),
        units=st.integers(1, 12),
    ),
    max_size=9,
    unique_by=lambda one: one.line_id,
)


@given(
    missing=st.integers(0, 40),
    lines=LINES,
    step=st.integers(1, 3),
    left=st.none() | st.integers(0, 50),
    limit=st.none() | st.integers(1, 20),
    taken=st.dictionaries(st.integers(1, 5), st.integers(0, 20)),
    seed=st.integers(0, 9),
)
def test_a_case_is_filled_whole_or_not_at_all_and_nobody_gets_more_than_he_said(
    missing: int,
    lines: list[Willing],
    step: int,
    left: int | None,
    limit: int | None,
    taken: dict[int, int],
    seed: int,
) -> None:
    terms = {"step": step, "left": left, "limit": limit, "taken": taken}
    found = fill_case(missing, lines, **terms)
    assert sum(found.values()) in (0, missing)
    assert left is None or sum(found.values()) <= left
    offered = {one.line_id: one for one in lines}
    assert all(0 < units <= offered[line].units and units % step == 0 for line, units in found.items())
    for buyer in {offered[line].buyer for line in found}:
        more = sum(units for line, units in found.items() if offered[line].buyer == buyer)
        assert limit is None or taken.get(buyer, 0) + more <= limit
    shuffled = Random(seed).sample(lines, len(lines))  # noqa: S311 - no secret hangs on it.
    assert fill_case(missing, shuffled, **terms) == found
    # With nothing but the lines themselves in the way, what is offered in whole steps is enough or is not.
    whole = sum(one.units // step * step for one in lines)
    if limit is None and left is None and missing % step == 0 and missing <= whole:
        assert sum(found.values()) == missing
    # Nobody gives two steps more than somebody who could have given another, where no buyer's limit binds.
    if limit is None and found:
        could = [found.get(one.line_id, 0) for one in lines if found.get(one.line_id, 0) + step <= one.units]
        assert not could or max(found.values()) - min(could) <= step
