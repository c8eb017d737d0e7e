"""The gross margin of suppliers who brought a product together, reckoned by hand.

P1 is S1's at ¥5.00 in cases of 6; four tenths of it are S2's at ¥4.00 in cases of 10. P2 is S1's at ¥5.00
too, but S2 brings it at ¥3.00. Everything is sold at ¥9.90 with 10 % commission.
"""

from dataclasses import replace
from typing import Any

from flask import Flask

from groupbuy.aftersales.rules import Kind, Reason
from groupbuy.analytics import trade_reports
from groupbuy.analytics.trade_base import Wanted
from groupbuy.campaigns.models import Round
from groupbuy.catalog import sourcing
from groupbuy.catalog.models import Product, Supplier
from groupbuy.catalog.sourcing import Further, Sourcing
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import putting_right
from groupbuy.flows.putting_right import Request
from groupbuy.orders.models import Order
from groupbuy.purchasing import queries as purchasing
from groupbuy.warehouse import origins
from groupbuy.warehouse.rules import Policy
from tests import building
from tests.analytics.trade import KEPT, PICKED, TODAY, sums
from tests.money import hand_out, keep
from tests.payments.test_paying_pages import browser
from tests.warehouse import day


def sourced(supplier: Supplier, code: str, wanted: Sourcing) -> Product:
    """Make a product of a supplier with its further ones."""
    product = building.add_product(supplier, code)
    with transaction():
        stored = db.session.get_one(Product, product.id)
        sourcing.set_sourcing(product=stored, wanted=wanted, now=building.NOW, actor="test")
    return product


def sold(app: Flask) -> tuple[Round, list[Order]]:
    """Order 50, 30 and 20 of P1 and 10 of P2; of P1 only 60 of S1 and 36 good ones of S2 come."""
    building.set_commission(Rate(rate_bp=1000))
    own, _ = building.add_supplier("S1"), building.add_supplier("S2")
    products = [
        sourced(own, "P1", Sourcing("share", None, (Further("S2", 400, 10, 4_000),))),
        sourced(own, "P2", Sourcing("price", None, (Further("S2", 300),))),
    ]
    round_ = building.add_round(products)
    leader = building.add_leader()
    wishes = ({"P1": 50}, {"P1": 30, "P2": 10}, {"P1": 20})
    orders = [building.place(round_, building.add_resident(leader), wish) for wish in wishes]
    building.close(app, round_)
    for order in purchasing.orders_of_round(round_.id):
        lines = {line.product.code: line.purchased for line in order.lines}
        rejected = {"P1": 4} if "P2" in lines else {}
        day.receive(order.number, lines, rejected=rejected, last=True)
    day.share_out(round_, Policy.FIRST_COME)
    for order in orders:
        hand_out(day.stored(order), PICKED)
    keep(KEPT)
    return round_, orders


def margins(**narrow: str) -> dict[str, tuple[int, ...]]:
    """Return by supplier units, amount, cost, commission and margin."""
    wanted = Wanted(TODAY.since, TODAY.until, **narrow)
    rows: Any = trade_reports.rows_of(trade_reports.get_report("margin-supplier"), wanted, most=9)
    return {row.code: (row.units, row.amount, row.cost_fen, row.commission, row.margin) for row in rows}


def test_each_supplier_has_the_margin_of_what_it_brought(app: Flask) -> None:
    _, orders = sold(app)
    # 96 of P1 are sold at ¥950.40 with ¥95.04 commission: 60 of them are S1's, 36 are S2's. They have cost
    # 60 x ¥5.00 = ¥300.00 and 36 x ¥4.00 = ¥144.00. All ten of P2, ¥99.00, are S2's at ¥30.00.
    first = (60, 59_400, 30_000, 5_940, 59_400 - 30_000 - 5_940)
    second = (46, 35_640 + 9_900, 14_400 + 3_000, 3_564 + 990, 45_540 - 17_400 - 4_554)
    assert margins() == {"S1": first, "S2": second}
    assert margins(supplier="S2") == {"S2": second}
    assert margins(product="P2") == {"S2": (10, 9_900, 3_000, 990, 9_900 - 3_000 - 990)}
    booked = {"units": 106, "amount": 104_940, "cost_fen": 47_400, "commission": 10_494, "margin": 47_046}
    for by in ("supplier", "product", "leader", "route"):
        assert sums(f"margin-{by}") == (booked, 104_940)
    # Every report that is narrowed by a supplier says the same of it.
    for code, (units, amount, cost, commission, margin) in margins().items():
        named = {"units": units, "amount": amount, "cost_fen": cost, "commission": commission}
        narrow = replace(TODAY, supplier=code)
        for by in ("supplier", "product", "leader", "route"):
            assert sums(f"margin-{by}", narrow)[0] == named | {"margin": margin}
        assert sums("sales", narrow)[0] == {"units": units, "amount": amount}
        # All that came was sold, so what was bought of it has cost the same.
        assert sums("in-out", narrow)[0] == {
            "bought": units,
            "bought_fen": cost,
            "sold": units,
            "sold_fen": amount,
            "stocked": 0,
            "stocked_fen": 0,
        }
        assert sums("purchases", narrow)[0]["amount"] == cost
    # The books know the same of each supplier, to the fen: what came is what was sold.
    office, month = browser(app, building.add_account("财务"), "finance"), f"{PICKED:%Y-%m}"
    for code, fen in (("S1", 30_000), ("S2", 17_400)):
        asked = f"since={month}&until={month}&account=expense:goods&supplier={code}"
        assert sum(office.get(f"/api/v1/income-expense?{asked}").json["expense"].values()) == fen
    # Goods that only S2 brought are S2's to answer for, at its own cost.
    offer = next(line.offer for line in day.stored(orders[1]).lines if line.offer.product.code == "P2")
    assert [(one.supplier_id, one.amount_fen) for one in origins.charges(offer, 2, 500)] == [(2, 600)]
    assert day.wrong() == []


def test_what_is_taken_back_leaves_no_fen_between_the_suppliers(app: Flask) -> None:
    _, orders = sold(app)
    request = Request(Kind.REFUND, Reason.SPOILED, "坏了", {"P1": 7})
    with transaction():
        order = db.session.get_one(Order, orders[0].id)
        asked = putting_right.ask(order=order, request=request, now=KEPT, zone=building.ZONE, actor=day.ACTOR)
    with transaction():
        putting_right.decide(
            number=asked.number, approve=True, answer="", now=KEPT, zone=building.ZONE, actor=day.ACTOR
        )
    found, (total, booked) = margins(), sums("margin-supplier")
    assert total == sums("margin-product")[0]
    assert (total["units"], total["amount"], booked) == (99, 99 * 990, 99 * 990)
    # 89 of P1 are left: 60 and 36 parts of 96 of them.
    assert {code: one[0] for code, one in found.items()} == {"S1": 55, "S2": 34 + 10}
    for code, (units, amount, *_) in found.items():
        assert sums("sales", replace(TODAY, supplier=code))[0] == {"units": units, "amount": amount}
