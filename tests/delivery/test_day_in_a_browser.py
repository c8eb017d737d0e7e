"""A day's bags in a real browser: split, re-routed and shown, on the screen of a desk and on a phone."""

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from groupbuy.accounts.queries import get_account
from tests import building
from tests.building import PICKUP
from tests.delivery.town import Town
from tests.support.browsers import DESKTOP, PHONE
from tests.web.browsing import look_at, served, sit_down

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]

DAY, LATER = PICKUP.isoformat(), (PICKUP + timedelta(days=2)).isoformat()


def test_bags_are_split_rerouted_and_shown_to_everybody(app: Flask, browser: Browser) -> None:
    town = Town(app)
    town.plan()
    order = town.orders[4].number
    with served(app) as site:
        office = sit_down(browser, app, site, building.add_account("小陈").id, "operator", **DESKTOP)
        office.goto(f"/admin/rounds/{town.rounds[0].name}/later")
        office.locator("[name=product_code]").select_option("P2")
        office.locator("[name=pickup_date]").fill(LATER)
        office.get_by_role("button", name="查看影响").click()
        expect(office.get_by_text("1 单只有此商品，整单改期").first).to_be_visible()
        look_at(office)
        office.goto(f"/admin/orders/{order}/split")
        look_at(office)
        office.goto(f"/admin/delivery?day={DAY}")
        office.get_by_role("link", name="提货改派").click()
        office.locator("[name=from_leader]").select_option("L1")
        office.locator("[name=to_leader]").select_option("L3")
        office.locator("[name=reason]").fill("团长生病")
        office.get_by_role("button", name="查看改派内容").click()
        look_at(office)
        office.get_by_role("button", name="改派并通知").click()
        expect(office.get_by_role("cell", name="团长生病")).to_be_visible()
        look_at(office)
        third = get_account(town.leaders[2].account_id).id
        leader = sit_down(browser, app, site, third, "leader", **PHONE)
        leader.goto("/leader/pickup")
        expect(leader.get_by_text("当日单据")).to_be_visible()
        look_at(leader)
        buyer = sit_down(browser, app, site, get_account(town.anna.account_id).id, "resident", **PHONE)
        buyer.goto(f"/orders/{order}")
        expect(buyer.get_by_text("与当天另外 1 个订单合为一袋")).to_be_visible()
        look_at(buyer)
