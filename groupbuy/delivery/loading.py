"""What goes into a vehicle for each stop of a route, the last stop first (装车)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func

from groupbuy.campaigns.models import Offer
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
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
    leader_ids = [stop.leader_id for stop in route.stops]
    theirs = lines_of(route.day).where(Order.leader_id.in_(leader_ids)).group_by(Order.leader_id)
    bags: Mapping[int, int] = by_key(
        theirs.add_columns(Order.leader_id, func.count(Order.resident_id.distinct()))
    )
    zones: dict[int, dict[str, int]] = {}
    in_zone = theirs.join(Product, Product.id == Offer.product_id).group_by(Product.temperature_zone)
    sums = in_zone.add_columns(Order.leader_id, Product.temperature_zone, total(OrderLine.quantity))
    for leader_id, zone, units in db.session.execute(sums):
        zones.setdefault(leader_id, {})[zone] = units
    loaded = [stop for stop in reversed(route.stops) if stop.leader_id in zones]
    return [
        StopLoad(turn, stop, bags[stop.leader_id], zones[stop.leader_id])
        for turn, stop in enumerate(loaded, 1)
    ]


def zones_of(loads: Sequence[StopLoad]) -> list[str]:
    """Return the temperature zones in which somebody gets something, those that everybody knows first."""
    met = {zone for load in loads for zone in load.by_zone}
    return [zone for zone in TEMPERATURE_ZONES if zone in met] + sorted(met - set(TEMPERATURE_ZONES))
