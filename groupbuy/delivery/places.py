"""The places of stops on their routes, counted from 1 without gaps."""

from collections.abc import Collection, Sequence

from sqlalchemy import select, update

from groupbuy.db import db
from groupbuy.delivery.models import DeliveryRoute, DeliveryStop


def stop_ids_of(route_id: int) -> Sequence[int]:
    """Return the stops of a route in their order, by id."""
    mine = select(DeliveryStop.id).where(DeliveryStop.route_id == route_id)
    return db.session.scalars(mine.order_by(DeliveryStop.position, DeliveryStop.id)).all()


def set_order(route_id: int, stop_ids: Sequence[int]) -> None:
    """Number the stops of a route in this order; those of other routes are left alone."""
    for place, stop_id in enumerate(stop_ids, 1):
        db.session.execute(
            update(DeliveryStop)
            .where(DeliveryStop.id == stop_id, DeliveryStop.route_id == route_id)
            .values(position=place)
        )


def close_gaps(route_ids: Collection[int]) -> None:
    """Number the stops anew of routes that stops were taken off; nothing else changes."""
    routes = select(DeliveryRoute.id).where(DeliveryRoute.id.in_(route_ids)).order_by(DeliveryRoute.id)
    for route_id in db.session.scalars(routes.with_for_update()).all():
        set_order(route_id, stop_ids_of(route_id))
