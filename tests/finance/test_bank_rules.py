"""Lines of a bank and our movements: paired where it is beyond doubt, each once."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from groupbuy.finance.bank_rules import WINDOW, Expected, Line, pair

DAY = date(2026, 11, 22)
DAYS = st.integers(-10, 10).map(lambda days: DAY + timedelta(days=days))
FEN = st.sampled_from([-500, -100, 100, 500])
PROOFS = st.sampled_from(["", "A778", "B9901"])
LINES = st.lists(st.tuples(DAYS, FEN, PROOFS), max_size=8).map(
    lambda rows: [Line(place, *row) for place, row in enumerate(rows)]
)
OURS = st.lists(st.tuples(DAYS, FEN, PROOFS), max_size=8).map(
    lambda rows: [Expected((place,), *row) for place, row in enumerate(rows)]
)


@given(lines=LINES, ours=OURS)
def test_what_is_paired_agrees_to_the_fen_is_near_and_is_used_once(
    lines: list[Line], ours: list[Expected]
) -> None:
    found = pair(lines, ours)
    by_id = {line.id: line for line in lines}
    assert all(by_id[key].amount_fen == one.amount_fen for key, one in found.items())
    assert all(abs(by_id[key].day - one.day) <= WINDOW for key, one in found.items())
    assert len({one.postings for one in found.values()}) == len(found)


@given(lines=LINES, ours=OURS)
def test_the_order_of_lines_and_movements_makes_no_difference(
    lines: list[Line], ours: list[Expected]
) -> None:
    assert pair(lines, ours) == pair(lines[::-1], ours[::-1])


def test_a_reference_decides_between_equal_amounts_and_without_one_nobody_does() -> None:
    ours = [Expected((1,), DAY, -500, "A778"), Expected((2,), DAY, -500, "B9901")]
    named = Line(7, DAY, -500, "流水 B9901")
    plain = Line(8, DAY, -500, "转账")
    assert pair([named], ours) == {7: ours[1]}
    assert pair([plain], ours) == {}
    # Once the named one is gone, the other one is alone.
    assert pair([named, plain], ours) == {7: ours[1], 8: ours[0]}


def test_a_payout_file_may_leave_the_bank_as_one_amount() -> None:
    ours = [Expected((1,), DAY, -500), Expected((2,), DAY, -100), Expected((1, 2), DAY, -600)]
    assert pair([Line(7, DAY, -600, "批量代发")], ours) == {7: ours[2]}
    # Not the whole file and one of its payouts as well.
    both = pair([Line(7, DAY, -600, "批量代发"), Line(8, DAY, -500, "转账")], ours)
    assert not {1} <= {posting for one in both.values() for posting in one.postings} or len(both) == 1


@given(lines=LINES, ours=OURS)
def test_who_is_paired_is_alone_as_far_as_a_walk_over_everything_sees(
    lines: list[Line], ours: list[Expected]
) -> None:
    assert pair(lines, ours) == _walked(lines, ours)


def _walked(lines: list[Line], ours: list[Expected]) -> dict[int, Expected]:
    """Pair by comparing every line with every movement, as the rule is written."""
    found: dict[int, Expected] = {}
    used: set[int] = set()
    for named in (True, False):
        free = [one for one in lines if one.id not in found]
        left = [one for one in ours if used.isdisjoint(one.postings)]
        options = {line.id: [one for one in left if _fits(line, one, named=named)] for line in free}
        for line in free:
            mine = options[line.id]
            alone = len(mine) == 1 and sum(mine[0] in some for some in options.values()) == 1
            if alone and used.isdisjoint(mine[0].postings):
                found[line.id] = mine[0]
                used.update(mine[0].postings)
    return found


def _fits(line: Line, one: Expected, *, named: bool) -> bool:
    near = one.amount_fen == line.amount_fen and abs(one.day - line.day) <= WINDOW
    return near and (not named or (len(one.proof) >= 4 and one.proof in line.text))
