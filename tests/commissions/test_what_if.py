"""What a new rate would have changed, before it is in force."""

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.catalog.models import Product
from groupbuy.commissions import what_if
from groupbuy.commissions.models import CommissionRule
from groupbuy.commissions.rules import Rate, Scope, Tier, line_commission
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.leaders import levels, managing
from groupbuy.leaders.models import Leader
from tests import building
from tests.payments.test_paying_pages import browser

AFTER = building.NOW + timedelta(minutes=1)


@pytest.fixture
def sold(app: Flask) -> tuple[Leader, Leader, Product]:
    """Close a round: L1 sold 3 and 1 of P1 at ¥9.90, L2 5 of P2; everybody earns 8 %."""
    building.set_commission(Rate(rate_bp=800))
    supplier = building.add_supplier()
    products = [building.add_product(supplier, code) for code in ("P1", "P2")]
    one, two = building.add_leader("L1"), building.add_leader("L2")
    round_ = building.add_round(products)
    for leader, wish in ((one, {"P1": 3}), (one, {"P1": 1}), (two, {"P2": 5})):
        building.place(round_, building.add_resident(leader), wish)
    building.close(app, round_)
    return one, two, products[0]


def effects(scope: Scope, target_id: int, rate: Rate | None) -> dict[str, tuple[int, int, int]]:
    found = what_if.what_if(scope=scope, target_id=target_id, rate=rate)
    return {one.code: (one.was_fen, one.would_fen, one.change_fen) for one in found}


def test_a_rate_for_everything_changes_every_leader(sold: tuple[Leader, Leader, Product]) -> None:
    # 8 % of ¥29.70 and of ¥9.90 are 238 and 79; 10 % are 297 and 99.
    expected = {"L1": (317, 396, 79), "L2": (396, 495, 99)}
    assert effects(Scope.DEFAULT, 0, Rate(rate_bp=1000)) == expected
    assert db.session.scalars(select(CommissionRule.rate)).all() == [{"rate_bp": 800}]


def test_a_products_rate_changes_who_sold_it(sold: tuple[Leader, Leader, Product]) -> None:
    assert effects(Scope.PRODUCT, sold[2].id, Rate(fixed_fen=50)) == {
        "L1": (317, 200, -117),
        "L2": (396, 396, 0),
    }


def test_a_rate_that_ends_and_one_of_tiers(sold: tuple[Leader, Leader, Product]) -> None:
    assert effects(Scope.DEFAULT, 0, None) == {"L1": (317, 0, -317), "L2": (396, 0, -396)}
    tiers = Rate(tiers=(Tier(0, 500), Tier(4000, 1000)))
    # L1 has turned over ¥39.60, L2 ¥49.50.
    assert effects(Scope.DEFAULT, 0, tiers) == {"L1": (317, 149 + 50, -118), "L2": (396, 495, 99)}


def test_a_levels_rate_holds_for_who_had_it_as_the_orders_were_placed(app: Flask) -> None:
    building.set_commission(Rate(rate_bp=800))
    one, two = building.add_leader("L1"), building.add_leader("L2")
    gold = give_level(one, "金牌", now=building.OPENS)
    round_ = building.add_round([building.add_product(building.add_supplier())])
    for leader in (one, two):
        building.place(round_, building.add_resident(leader), {"P1": 10})
    silver = give_level(one, "银牌")
    give_level(two, "金牌", level_id=gold)
    building.close(app, round_)
    rate = Rate(rate_bp=1000)
    assert effects(Scope.LEVEL, gold, rate) == {"L1": (792, 990, 198), "L2": (792, 792, 0)}
    assert effects(Scope.LEVEL, silver, rate) == {"L1": (792, 792, 0), "L2": (792, 792, 0)}


def give_level(leader: Leader, name: str, *, now: datetime = AFTER, level_id: int | None = None) -> int:
    """Give a leader a level by hand as an operator does, one that is made for it where none is named."""
    with transaction():
        if level_id is None:
            wish = {"level_id": None, "name": name, "min_month_fen": None, "last_month": date(2026, 10, 1)}
            level_id = levels.save_level(**wish, now=now, actor="t").id
        mine = db.session.get_one(Leader, leader.id)
        managing.edit_leader(leader=mine, values={"level_id": level_id}, now=now, actor="t")
    return level_id


def test_the_plans_page_shows_it_before_it_is_in_force(
    app: Flask, sold: tuple[Leader, Leader, Product]
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    desk = browser(app, building.add_account("运营"), "operator")
    form = {"scope": "default", "how": "percent", "rate_bp": "10", "do": "preview"}
    page = desk.post("/admin/commissions/plan", data=form)
    assert page.status_code == 200
    assert "¥0.79" in page.text
    assert "¥1.78" in page.text
    assert db.session.scalars(select(CommissionRule.rate)).all() == [{"rate_bp": 800}]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"how": "percent", "rate_bp": "100.01"}, "百分比应在 0 到 100 之间"),
        ({"how": "tiers", "tiers": "0 5\n1000 101"}, "百分比应在 0 到 100 之间"),
        ({"how": "tiers", "tiers": " "}, "请填写阶梯"),
        ({"how": "tiers", "tiers": "0 5\n-5 6"}, "阶梯从 0 开始，逐级升高"),
        ({"how": "fixed", "fixed_fen": "9.91"}, "每件佣金不能高于商品售价"),
    ],
)
def test_a_plan_that_pays_more_than_the_goods_cost_is_refused_in_words_that_fit_what_was_typed(
    app: Flask, sold: tuple[Leader, Leader, Product], typed: dict[str, str], says: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    desk = browser(app, building.add_account("运营"), "operator")
    product = sold[2].id
    for button in ({"do": "preview"}, {}):
        page = desk.post(
            "/admin/commissions/plan", data={"scope": "product", "target": product} | typed | button
        )
        assert (page.status_code, says in page.text) == (422, True)
    assert db.session.scalars(select(CommissionRule.rate)).all() == [{"rate_bp": 800}]


@given(st.integers(0, 10_000), st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 99)), max_size=9))
def test_lines_alike_earn_what_each_earns(rate_bp: int, lines: list[tuple[int, int]]) -> None:
    rate = Rate(rate_bp=rate_bp)
    alike = [what_if._Lines(1, 1, None, 1, None, fen, units, 3, 0) for fen, units in lines]
    each = [line_commission(rate, amount_fen=fen, units=units, turnover_fen=0) for fen, units in lines]
    plan = {(Scope.DEFAULT, 0): rate}
    assert sum(what_if._would(one, plan, 0) * one.lines for one in alike) == 3 * sum(each)
