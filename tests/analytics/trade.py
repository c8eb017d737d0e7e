"""A day of trade whose figures are known, and the days that reports are asked for."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from groupbuy.analytics import trade_base, trade_reports
from groupbuy.analytics.trade_base import Wanted
from groupbuy.commissions.rules import Rate
from groupbuy.purchasing import queries as purchasing
from groupbuy.settlements.rules import start_of
from tests import building
from tests.money import hand_out, keep
from tests.orders.test_fees import charge
from tests.warehouse import day
from tests.warehouse.places import add_warehouse

PICKED = day.ARRIVES + timedelta(hours=3)
KEPT = PICKED + timedelta(minutes=5)
SPAN = f"since={PICKED:%Y-%m-%d}&until={PICKED:%Y-%m-%d}"
# What a row below the rows of a file begins with.
ENDS = (
    "合计",
    "账面金额",
    "账面佣金",
    "账面运费",
    "账面送货上门费",
    "账面销货金额",
    "账面库存增减",
    "进价成本说明",
)
TODAY = Wanted(start_of(PICKED.date()), start_of(PICKED.date() + timedelta(days=1)))


@pytest.fixture
def trade(app: Flask) -> Iterator[None]:
    """Sell 10 of P1 and 4 of P2 at ¥9.90 with 10 % commission through two leaders, each on a route.

    12 of P1 come at ¥5.00, one broken, and 6 of P2 at ¥3.33 into a grid warehouse; all but one order
    are picked up. Each order pays ¥3.00 for freight, and the second one ¥2.50 to the door.
    """
    add_warehouse("G1")
    app.config["WTF_CSRF_ENABLED"] = False
    building.set_commission(Rate(rate_bp=1000))
    supplier, other = building.add_supplier("S1"), building.add_supplier("S2", name="=水果行")
    products = [building.add_product(supplier, "P1"), building.add_product(other, "P2", cost_fen=333)]
    leaders = [building.add_leader("L1", route="东线"), building.add_leader("L2", route="西线")]
    round_ = building.add_round(products, freight_fen=300)
    wishes = ((leaders[0], {"P1": 7, "P2": 1}), (leaders[1], {"P1": 3, "P2": 1}), (leaders[1], {"P2": 2}))
    orders = [building.place(round_, building.add_resident(leader), wish) for leader, wish in wishes]
    charge(orders[1], 250)
    building.close(app, round_)
    for order in purchasing.orders_of_round(round_.id):
        lines = {line.product.code: line.purchased for line in order.lines}
        rejected, place = ({"P1": 1}, "MAIN") if "P1" in lines else ({}, "G1")
        day.receive(order.number, lines, rejected=rejected, warehouse_code=place, last=True)
    for order in orders[:2]:
        hand_out(order, PICKED)
    keep(KEPT)
    with time_machine.travel(KEPT, tick=False):
        yield


def sums(name: str, wanted: Wanted = TODAY) -> tuple[dict[str, int], int | None]:
    found = trade_base.figures(trade_reports.get_report(name), wanted)
    return dict(found.sums), found.booked
