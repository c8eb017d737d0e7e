"""What goes into a vehicle for each stop of a route, the last stop first (装车)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func

from groupbuy.campaigns.models import Offer
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.delivery.brought import at_stops
from groupbuy.delivery.models import DeliveryRoute, DeliveryStop
from groupbuy.delivery.queries import lines_of
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.sheets import TEMPERATURE_ZONES


@dataclass(frozen=True, slots=True)
class StopLoad:
    """What is loaded for a stop: bags, one for each resident, and sale units by temperature zone.

    ``turn`` counts from 1, the stop that is loaded first and reached last.
    """

    turn: int
    stop: DeliveryStop
    bags: int
    by_zone: Mapping[str, int]

    @property
    def units(self) -> int:
        """Return the sale units of all zones."""
        return sum(self.by_zone.values())


def loads_of(route: DeliveryRoute) -> list[StopLoad]:
    """Return what is loaded for the stops of a route, the last one first; who gets nothing is left out."""
    mine = at_stops(lines_of(route.day), route.day).where(DeliveryStop.route_id == route.id)
    theirs = mine.group_by(DeliveryStop.id)
    bags: Mapping[int, int] = by_key(
        theirs.add_columns(DeliveryStop.id, func.count(Order.resident_id.distinct()))
    )
    zones: dict[int, dict[str, int]] = {}
    in_zone = theirs.join(Product, Product.id == Offer.product_id).group_by(Product.temperature_zone)
    sums = in_zone.add_columns(DeliveryStop.id, Product.temperature_zone, total(OrderLine.quantity))
    for stop_id, zone, units in db.session.execute(sums):
        zones.setdefault(stop_id, {})[zone] = units
    loaded = [stop for stop in reversed(route.stops) if stop.id in zones]
    return [StopLoad(turn, stop, bags[stop.id], zones[stop.id]) for turn, stop in enumerate(loaded, 1)]


def zones_of(loads: Sequence[StopLoad]) -> list[str]:
    """Return the temperature zones in which somebody gets something, those that everybody knows first."""
    met = {zone for load in loads for zone in load.by_zone}
    return [zone for zone in TEMPERATURE_ZONES if zone in met] + sorted(met - set(TEMPERATURE_ZONES))
