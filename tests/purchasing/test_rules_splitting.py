"""A need split over several suppliers: exact, in whole cases, never a case too many."""

from hypothesis import given
from hypothesis import strategies as st

from groupbuy.purchasing.rules import CasePolicy, round_to_cases
from groupbuy.purchasing.splitting import Source, SplitBy, split_to_cases

SOURCES = st.lists(
    st.builds(
        Source,
        cost_fen=st.integers(0, 900),
        case_size=st.integers(1, 40),
        share_bp=st.integers(0, 10_000),
        room=st.none() | st.integers(0, 300),
    ),
    min_size=1,
    max_size=5,
)
SHARES = st.lists(st.integers(1, 10_000), min_size=1, max_size=5)
UNITS = st.integers(0, 2_000)
BY, POLICY = st.sampled_from(SplitBy), st.sampled_from(CasePolicy)


@given(ordered=UNITS, free=UNITS, sources=SOURCES, by=BY, policy=POLICY)
def test_every_ordered_unit_is_at_one_supplier_in_stock_or_a_listed_shortfall(
    ordered: int, free: int, sources: list[Source], by: str, policy: str
) -> None:
    parts = split_to_cases(ordered=ordered, free_stock=free, sources=sources, by=by, policy=policy)
    again = split_to_cases(ordered=ordered, free_stock=free, sources=sources, by=by, policy=policy)

    assert parts == again
    assert sum(part.ordered for part in parts) == ordered
    assert sum(part.from_stock for part in parts) == min(ordered, free)
    for part, source in zip(parts, sources, strict=True):
        assert part.ordered + part.surplus == part.from_stock + part.purchased + part.shortfall
        assert part.purchased == part.cases * source.case_size
        assert min(part.ordered, part.cases, part.surplus, part.shortfall) >= 0


@given(ordered=UNITS, sources=SOURCES, by=BY)
def test_the_need_is_covered_and_no_case_could_be_left_out(
    ordered: int, sources: list[Source], by: str
) -> None:
    parts = split_to_cases(ordered=ordered, free_stock=0, sources=sources, by=by, policy="surplus")
    surplus = sum(part.purchased for part in parts) - ordered

    assert surplus >= 0
    assert all(surplus < part.case_size for part in parts if part.cases)


@given(ordered=UNITS, sources=SOURCES, by=BY)
def test_with_a_shortfall_nothing_is_bought_above_the_need(
    ordered: int, sources: list[Source], by: str
) -> None:
    parts = split_to_cases(ordered=ordered, free_stock=0, sources=sources, by=by, policy="shortfall")

    assert sum(part.purchased for part in parts) <= ordered
    assert sum(part.shortfall for part in parts) == ordered - sum(part.purchased for part in parts)


@given(ordered=UNITS, free=UNITS, size=st.integers(1, 40), by=BY, policy=POLICY)
def test_one_supplier_gets_what_it_always_got(
    ordered: int, free: int, size: int, by: str, policy: str
) -> None:
    one = [Source(500, size)]
    parts = split_to_cases(ordered=ordered, free_stock=free, sources=one, by=by, policy=policy)

    assert parts == [round_to_cases(ordered=ordered, free_stock=free, case_size=size, policy=policy)]


@given(ordered=UNITS, size=st.integers(1, 40), shares=SHARES)
def test_in_cases_of_one_size_each_share_is_kept_to_the_case(
    ordered: int, size: int, shares: list[int]
) -> None:
    sources = [Source(500, size, share) for share in shares]
    parts = split_to_cases(ordered=ordered, free_stock=0, sources=sources, by="share", policy="surplus")

    for part, share in zip(parts, shares, strict=True):
        exact = ordered * share / sum(shares)
        assert abs(part.purchased - exact) < size + 1


@given(ordered=UNITS, sources=SOURCES)
def test_by_price_only_the_main_supplier_is_asked_beyond_its_room(
    ordered: int, sources: list[Source]
) -> None:
    parts = split_to_cases(ordered=ordered, free_stock=0, sources=sources, by="price", policy="surplus")

    for part, source in list(zip(parts, sources, strict=True))[1:]:
        assert source.room is None or part.purchased <= source.room


def test_the_share_of_a_hundred_units_by_hand() -> None:
    # 60 % of 100 is 60: 5 cases of 12. 40 is 4 cases of 10.
    main, other = Source(500, 12, 6_000), Source(450, 10, 4_000)
    parts = split_to_cases(ordered=100, free_stock=0, sources=[main, other], by="share", policy="surplus")
    assert [(part.cases, part.ordered, part.surplus) for part in parts] == [(5, 60, 0), (4, 40, 0)]
    # 101 is 60.6 and 40.4, so 61 and 40: the unit that is missing opens a sixth case of the main one. Then
    # 112 are 11 too many, so that a case of ten of the other is not needed.
    parts = split_to_cases(ordered=101, free_stock=0, sources=[main, other], by="share", policy="surplus")
    assert [(part.cases, part.ordered, part.surplus) for part in parts] == [(6, 72, 0), (3, 29, 1)]


def test_the_cheapest_is_filled_up_to_its_room_first_by_hand() -> None:
    # The second costs less and has room for 5 cases of 10. The other 50 are 5 cases of 12 of the main one,
    # which are ten too many: a case of the second is not needed.
    main, other = Source(500, 12), Source(450, 10, room=55)
    parts = split_to_cases(ordered=100, free_stock=0, sources=[main, other], by="price", policy="surplus")
    assert [(part.cases, part.ordered, part.surplus) for part in parts] == [(5, 60, 0), (4, 40, 0)]
