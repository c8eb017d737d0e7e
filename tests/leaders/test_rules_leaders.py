"""How leaders come and go, and how far pickup points are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.leaders import rules
from groupbuy.leaders.rules import DECISIONS, E6, LeaderState

PLACES = st.tuples(st.integers(-90 * E6, 90 * E6), st.integers(-180 * E6, 180 * E6))
# Half the way around the Earth, and a metre for rounding.
FARTHEST_M = 20_015_087 + 1


def test_every_state_has_a_way_out_and_nobody_skips_the_agreement() -> None:
    assert set(DECISIONS) == set(LeaderState)
    to_active = {state for state in LeaderState if LeaderState.ACTIVE in DECISIONS[state]}
    assert to_active == {LeaderState.SUSPENDED}


@pytest.mark.parametrize("state", [LeaderState.REJECTED, LeaderState.SUSPENDED, LeaderState.EXITED])
def test_bad_news_needs_a_reason(state: LeaderState) -> None:
    former = "applied" if state == LeaderState.REJECTED else "active"
    rules.check_decision(former, state, "投诉")
    with pytest.raises(BadInput):
        rules.check_decision(former, state, "  ")


@pytest.mark.parametrize(
    ("former", "state"),
    [("applied", "active"), ("reviewed", "active"), ("active", "applied"), ("x", "active")],
)
def test_a_step_that_is_not_in_the_table_is_refused(former: str, state: str) -> None:
    with pytest.raises(RuleBroken, match="cannot go"):
        rules.check_decision(former, state, "x")


@pytest.mark.parametrize("state", ["applied", "reviewed", "active", "suspended"])
def test_who_is_under_way_or_a_leader_cannot_apply(state: str) -> None:
    with pytest.raises(RuleBroken):
        rules.check_may_apply(state)


@pytest.mark.parametrize("state", [None, "rejected", "exited"])
def test_others_can_apply_also_again(state: str | None) -> None:
    rules.check_may_apply(state)


def test_hangzhou_is_as_far_from_shanghai_as_maps_say() -> None:
    hangzhou, shanghai = (30_274_100, 120_155_100), (31_230_400, 121_473_700)
    assert rules.distance_m(hangzhou, shanghai) == pytest.approx(164_500, rel=0.01)


@given(PLACES, PLACES)
def test_distances_are_the_same_both_ways_and_never_longer_than_half_the_earth(
    here: tuple[int, int], there: tuple[int, int]
) -> None:
    assert rules.distance_m(here, here) == 0
    assert rules.distance_m(here, there) == rules.distance_m(there, here)
    assert 0 <= rules.distance_m(here, there) <= FARTHEST_M


@given(st.integers(-180 * E6, 180 * E6))
def test_degrees_come_back_as_they_were_written(value_e6: int) -> None:
    assert rules.parse_degrees(rules.format_degrees(value_e6)) == value_e6


@pytest.mark.parametrize("text", ["", "x", "1e3", "1.", ".5", "1,5", "NaN", "１２", "1234", "+1"])
def test_what_is_no_number_of_degrees_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no number"):
        rules.parse_degrees(text)


@pytest.mark.parametrize("place", [(1, None), (None, 1), (91 * E6, 0), (0, -181 * E6)])
def test_half_a_place_or_one_off_the_earth_is_refused(place: tuple[int | None, int | None]) -> None:
    with pytest.raises(BadInput):
        rules.check_place(*place)
