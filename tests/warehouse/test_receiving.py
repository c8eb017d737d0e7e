"""Goods arrive: once, in parts, too many, broken."""

from datetime import timedelta

import pytest
from flask import Flask

from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import receiving
from groupbuy.flows.receiving import Delivery
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.warehouse import stock
from groupbuy.warehouse.models import GoodsReceipt
from groupbuy.warehouse.rules import Policy
from tests import building
from tests.warehouse import day


@pytest.fixture
def products(app: Flask) -> list[Product]:
    supplier = building.add_supplier()
    return [building.add_product(supplier, code) for code in ("P1", "P2")]


@pytest.fixture
def round_(app: Flask, products: list[Product]) -> Round:
    """Return a closed round: 10 of P1 in 2 cases of 6, 6 of P2 in one."""
    round_ = building.add_round(products)
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 10, "P2": 6})
    return building.close(app, round_)


@pytest.fixture
def order(round_: Round) -> PurchaseOrder:
    return day.order_of(round_)


def test_a_delivery_as_ordered_completes_the_order_and_the_round(
    round_: Round, order: PurchaseOrder, products: list[Product]
) -> None:
    receipt = day.receive(order.number, {"P1": 12, "P2": 6})
    assert receipt.number == f"GR-{order.number.removeprefix('PO-')}-1"
    assert day.order_of(round_).state == "received"
    assert db.session.get_one(Round, round_.id).state == "received"
    # Two units of the second case were ordered by nobody.
    assert (day.in_stock(products[0]), day.in_stock(products[1])) == (2, 0)
    assert day.wrong() == []


def test_an_order_may_arrive_in_several_deliveries(round_: Round, order: PurchaseOrder) -> None:
    day.receive(order.number, {"P1": 7}, seen=0)
    assert day.order_of(round_).state == "part_received"
    day.receive(order.number, {"P1": 5, "P2": 6}, seen=1)
    assert day.order_of(round_).state == "received"


def test_the_same_delivery_sent_twice_is_booked_once(round_: Round, order: PurchaseOrder) -> None:
    first = day.receive(order.number, {"P1": 7}, key="k1")
    again = day.receive(order.number, {"P1": 7}, key="k1")
    assert first.id == again.id
    assert len(day.order_of(round_).lines) == 2
    with pytest.raises(RuleBroken) as refused:
        day.receive(order.number, {"P1": 7}, key="k2", seen=0)
    assert refused.value.code == "received_meanwhile"


def test_rejected_goods_are_missing_until_others_come_or_the_rest_is_closed(
    round_: Round, order: PurchaseOrder, products: list[Product]
) -> None:
    receipt = day.receive(order.number, {"P1": 12, "P2": 6}, rejected={"P1": 5})
    assert [(line.delivered, line.rejected, line.accepted) for line in receipt.lines] == [
        (12, 5, 7),
        (6, 0, 6),
    ]
    assert day.order_of(round_).state == "part_received"
    with transaction():
        receiving.close_rest(number=order.number, now=day.ARRIVES, actor=day.ACTOR)
    assert (day.order_of(round_).state, day.in_stock(products[0])) == ("closed", 0)
    assert db.session.get_one(Round, round_.id).state == "received"


def test_more_than_the_tolerance_asks_and_a_slip_of_the_keyboard_asks_twice(
    order: PurchaseOrder, products: list[Product]
) -> None:
    for units, confirmed in ((13, 0), (12_000, 0), (12_000, 1)):
        with pytest.raises(RuleBroken) as refused:
            day.receive(order.number, {"P1": units}, confirmed=confirmed)
        assert refused.value.code == "over_delivery"
    day.receive(order.number, {"P1": 13}, confirmed=1, last=True)
    assert day.in_stock(products[0]) == 3


def test_goods_in_the_place_of_rejected_ones_are_no_over_delivery(
    round_: Round, order: PurchaseOrder, products: list[Product]
) -> None:
    day.receive(order.number, {"P1": 12, "P2": 6}, rejected={"P1": 5})
    with pytest.raises(RuleBroken) as refused:
        day.receive(order.number, {"P1": 6})
    assert (refused.value.code, "13 came in all" in refused.value.message) == ("over_delivery", True)
    day.receive(order.number, {"P1": 5})
    # Twelve were bought for ten, to fill the case.
    assert (day.order_of(round_).state, day.in_stock(products[0])) == ("received", 2)


