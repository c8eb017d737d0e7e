"""One leader over two months, each figure reckoned by hand: steps, a product's own rate, a late refund."""

from datetime import timedelta
from io import BytesIO

from flask import Flask
from openpyxl import load_workbook

from groupbuy.analytics import leader_statement
from groupbuy.analytics.invariants import check_all
from groupbuy.campaigns.rules import Window
from groupbuy.catalog.models import Product
from groupbuy.commissions.rules import Rate, Scope, Tier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.finance import queries, rules
from groupbuy.flows import crediting
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order, OrderLine
from tests import building
from tests.building import CLOSES, OPENS, PICKUP
from tests.money import PICKED, SETTLED, ask, hand_out, keep
from tests.web.test_money_pages import of_leader

WEEK = timedelta(days=7)


def sell(app: Flask, leader: Leader, products: list[Product], weeks: int, wish: dict[str, int]) -> Order:
    """Sell, close and hand out one order some weeks later, until its commission is settled."""
    later = weeks * WEEK
    window = Window(OPENS + later, CLOSES + later, PICKUP + later)
    round_ = building.add_round(products, f"C{weeks}", window=window)
    order = building.place(round_, building.add_resident(leader), wish, now=OPENS + later)
    building.close(app, round_, CLOSES + later)
    sold = db.session.get_one(Order, order.id)
    hand_out(sold, PICKED + later)
    keep(SETTLED + later)
    return sold


def settled(leader: Leader) -> int:
    db.session.rollback()
    return queries.balance(rules.commission(leader.id, "settled"))


def gained(leader: Leader, month: str) -> list[int]:
    """Return what rows of a month did to what can be withdrawn."""
    return [row.settled_fen for row in leader_statement.statement(leader.id, month) if row.settled_fen]


def test_a_refund_after_the_withdrawal_is_carried_into_the_next_month(app: Flask) -> None:
    supplier = building.add_supplier()
    products = [building.add_product(supplier, code) for code in ("P1", "P2")]
    building.set_commission(Rate(tiers=(Tier(0, 500), Tier(10_000, 800))))
    building.set_commission(Rate(fixed_fen=30), Scope.PRODUCT, products[1].id)
    leader = building.add_leader()
    first = sell(app, leader, products, 0, {"P1": 7, "P2": 5})
    # ¥118.80 are above ¥100: 8 % of 7 × ¥9.90 are ¥5.544, and 5 × ¥0.30.
    assert gained(leader, "2026-11") == [554 + 150]
    ask(leader, 704)
    assert settled(leader) == 0

    line = db.session.query(OrderLine).filter_by(order_id=first.id, quantity=7).one()
    with transaction():
        crediting.take_off({line.id: 2}, cause="test", now=SETTLED + 2 * WEEK, actor=building.ACTOR)
    # 8 % of 5 × ¥9.90 are ¥3.96, whatever the leader's turnover is now.
    assert settled(leader) == 396 - 554
    desk = of_leader(app, leader)
    sell(app, leader, products, 3, {"P1": 3})
    # 5 % of ¥29.70 are ¥1.485, half up.
    assert sorted(gained(leader, "2026-12")) == [396 - 554, 149]
    steps = [row.step for row in leader_statement.statement(leader.id, "2026-12") if row.settled_fen < 0]
    assert steps == ["settle_back"]
    assert "退款或缺货扣回" in desk.get("/leader/money/2026-12").text
    assert settled(leader) == -9
    sell(app, leader, products, 7, {"P1": 1})
    # 5 % of ¥9.90 are ¥0.495, half up.
    assert gained(leader, "2027-01") == [50]
    carried = [leader_statement.carried(leader.id, f"{month}") for month in ("2026-11", "2026-12", "2027-01")]
    assert carried == [0, 0, -9]

    page = desk.get("/leader/money/2027-01").text
    assert "上期结转" in page
    assert "-¥0.09" in page
    assert "¥0.41" in page
    sheet = load_workbook(BytesIO(desk.get("/leader/money/2027-01?export=xlsx").data)).worksheets[0]
    text = str(list(sheet.values))
    assert "上期结转（可提现）：-¥0.09" in text
    assert "期末可提现：¥0.41" in text
    assert desk.get("/leader/money/2027-01?export=pdf").data.startswith(b"%PDF")
    assert [one.name for one in check_all(now=SETTLED + 8 * WEEK, at_rest=False) if one.violations] == []
