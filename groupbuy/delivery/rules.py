"""The order of stops, what fits into a vehicle, and who pays for what was missing."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

MAX_NAME = 40
NO_ROUTE = "未分线路"


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
