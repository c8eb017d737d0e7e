"""Residents are told when their goods leave and when they are at the pickup point, once each."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.delivery import brought, queries
from groupbuy.delivery.models import DeliveryRoute, DeliveryStop
from groupbuy.leaders.models import Leader
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import LEADER, RESIDENT
from groupbuy.notices.telling import Notice
from groupbuy.orders.models import Order


def tell_of_leaving(route: DeliveryRoute, *, now: datetime) -> None:
    """Tell each resident on a route, and the leaders who are to sign; the caller tells once."""
    telling.tell((notice for stop in route.stops for notice in _left(stop)), now=now)


def _left(stop: DeliveryStop) -> Iterator[Notice]:
    place = {"place": place_of(stop.leader)}
    yield Notice(f"left-{stop.id}-leader", "shipped", recipient(LEADER, stop.leader_id), place)
    for resident_id in _residents(stop):
        yield Notice(f"left-{stop.id}-{resident_id}", "shipped", recipient(RESIDENT, resident_id), place)


def tell_of_arrival(stop: DeliveryStop, *, now: datetime) -> None:
    """Tell each resident of a stop; the caller tells once."""
    values = {"place": place_of(stop.leader), "hours": stop.leader.pickup_hours}
    telling.tell(
        (
            Notice(f"arrived-{stop.id}-{resident_id}", "arrived", recipient(RESIDENT, resident_id), values)
            for resident_id in _residents(stop)
        ),
        now=now,
    )


def place_of(leader: Leader) -> str:
    """Return where a leader hands out: community and address."""
    community = leader.community.name if leader.community else ""
    return " ".join(text for text in (community, leader.address or leader.name) if text)


def _residents(stop: DeliveryStop) -> Iterator[int]:
    wanted = (
        select(Order.resident_id)
        .join(Round, Round.id == Order.round_id)
        .where(*brought.brought_by(stop), *queries.of_day(stop.day))
        .distinct()
    )
    yield from db.session.scalars(wanted.order_by(Order.resident_id))
