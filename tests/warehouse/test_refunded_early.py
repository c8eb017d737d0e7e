"""Goods are paid back before anybody had them: less is short, and what comes of them goes into stock."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask

from groupbuy.aftersales.rules import Goods, Kind, Reason
from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import collecting, ordering, putting_right, receiving
from groupbuy.flows.putting_right import Request
from groupbuy.flows.receiving import Delivery
from groupbuy.orders.models import Order
from groupbuy.warehouse import stock
from groupbuy.warehouse.rules import Policy
from tests import building
from tests.warehouse import day
from tests.warehouse.test_races import at_once

ASKED: Mapping[str, Any] = {"now": day.ARRIVES, "zone": building.ZONE, "actor": day.ACTOR}


class Shop:
    """A closed round of one good in cases of 3 at ¥5.00: two residents have paid for 5 and for 7 of it."""

    def __init__(self, app: Flask) -> None:
        supplier = building.add_supplier()
        self.product: Product = building.add_product(supplier, case_size=3)
        self.round: Round = building.add_round([self.product])
        leader = building.add_leader()
        self.orders = [
            building.place(self.round, building.add_resident(leader), {"P1": units}) for units in (5, 7)
        ]
        with transaction():
            for order in self.orders:
                ordering.mark_paid(
                    order=db.session.get_one(Order, order.id), now=building.NOW, actor=day.ACTOR
                )
        building.close(app, self.round)
        self.number = day.order_of(self.round).number

    def ask(self, order: Order, units: int) -> str:
        """Ask for the money of some of an order and return the case's number."""
        request = Request(Kind.REFUND, Reason.OTHER, "不要了", {"P1": units})
        with transaction():
            return putting_right.ask(order=day.stored(order), request=request, **ASKED).number

    def refund(self, order: Order, units: int, goods: Goods = Goods.KEPT) -> None:
        """Pay some of an order back after the sale."""
        number = self.ask(order, units)
        with transaction():
            putting_right.decide(number=number, approve=True, answer="", goods=goods, **ASKED)

    def receive(self, units: int) -> None:
        """Book what came as the last of it."""
        day.receive(self.number, {"P1": units}, last=True)

    def fetch(self, order: Order) -> None:
        """Hand an order out."""
        code, leaders = order.pickup_code, [order.leader_id]
        with transaction():
            collecting.verify_pickup(code=code, leader_ids=leaders, now=day.ARRIVES, actor=day.ACTOR)

    def share_out(self) -> int:
        """Share out what is short and return how many units somebody lost."""
        done = day.share_out(self.round, Policy.FIRST_COME)
        return done.units if done else 0

    def held(self) -> list[int]:
        """Return what each order is to get."""
        return [day.quantities(order)["P1"] for order in self.orders]


@pytest.fixture
def shop(app: Flask) -> Shop:
    """Return the shop on the day on which the goods come."""
    return Shop(app)


def test_what_was_refunded_before_all_goods_come_goes_into_stock_at_cost(shop: Shop) -> None:
    shop.refund(shop.orders[0], 2)
    shop.receive(12)
    assert (shop.share_out(), shop.held()) == (0, [3, 7])
    assert (day.in_stock(shop.product), stock.last_cost(shop.product.id)) == (2, 500)
    assert day.wrong() == []


def test_what_was_refunded_before_the_goods_come_lowers_the_shortage(shop: Shop) -> None:
    shop.refund(shop.orders[0], 2)
    shop.receive(9)
    assert (shop.share_out(), shop.held(), day.in_stock(shop.product)) == (1, [3, 6], 0)
    assert day.wrong() == []


def test_what_was_refunded_before_a_shortage_is_shared_out_lowers_it_and_no_more(shop: Shop) -> None:
    """Of 12 come 10: of the first 3 units two are what is missing, the third is with who had it."""
    shop.receive(10)
    shop.refund(shop.orders[0], 1)
    shop.refund(shop.orders[1], 2)
    assert (shop.share_out(), shop.held(), day.in_stock(shop.product)) == (0, [4, 5], 0)
    assert day.wrong() == []


def test_what_was_fetched_and_refunded_leaves_nothing_for_the_others(shop: Shop) -> None:
    """Of 12 come 10, five are fetched and two of them were bad: five are left for seven."""
    shop.receive(10)
    shop.fetch(shop.orders[0])
    shop.refund(shop.orders[0], 2)
    assert (shop.share_out(), shop.held()) == (2, [3, 5])
    assert day.wrong() == []


def test_what_came_back_before_a_shortage_is_shared_out_lies_in_stock_and_is_short(shop: Shop) -> None:
    shop.receive(10)
    shop.refund(shop.orders[0], 1, Goods.RETURNED)
    assert (shop.share_out(), shop.held(), day.in_stock(shop.product)) == (2, [4, 5], 1)
    assert day.wrong() == []


def test_a_whole_order_that_is_refunded_early_is_cancelled_and_owed_back(shop: Shop) -> None:
    shop.refund(shop.orders[0], 5)
    shop.receive(12)
    order = day.stored(shop.orders[0])
    assert (order.state, order.paid_fen - order.amount_fen) == ("cancelled", 5 * 990)
    assert (shop.held(), day.in_stock(shop.product), day.wrong()) == ([0, 7], 5, [])


def test_goods_that_come_while_some_are_paid_back_are_in_stock_or_came_first(app: Flask, shop: Shop) -> None:
    case, number = shop.ask(shop.orders[0], 2), shop.number
    done = at_once(
        app,
        lambda: putting_right.decide(number=case, approve=True, answer="", **ASKED).number,
        lambda: (
            receiving.receive_goods(
                number=number,
                deliveries=[Delivery("P1", 12)],
                tolerance_bp=day.TOLERANCE_BP,
                now=day.ARRIVES,
                actor=day.ACTOR,
            ).number
        ),
    )
    db.session.expire_all()
    assert (done[0], shop.held()) == (case, [3, 7])
    assert (day.in_stock(shop.product) in (0, 2), day.wrong()) == (True, [])
