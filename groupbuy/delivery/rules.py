"""The order of stops, what fits into a vehicle, and who pays for what was missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from groupbuy.kernel.errors import RuleBroken
from groupbuy.leaders.rules import distance_m

MAX_NAME = 40
NO_ROUTE = "未分线路"
# The distances of this many stops are still worked out in a second or two.
MOST_DROPS = 1000

# What is assumed of a vehicle between places as the crow flies (20 km/h), and of a stop.
METRES_A_MINUTE = 333
MINUTES_A_STOP = 10
MINUTES_A_DAY = 24 * 60

# Latitude and longitude in millionths of a degree.
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A route that goods can go onto, and the sale units that still fit in."""

    route_id: int
    room: int


@dataclass(frozen=True, slots=True)
class Drop:
    """A leader with so many sale units, where they are brought, and between which minutes of the day."""

    leader_id: int
    units: int
    place: Place
    early: int = 0
    late: int = MINUTES_A_DAY


@dataclass(frozen=True, slots=True)
class Task:
    """What is planned: tours from the depot and back by these vehicles to these leaders."""

    depot: Place
    vehicles: tuple[Vehicle, ...]
    drops: tuple[Drop, ...]


@dataclass(frozen=True, slots=True)
class Tour:
    """A route with its leaders in the order in which they are reached."""

    route_id: int
    leader_ids: tuple[int, ...]


class Reason(StrEnum):
    """Why a leader did not get what was sent."""

    MISSING = "missing"
    DAMAGED = "damaged"
    SURPLUS = "surplus"


class Payer(StrEnum):
    """Who is charged for goods that a leader did not get."""

    SUPPLIER = "supplier"
    DRIVER = "driver"
    WAREHOUSE = "warehouse"


class Decision(StrEnum):
    """What becomes of a discrepancy."""

    REFUND = "refund"
    DISMISS = "dismiss"


def moved(stops: Sequence[int], stop: int, place: int) -> list[int]:
    """Return the stops with one of them at another place, counted from 1; the others keep their order."""
    others = [one for one in stops if one != stop]
    at = min(max(place, 1), len(others) + 1) - 1
    return [*others[:at], stop, *others[at:]]


def over_capacity(units: int, capacity_units: int | None) -> int:
    """Return how many sale units do not fit, 0 where nothing is known of the vehicle."""
    return 0 if capacity_units is None else max(units - capacity_units, 0)


def proposed_payer(reason: str, *, has_driver: bool) -> Payer:
    """Return who is to be charged: the supplier for damage, else whoever had the goods in hand last."""
    if reason == Reason.DAMAGED:
        return Payer.SUPPLIER
    return Payer.DRIVER if has_driver else Payer.WAREHOUSE


def by_route(leaders: Iterable[tuple[int, str]]) -> dict[str, list[int]]:
    """Return leader ids by the name of their usual route, in the order in which they come."""
    routes: dict[str, list[int]] = {}
    for leader_id, route in leaders:
        routes.setdefault(route.strip()[:MAX_NAME] or NO_ROUTE, []).append(leader_id)
    return routes


def room_left(capacity_units: int | None, staying: int, wanted: int) -> int:
    """Return the units that fit in beside those that stay; all that is wanted where nothing is known."""
    return wanted if capacity_units is None else max(capacity_units - staying, 0)


def check_task(task: Task) -> None:
    """Raise RuleBroken ``nothing_to_plan``, ``too_many_stops``, ``too_little_room``."""
    if not task.drops:
        raise RuleBroken("nothing_to_plan", "No leader of this day has a place on the map.")
    if len(task.drops) > MOST_DROPS:
        raise RuleBroken("too_many_stops", f"At most {MOST_DROPS} stops can be planned at once.")
    rooms, units = [one.room for one in task.vehicles], [one.units for one in task.drops]
    if sum(rooms) < sum(units) or max(rooms, default=0) < max(units):
        raise RuleBroken("too_little_room", "The goods of this day do not fit into its vehicles.")


def keeps_to(task: Task, tours: Sequence[Tour]) -> bool:
    """Tell whether tours reach every leader once, in time, and no vehicle carries more than it can."""
    units = {drop.leader_id: drop.units for drop in task.drops}
    room = {vehicle.route_id: vehicle.room for vehicle in task.vehicles}
    reached = [leader_id for tour in tours for leader_id in tour.leader_ids]
    routes = [tour.route_id for tour in tours]
    if sorted(reached) != sorted(units) or len(set(routes)) != len(routes) or not room.keys() >= set(routes):
        return False
    fits = all(sum(units[one] for one in tour.leader_ids) <= room[tour.route_id] for tour in tours)
    return fits and all(in_time(task, tour.leader_ids) for tour in tours)


def minutes_of(metres: int) -> int:
    """Return how long a vehicle takes for a way, in whole minutes."""
    return -(-metres // METRES_A_MINUTE)


def arrivals(task: Task, leader_ids: Sequence[int]) -> list[int]:
    """Return the earliest minutes of the day at which a tour reaches its leaders, waiting where it must."""
    drops, here, minute = {drop.leader_id: drop for drop in task.drops}, task.depot, 0
    reached = []
    for drop in (drops[one] for one in leader_ids):
        minute = max(minute + minutes_of(distance_m(here, drop.place)), drop.early)
        reached.append(minute)
        here, minute = drop.place, minute + MINUTES_A_STOP
    return reached


def in_time(task: Task, leader_ids: Sequence[int]) -> bool:
    """Tell whether a tour can reach each of its leaders while goods are taken there."""
    late = {drop.leader_id: drop.late for drop in task.drops}
    return all(
        minute <= late[one] for one, minute in zip(leader_ids, arrivals(task, leader_ids), strict=True)
    )


def tours_of(task: Task, visits: Sequence[tuple[int, Sequence[int]]]) -> list[Tour]:
    """Return a tour for each vehicle from (index of the vehicle, indices of the drops) of those that go."""
    found = {
        task.vehicles[vehicle].route_id: tuple(task.drops[drop].leader_id for drop in drops)
        for vehicle, drops in visits
    }
    return [Tour(vehicle.route_id, found.get(vehicle.route_id, ())) for vehicle in task.vehicles]


def metres_of(task: Task, leader_ids: Sequence[int]) -> int:
    """Return the length of a tour from the depot by some leaders and back, as the crow flies."""
    places = {drop.leader_id: drop.place for drop in task.drops}
    way = [task.depot, *(places[one] for one in leader_ids), task.depot]
    return sum(distance_m(here, there) for here, there in pairwise(way))


def distances(task: Task) -> list[list[int]]:
    """Return the metres between all places of a task, the depot first, then the drops in their order."""
    places = [task.depot, *(drop.place for drop in task.drops)]
    rows = [[0] * len(places) for _ in places]
    for this, here in enumerate(places):
        for that in range(this):
            rows[this][that] = rows[that][this] = distance_m(here, places[that])
    return rows
