"""What a day of deliveries says as a file: the stops of its routes, and what came otherwise than sent."""

from collections.abc import Iterable, Mapping, Sequence

from groupbuy.delivery.models import DeliveryRoute, DeliveryStop, Discrepancy
from groupbuy.web.admin.listing import Column, Rows
from groupbuy.web.kit.i18n import lazy_gettext as _l

STOPS = (
    Column(_l("Route"), lambda row: row[0].route.name),
    Column(_l("Driver"), lambda row: row[0].route.driver),
    Column(_l("Left"), lambda row: row[0].route.left_at, "moment", width=17),
    Column(_l("Stop"), lambda row: row[0].position, "number", width=8),
    Column(_l("Code of the leader"), lambda row: row[0].leader.code, "code"),
    Column(_l("Leader"), lambda row: row[0].leader.name),
    Column(_l("Pickup point"), lambda row: place(row[0]), width=30),
    Column(_l("Units"), lambda row: row[1], "number"),
    Column(_l("Bags"), lambda row: row[2], "number"),
    Column(_l("Room for bags"), lambda row: row[0].leader.bag_capacity, "number"),
    Column(_l("Arrived"), lambda row: row[0].arrived_at, "moment", width=17),
    Column(_l("Signed"), lambda row: row[0].signed_at, "moment", width=17),
)
NOT_AS_SENT = (
    Column(_l("Leader"), lambda one: one.stop.leader.name),
    Column(_l("Item code"), lambda one: one.offer.product.code, "code"),
    Column(_l("Product"), lambda one: one.offer.product.name, width=26),
    Column(_l("Units sent"), lambda one: one.sent, "number"),
    Column(_l("Came"), lambda one: one.got, "number"),
    Column(_l("Why"), lambda one: one.reason, "state:discrepancy"),
    Column(_l("Decision"), lambda one: one.decision or "open", "state:discrepancy_decision"),
)


def place(stop: DeliveryStop) -> str:
    """Return where a stop is: the community and the address."""
    community = stop.leader.community
    return " ".join(part for part in (community and community.name, stop.leader.address) if part)


def tables_of(
    routes: Iterable[DeliveryRoute],
    units: Mapping[int, int],
    bags: Mapping[int, int],
    found: Sequence[Discrepancy],
) -> tuple[Rows, Rows]:
    """Return the stops of a day in the order of the tours, and what came otherwise than sent.

    ``units`` are sale units by stop, ``bags`` those of the leader on that day, whatever the tour.
    """
    stops = [
        (stop, units.get(stop.id, 0), bags.get(stop.leader_id, 0)) for route in routes for stop in route.stops
    ]
    return Rows(_l("Deliveries"), STOPS, stops), Rows(_l("Not as sent"), NOT_AS_SENT, found)
