"""A town of which some goods come after its vehicle has left."""

from datetime import timedelta

import pytest
from flask import Flask

from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import Window
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import brought, queries
from groupbuy.delivery.models import DeliveryStop
from groupbuy.flows import dispatching, signing
from groupbuy.flows.signing import Count
from groupbuy.orders.models import Order
from tests import building
from tests.building import ACTOR, PICKUP
from tests.delivery.town import T, Town
from tests.warehouse import day

LATER = T + timedelta(hours=3)


@pytest.fixture
def town(app: Flask) -> Town:
    """Return the town with everything received and all its routes planned."""
    town = Town(app)
    town.receive_all()
    town.plan()
    return town


def late_order(app: Flask, town: Town) -> Order:
    """Anna orders two of P1 in a round that closes for the same day after the vehicle has left."""
    window = Window(T, T + timedelta(minutes=5), PICKUP)
    product = town.orders[0].lines[0].offer.product
    late = building.add_round([product], "C3", window=window)
    order = building.place(late, town.anna, {"P1": 2}, now=T)
    building.close(app, late, T + timedelta(minutes=5))
    order_no = day.order_of(db.session.get_one(Round, late.id)).number
    day.receive(order_no, {"P1": 2})
    return order


def sent(stop: DeliveryStop) -> list[tuple[str, int]]:
    return [(one.round_name, one.units) for one in brought.goods_of_stop(stop)]


def stops_of_first(town: Town) -> list[DeliveryStop]:
    db.session.rollback()
    return list(queries.stops_of(PICKUP, town.leaders[0].id))


def leave(name: str, town: Town, later: tuple[str, ...] = ()) -> None:
    route_id = town.route(name).id
    in_transaction(lambda: dispatching.leave(route_id=route_id, now=LATER, actor=ACTOR, later=later))


def sign(stop: DeliveryStop, counts: dict[int, Count] | None = None) -> None:
    stop_id, mine = stop.id, [stop.leader_id]
    in_transaction(
        lambda: signing.sign(stop_id=stop_id, leader_ids=mine, counts=counts or {}, now=LATER, actor=ACTOR)
    )
