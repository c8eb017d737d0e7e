"""Reading the tours that are proposed for a day, beside the day as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from groupbuy.delivery import planning, queries
from groupbuy.delivery.models import DeliveryRoute, RouteProposal
from groupbuy.delivery.rules import Task, Tour, metres_of
from groupbuy.leaders.models import Leader


@dataclass(frozen=True, slots=True)
class ProposedTour:
    """A route with its leaders in the order proposed; metres as the crow flies, there and back."""

    route: DeliveryRoute
    leaders: Sequence[Leader]
    units: int
    metres: int


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal with its tours, none while it is worked out or has failed; ``staying``: no place known."""

    row: RouteProposal
    tours: Sequence[ProposedTour]
    staying: Sequence[Leader]

    @property
    def metres(self) -> int:
        """Return the length of all tours."""
        return sum(tour.metres for tour in self.tours)


def proposed(day: date) -> Proposed | None:
    """Return what is proposed for a day; leaders who have lost their stop since are left out."""
    row = planning.find_proposal(day)
    if row is None:
        return None
    task, routes = planning.task_from(row.task), {route.id: route for route in queries.routes_of(day)}
    leaders = {stop.leader_id: stop.leader for route in routes.values() for stop in route.stops}
    tours = planning.tours_from(row.tours or ())
    shown = [_shown(task, tour, routes[tour.route_id], leaders) for tour in tours if tour.leader_ids]
    placed = {drop.leader_id for drop in task.drops}
    waiting = (stop for route in routes.values() if route.left_at is None for stop in route.stops)
    return Proposed(row, shown, [stop.leader for stop in waiting if stop.leader_id not in placed])


def _shown(task: Task, tour: Tour, route: DeliveryRoute, leaders: Mapping[int, Leader]) -> ProposedTour:
    units = {drop.leader_id: drop.units for drop in task.drops}
    return ProposedTour(
        route,
        [leaders[one] for one in tour.leader_ids if one in leaders],
        sum(units[one] for one in tour.leader_ids),
        metres_of(task, tour.leader_ids),
    )