def test_nothing_is_received_on_an_order_that_is_complete(order: PurchaseOrder) -> None:
    day.receive(order.number, {"P1": 12, "P2": 6})
    with pytest.raises(RuleBroken) as refused:
        day.receive(order.number, {"P1": 1})
    assert refused.value.code == "already_received"


@pytest.mark.parametrize(
    ("units", "rejected", "param"),
    [
        ({"P9": 1}, {}, "lines[0].product_code"),
        ({"P1": -1}, {}, "lines[0].delivered"),
        ({"P1": 2}, {"P1": 3}, "lines[0].rejected"),
        ({"P1": 0}, {}, "lines"),
    ],
)
def test_a_delivery_that_makes_no_sense_is_refused(
    order: PurchaseOrder, units: dict[str, int], rejected: dict[str, int], param: str
) -> None:
    with pytest.raises(BadInput) as refused:
        day.receive(order.number, units, rejected=rejected)
    assert refused.value.param == param


def test_the_next_close_uses_up_what_keeps_and_buys_the_rest(
    app: Flask, round_: Round, order: PurchaseOrder, products: list[Product]
) -> None:
    day.receive(order.number, {"P1": 12, "P2": 6})
    with transaction():
        db.session.get_one(Product, products[0].id).keeps = True
    later = building.add_round(products, "C2")
    resident = building.add_resident(building.add_leader("L2"))
    building.place(later, resident, {"P1": 3, "P2": 1})
    building.close(app, later)
    lines = {line.product.code: line for line in day.order_of(later).lines}
    # Two of the three lie in stock; the third takes a case of six, of which five are too many.
    assert (lines["P1"].from_stock, lines["P1"].purchased, lines["P1"].surplus) == (2, 6, 5)
    assert lines["P2"].from_stock == 0
    assert day.in_stock(products[0]) == 0
    assert day.wrong() == []


def test_a_round_whose_goods_all_lie_in_stock_waits_for_no_delivery(
    app: Flask, products: list[Product]
) -> None:
    with transaction():
        db.session.get_one(Product, products[0].id).keeps = True
        stock.count(product=products[0], counted=5, seen=0, now=day.ARRIVES, actor="test")
    round_ = building.add_round(products)
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 5})
    assert building.close(app, round_).state == "received"
    order = day.order_of(round_)
    assert (order.state, order.units, day.in_stock(products[0])) == ("closed", 0, 0)
    assert day.share_out(round_, Policy.PRO_RATA) is None
    assert day.wrong() == []


def test_a_count_of_a_level_that_has_moved_is_refused(products: list[Product]) -> None:
    with transaction():
        assert stock.count(product=products[0], counted=5, seen=0, now=day.ARRIVES, actor="test") == 5
    with pytest.raises(RuleBroken) as refused, transaction():
        stock.count(product=products[0], counted=7, seen=0, now=day.ARRIVES, actor="test")
    assert refused.value.code == "stock_changed"
    assert day.in_stock(products[0]) == 5


def test_goods_past_their_day_are_rejected_or_not_booked(order: PurchaseOrder) -> None:
    former, today = day.ARRIVES.date() - timedelta(days=1), day.ARRIVES.date()
    details = {"number": order.number, "tolerance_bp": 200, "now": day.ARRIVES, "actor": day.ACTOR}

    def book(*deliveries: Delivery) -> GoodsReceipt:
        with transaction():
            return receiving.receive_goods(deliveries=deliveries, **details)

    with pytest.raises(BadInput) as refused:
        book(Delivery("P1", 0), Delivery("P1", 2, 1, "过期", None, former))
    assert (refused.value.code, refused.value.param) == ("past_its_date", "lines[1].best_before")
    booked = book(Delivery("P1", 2, 2, "过期", None, former), Delivery("P1", 1, best_before=today))
    assert [line.accepted for line in booked.lines] == [0, 1]
