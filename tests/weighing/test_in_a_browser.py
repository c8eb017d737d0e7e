"""Naming a substitute, weighing at the scale and settling, in a real Chromium on a phone."""

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from groupbuy.db.transaction import transaction
from groupbuy.flows import receiving
from tests import building
from tests.support.browsers import PHONE
from tests.warehouse import day
from tests.warehouse.test_substituting import put
from tests.web.browsing import look_at, served, sit_down
from tests.weighing.test_weighing import bass

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Let the clock go on from the morning of the round."""
    with time_machine.travel(building.NOW, tick=True):
        yield


def shown(page: Page, path: str) -> Page:
    """Open a page, and look whether it fits and serves every reader."""
    page.goto(path)
    look_at(page)
    return page


def test_fish_is_weighed_and_apples_are_replaced(app: Flask, browser: Browser) -> None:
    supplier, leader = building.add_supplier("S9"), building.add_leader(name="李团长")
    named = (("P2", "苹果", 990), ("P3", "梨", 880))
    fruit = [
        building.add_product(supplier, code, name=name, price_fen=price, case_size=1, keeps=True)
        for code, name, price in named
    ]
    round_ = building.add_round([bass(), *fruit])
    resident = building.add_resident(leader)
    order = building.place(round_, resident, {"P1": 2, "P2": 1})
    with served(app) as site:
        buyer = sit_down(browser, app, site, resident.account_id, "resident", **PHONE)
        shown(buyer, f"/orders/{order.number}").get_by_role("link", name="缺货怎么办").click()
        look_at(buyer)
        buyer.get_by_label("苹果 ×1").select_option("P3")
        buyer.get_by_role("button", name="保存").click()
        expect(buyer.get_by_text("约 1.5kg，按实重结算")).to_be_visible()
        building.close(app, round_)
        for number in [one.number for one in day.purchasing.orders_of_round(round_.id)]:
            with transaction():
                receiving.close_rest(number=number, now=day.ARRIVES, actor=day.ACTOR)
        put(fruit[1], 3)
        desk = sit_down(browser, app, site, building.add_account("老王").id, "warehouse", **PHONE)
        shown(desk, f"/admin/rounds/{round_.name}/shortage?policy=first_come")
        shown(desk, f"/admin/rounds/{round_.name}/weights").get_by_role("link", name="称重：李团长").click()
        desk.get_by_label("实重（克）").fill("700+650")
        look_at(desk)
        desk.get_by_role("button", name="录入").click()
        expect(desk.get_by_text("已录入 1 个实重")).to_be_visible()
        shown(desk, f"/admin/rounds/{round_.name}/weights").get_by_role("link", name="结算").click()
        look_at(desk)
        desk.get_by_role("button", name="结算").click()
        expect(desk.get_by_text("全部实重已结算")).to_be_visible()
        shown(buyer, f"/orders/{order.number}")
        expect(buyer.get_by_text("比预估少 ¥3.98").first).to_be_visible()
        for page in (buyer, desk):
            page.context.close()
