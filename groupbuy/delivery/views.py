"""The routes of a day in the shape that the command line and the API hand out."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from groupbuy.delivery import brought, queries
from groupbuy.delivery.models import DeliveryRoute, DeliveryStop
from groupbuy.delivery.proposed import Proposed, proposed
from groupbuy.kernel.times import iso


def day_json(day: date) -> dict[str, Any]:
    """Return the routes of a day and the leaders who have goods but no stop, times in UTC."""
    units = brought.units_of_stops(day)
    routes = queries.routes_of(day)
    proposal = proposed(day)
    return {
        "day": day.isoformat(),
        "routes": [_route(route, units) for route in routes],
        "unplanned": [leader.code for leader in brought.leaders_without_stop(day)],
        "proposal": _proposal(proposal) if proposal is not None else None,
    }


def _proposal(proposal: Proposed) -> dict[str, Any]:
    tours = [
        {
            "route": tour.route.name,
            "leaders": [leader.code for leader in tour.leaders],
            "units": tour.units,
            "metres": tour.metres,
        }
        for tour in proposal.tours
    ]
    return {
        "state": proposal.row.state,
        "asked_at": iso(proposal.row.asked_at),
        "before_m": proposal.row.before_m,
        "metres": proposal.metres if tours else None,
        "tours": tours,
        "staying": [leader.code for leader in proposal.staying],
        "why": proposal.row.why,
    }


def _route(route: DeliveryRoute, units: Mapping[int, int]) -> dict[str, Any]:
    stops = [_stop(stop, units.get(stop.id, 0)) for stop in route.stops]
    return {
        "route": route.id,
        "version": route.version,
        "name": route.name,
        "driver": route.driver,
        "driver_phone": route.driver_phone,
        "capacity_units": route.capacity_units,
        "left_at": iso(route.left_at) if route.left_at else None,
        "units": sum(stop["units"] for stop in stops),
        "stops": stops,
    }


def _stop(stop: DeliveryStop, units: int) -> dict[str, Any]:
    return {
        "stop": stop.id,
        "place": stop.position,
        "leader": stop.leader.code,
        "tour": stop.tour,
        "units": units,
        "arrived_at": iso(stop.arrived_at) if stop.arrived_at else None,
        "signed_at": iso(stop.signed_at) if stop.signed_at else None,
    }
