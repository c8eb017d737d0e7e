"""Tours as pure rules: every leader exactly once, and nothing above what a vehicle carries."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.delivery.rules import (
    MOST_DROPS,
    Drop,
    Task,
    Tour,
    Vehicle,
    arrivals,
    check_task,
    distances,
    keeps_to,
    metres_of,
    room_left,
    tours_of,
)
from groupbuy.delivery.solving import tours_for
from groupbuy.kernel.errors import RuleBroken

DEPOT = (30_270_000, 120_150_000)
Visits = list[tuple[int, list[int]]]


@st.composite
def shared_out(draw: st.DrawFn) -> tuple[Task, Visits]:
    """Return a task and one way to do it: shuffled drops cut into tours, each vehicle just large enough."""
    units = draw(st.lists(st.integers(1, 50), min_size=1, max_size=12))
    drops = tuple(
        Drop(100 + one, count, (30_270_000 + one * 900, 120_150_000 + one * one * 300))
        for one, count in enumerate(units)
    )
    order = draw(st.permutations(range(len(drops))))
    cuts = sorted(draw(st.lists(st.integers(0, len(drops)), max_size=3)))
    bounds = list(zip([0, *cuts], [*cuts, len(drops)], strict=True))
    visits = [(which, list(order[begin:end])) for which, (begin, end) in enumerate(bounds)]
    vehicles = tuple(Vehicle(which + 1, sum(units[one] for one in tour)) for which, tour in visits)
    return Task(DEPOT, vehicles, drops), [(which, tour) for which, tour in visits if tour]


@given(shared_out())
def test_tours_reach_every_leader_once_and_keep_the_room(case: tuple[Task, Visits]) -> None:
    task, visits = case
    tours = tours_of(task, visits)
    assert keeps_to(task, tours)
    for tour in tours:
        # Hours that a tour just keeps are kept, and one minute less is seen.
        reached = dict(zip(tour.leader_ids, arrivals(task, tour.leader_ids), strict=True))
        exact = tuple(replace(one, late=reached.get(one.leader_id, one.late)) for one in task.drops)
        assert keeps_to(replace(task, drops=exact), tours)
        for late in tour.leader_ids[-1:]:
            short = tuple(replace(one, late=one.late - (one.leader_id == late), early=0) for one in exact)
            assert not keeps_to(replace(task, drops=short), tours)
    assert sorted(one for tour in tours for one in tour.leader_ids) == [drop.leader_id for drop in task.drops]
    assert [tour.route_id for tour in tours] == [vehicle.route_id for vehicle in task.vehicles]


@given(shared_out(), st.data())
def test_a_leader_left_out_twice_or_too_much_in_a_vehicle_is_seen(
    case: tuple[Task, Visits], data: st.DataObject
) -> None:
    task, visits = case
    tours = tours_of(task, visits)
    which = data.draw(st.sampled_from([place for place, tour in enumerate(tours) if tour.leader_ids]))
    tour = tours[which]
    for leader_ids in (tour.leader_ids[1:], (*tour.leader_ids, tour.leader_ids[0])):
        assert not keeps_to(task, [*tours[:which], Tour(tour.route_id, leader_ids), *tours[which + 1 :]])
    # Every vehicle is exactly full, so one unit less is too little.
    tight = tuple(Vehicle(one.route_id, max(one.room - 1, 0)) for one in task.vehicles)
    assert not keeps_to(Task(task.depot, tight, task.drops), tours)
    assert not keeps_to(task, [*tours, Tour(999, ())])


@given(shared_out())
def test_a_tour_is_as_long_as_its_legs(case: tuple[Task, Visits]) -> None:
    task, visits = case
    rows = distances(task)
    for _, drops in visits:
        way = [0, *(drop + 1 for drop in drops), 0]
        legs = sum(rows[here][there] for here, there in pairwise(way))
        assert metres_of(task, [task.drops[drop].leader_id for drop in drops]) == legs


def test_what_stays_takes_room_and_an_unknown_vehicle_carries_everything() -> None:
    assert (room_left(10, 4, 90), room_left(3, 4, 90), room_left(None, 4, 90)) == (6, 0, 90)


@pytest.mark.parametrize(
    ("rooms", "units", "code"),
    [
        ((9,), (), "nothing_to_plan"),
        ((5, 4), (5, 5), "too_little_room"),
        ((5, 5), (8,), "too_little_room"),
        ((), (1,), "too_little_room"),
        ((9**9,), (1,) * (MOST_DROPS + 1), "too_many_stops"),
    ],
)
def test_a_day_that_cannot_be_planned_says_why(
    rooms: tuple[int, ...], units: tuple[int, ...], code: str
) -> None:
    vehicles = tuple(Vehicle(which, room) for which, room in enumerate(rooms))
    drops = tuple(Drop(which, count, DEPOT) for which, count in enumerate(units))
    with pytest.raises(RuleBroken) as refused:
        check_task(Task(DEPOT, vehicles, drops))
    assert refused.value.code == code


def test_the_solver_keeps_neighbours_together_in_the_same_way_each_time() -> None:
    # Two leaders 1.1 km north of the depot and two as far south; a vehicle carries two of them.
    north, south = (30_280_000, 120_150_000), (30_260_000, 120_150_000)
    places = (north, south, (north[0] + 1000, north[1]), (south[0] - 1000, south[1]))
    drops = tuple(Drop(which, 5, place) for which, place in enumerate(places, 11))
    task = Task(DEPOT, (Vehicle(1, 10), Vehicle(2, 10), Vehicle(3, 0)), drops)
    tours = tours_for(task)
    assert tours is not None
    assert keeps_to(task, tours)
    assert sorted(sorted(tour.leader_ids) for tour in tours) == [[], [11, 13], [12, 14]]
    assert tours == tours_for(task)


def test_the_solver_finds_nothing_where_goods_fit_only_in_sum() -> None:
    drops = tuple(Drop(which, 4, (30_270_000 + which, 120_150_000)) for which in (1, 2, 3))
    assert tours_for(Task(DEPOT, (Vehicle(1, 6), Vehicle(2, 6)), drops)) is None


def test_the_solver_reaches_leaders_while_they_take_goods() -> None:
    """L2 lies behind L1 on the same road, 4 km on; L1 opens at 10:00, L2 takes goods until 08:00."""
    near, far = (30_280_000, 120_150_000), (30_316_000, 120_150_000)
    drops = (Drop(1, 5, near, early=600), Drop(2, 5, far, late=480))
    task = Task(DEPOT, (Vehicle(7, 10),), drops)
    assert tours_for(task) == [Tour(7, (2, 1))]
    assert not keeps_to(task, [Tour(7, (1, 2))])
    assert arrivals(task, (1, 2)) == [600, 600 + 10 + 13]
    at_once = (Drop(1, 5, near, early=600, late=604), Drop(2, 5, far, early=601, late=605))
    nobody = Task(DEPOT, (Vehicle(7, 10),), at_once)
    assert tours_for(nobody) is None
