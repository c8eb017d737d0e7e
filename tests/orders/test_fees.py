"""What is paid above the goods: with the order, as income of its own, and given back with the whole of it."""

from datetime import timedelta

import pytest
from flask import Flask

from groupbuy.analytics.invariants import check_all
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.finance import queries
from groupbuy.flows import ordering
from groupbuy.orders import fees
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lock_order
from tests import building
from tests.building import ACTOR, NOW
from tests.money import PICKED, hand_out, keep

HOUR = timedelta(hours=1)


def charge(order: Order, amount_fen: int) -> Order:
    with transaction():
        locked = lock_order(db.session.get_one(Order, order.id))
        fees.charge(order=locked, kind=fees.DOOR, amount_fen=amount_fen)
    return locked


def pay(order: Order) -> Order:
    with transaction():
        return ordering.mark_paid(order=db.session.get_one(Order, order.id), now=NOW, actor=ACTOR)


def wrong() -> list[object]:
    return [(one.name, one.examples) for one in check_all(now=PICKED, at_rest=False) if one.violations]


@pytest.fixture
def order(app: Flask) -> Order:
    """Return an unpaid order of 2 at ¥9.90 that is still open."""
    round_ = building.add_round([building.add_product(building.add_supplier())])
    return building.place(round_, building.add_resident(building.add_leader()), {"P1": 2})


def test_a_fee_is_paid_with_the_order_and_income_once_it_is_handed_out(app: Flask, order: Order) -> None:
    assert charge(order, 300).amount_fen == 2280
    assert pay(order).paid_fen == 2280
    dearer = charge(order, 500)
    assert (dearer.amount_fen, dearer.paid_fen, fees.fees_of(order.id)) == (2480, 2280, {"door": 500})
    pay(order)
    building.close(app, order.round)
    hand_out(db.session.get_one(Order, order.id))
    keep(PICKED)
    assert (queries.balance("income:sales"), queries.balance("income:door")) == (1980, 500)
    cheaper = charge(order, 0)
    keep(PICKED + HOUR)
    assert (cheaper.amount_fen, cheaper.paid_fen, queries.balance("income:door")) == (1980, 2480, 0)
    assert not wrong()


def test_a_cancelled_order_owes_its_fee_back(order: Order) -> None:
    charge(order, 300)
    pay(order)
    with transaction():
        gone = ordering.cancel_order(
            order=db.session.get_one(Order, order.id), reason="不要了", now=NOW, actor=ACTOR
        )
    assert (gone.amount_fen, gone.fee_fen, gone.paid_fen) == (0, 0, 2280)
    keep(NOW + HOUR)
    assert queries.balance(f"owed:resident:{gone.resident_id}") == 2280
    assert not wrong()
