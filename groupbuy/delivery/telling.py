"""Residents are told when their goods leave and when they are at the pickup point, once each."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.delivery import queries
from groupbuy.delivery.models import DeliveryRoute, DeliveryStop
from groupbuy.messaging import service as messaging
from groupbuy.messaging.service import Note
from groupbuy.orders.models import Order


def tell_of_leaving(route: DeliveryRoute, *, now: datetime) -> None:
    """Leave each resident on a route one note; the caller makes sure that it leaves once."""
    messaging.leave_notes(
        (
            Note(
                f"left-{stop.id}-{resident_id}",
                f"resident:{resident_id}",
                "发货通知",
                f"您的商品已发车，将送到{_place(stop)}。送达后会再通知您。",
            )
            for stop in route.stops
            for resident_id in _residents(stop)
        ),
        now=now,
    )


def tell_of_arrival(stop: DeliveryStop, *, now: datetime) -> None:
    """Leave each resident of a stop one note; the caller makes sure that it arrives once."""
    hours = stop.leader.pickup_hours
    messaging.leave_notes(
        (
            Note(
                f"arrived-{stop.id}-{resident_id}",
                f"resident:{resident_id}",
                "到货通知",
                f"您的商品已到{_place(stop)}，请凭提货码提货，提货时间 {hours}。",
            )
            for resident_id in _residents(stop)
        ),
        now=now,
    )


def _place(stop: DeliveryStop) -> str:
    leader = stop.leader
    community = leader.community.name if leader.community else ""
    return " ".join(text for text in (community, leader.address or leader.name) if text)


def _residents(stop: DeliveryStop) -> Iterator[int]:
    wanted = (
        select(Order.resident_id)
        .join(Round, Round.id == Order.round_id)
        .where(Order.leader_id == stop.leader_id, *queries.of_day(stop.day))
        .distinct()
    )
    yield from db.session.scalars(wanted.order_by(Order.resident_id))
