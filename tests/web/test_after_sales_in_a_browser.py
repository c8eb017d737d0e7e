"""After the sale in a real Chromium: the hours of a category, asking in time, goods that come back."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import collecting
from groupbuy.orders.models import Order
from tests import building
from tests.building import ACTOR, CLOSES
from tests.support.browsers import DESKTOP, PHONE
from tests.web.browsing import look_at, served, sit_down

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]
PICKED = CLOSES + timedelta(hours=20)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Let the clock go on from 30 hours after the pickup."""
    with time_machine.travel(PICKED + timedelta(hours=30), tick=True):
        yield


@pytest.fixture
def order(app: Flask) -> Order:
    """Return an order of which apples and pears were fetched 30 hours ago."""
    supplier = building.add_supplier()
    goods = [building.add_product(supplier, code, name=name) for code, name in (("P1", "苹果"), ("P2", "梨"))]
    round_ = building.add_round(goods)
    placed = building.place(round_, building.add_resident(building.add_leader()), {"P1": 3, "P2": 2})
    building.close(app, round_)
    with transaction():
        collecting.verify_pickup(
            code=placed.pickup_code, leader_ids=[placed.leader_id], now=PICKED, actor=ACTOR
        )
    return db.session.get_one(Order, placed.id)


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_apples_are_too_late_and_pears_come_back(
    app: Flask, browser: Browser, order: Order, device: dict[str, Any]
) -> None:
    buyer_id, number = order.resident.account_id, order.number
    with served(app) as site:
        office = sit_down(browser, app, site, building.add_account("运营").id, "operator", **device)
        buyer = sit_down(browser, app, site, buyer_id, "resident", **device)
        give_hours(office)
        ask(buyer, number)
        take_back(office)
        buyer.reload()
        expect(buyer.get_by_text("收到了", exact=True)).to_be_visible()
        for page in (office, buyer):
            page.context.close()


def give_hours(office: Page) -> None:
    """Give apples a category of 24 hours."""
    office.goto("/admin/products/categories/new")
    office.get_by_label("名称").fill("水果")
    office.get_by_label("售后时限（小时）").fill("24")
    look_at(office)
    office.get_by_role("button", name="保存").click()
    expect(office.get_by_text("24", exact=True)).to_be_visible()
    look_at(office)
    office.goto("/admin/products/P1")
    office.get_by_label("品类").select_option(label="水果")
    office.get_by_role("button", name="保存").click()
    office.wait_for_load_state("networkidle")


def ask(buyer: Page, number: str) -> None:
    """See that the time for apples is over, and ask about the pears."""
    buyer.goto(f"/orders/{number}/after-sale")
    expect(buyer.get_by_role("heading", name="已过售后时限")).to_be_visible()
    expect(buyer.get_by_label("苹果")).to_have_count(0)
    buyer.get_by_label("梨").fill("2")
    buyer.get_by_label("说明").fill("不合适")
    look_at(buyer)
    buyer.get_by_role("button", name="提交").click()
    expect(buyer.get_by_text("待处理", exact=True)).to_be_visible()


def take_back(office: Page) -> None:
    """Approve it, put the pears into stock, and follow the movement back to the case."""
    office.goto("/admin/after-sales")
    office.locator("tbody a").first.click()
    office.get_by_label("给居民的答复").fill("收到了")
    office.get_by_label("商品处理").select_option("returned")
    look_at(office)
    office.get_by_role("button", name="审核通过").click()
    expect(office.get_by_text("退回并重新入库销售", exact=True)).to_be_visible()
    look_at(office)
    office.goto("/admin/stock/movements")
    expect(office.locator("tbody").get_by_text("居民退回", exact=True)).to_be_visible()
    look_at(office)
