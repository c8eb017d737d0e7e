"""Tours worked out by PyVRP, which only the extra ``routes`` brings."""

from typing import Any

import numpy as np
from pyvrp import Client, Depot, Location, ProblemData, VehicleType, solve
from pyvrp.stop import MaxRuntime, MultipleCriteria, NoImprovement

from groupbuy.delivery.rules import (
    METRES_A_MINUTE,
    MINUTES_A_STOP,
    Drop,
    Task,
    Tour,
    distances,
    tours_of,
)

SECONDS = 5.0
# A few stops are done at once; the clock is for days with hundreds of them.
TRIES_WITHOUT_GAIN = 1000
SEED = 1


def tours_for(task: Task) -> list[Tour] | None:
    """Return short tours, None where none was found that keeps to what vehicles carry and to the hours."""
    until = MultipleCriteria([MaxRuntime(SECONDS), NoImprovement(TRIES_WITHOUT_GAIN)])
    best = solve(_problem(task), stop=until, seed=SEED, collect_stats=False).best
    if not best.is_feasible():
        return None
    visits = [
        (route.vehicle_type(), [visit.idx for visit in route.schedule() if visit.is_client()])
        for route in best.routes()
    ]
    return tours_of(task, visits)


def _problem(task: Task) -> ProblemData:
    places = [task.depot, *(drop.place for drop in task.drops)]
    # PyVRP's own types ask for arrays of one dimension where it takes matrices.
    metres: Any = np.array(distances(task), dtype=np.int64)
    return ProblemData(
        locations=[Location(longitude, latitude) for latitude, longitude in places],
        clients=[_client(place, drop) for place, drop in enumerate(task.drops, 1)],
        depots=[Depot(0)],
        vehicle_types=[VehicleType(capacity=[vehicle.room]) for vehicle in task.vehicles],
        distance_matrices=[metres],
        duration_matrices=[-(-metres // METRES_A_MINUTE)],
    )


def _client(place: int, drop: Drop) -> Client:
    return Client(
        place,
        delivery=[drop.units],
        service_duration=MINUTES_A_STOP,
        tw_early=drop.early,
        tw_late=drop.late,
    )
