"""What an operator sees in a real Chromium of suppliers agreed on, and of perishables nobody fetched."""

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, expect

from groupbuy.catalog import sourcing
from groupbuy.catalog.models import Product
from groupbuy.catalog.sourcing import Further, Sourcing
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.purchasing import queries as purchasing
from tests import building
from tests.building import NOW
from tests.flows.test_following_up import HOUR, tick
from tests.flows.test_unfetched import THERE, dispose
from tests.support.browsers import DESKTOP, PHONE
from tests.warehouse import day
from tests.web.browsing import look_at, served, sit_down

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]


def test_an_operator_sees_what_was_agreed_and_what_was_disposed_of(app: Flask, browser: Browser) -> None:
    supplier = building.add_supplier("S1")
    building.add_supplier("S2")
    goods = [building.add_product(supplier, code, case_size=1) for code in ("P1", "P2")]
    building.make_perishable("P1", hours=12, refund=False)
    building.make_perishable("P2", hours=30, refund=True)
    with transaction():
        wanted = Sourcing("share", None, (Further("S2", 400, 1, 5_000),))
        first = db.session.get_one(Product, goods[0].id)
        sourcing.set_sourcing(product=first, wanted=wanted, now=NOW, actor="test")
    round_ = building.add_round(goods)
    order = building.place(round_, building.add_resident(building.add_leader()), {"P1": 2, "P2": 1}).id
    building.close(app, round_)
    for bought in purchasing.orders_of_round(round_.id):
        day.receive(bought.number, {line.product.code: line.purchased for line in bought.lines}, last=True)
    tick(app, THERE + 6 * HOUR)
    with time_machine.travel(THERE + 13 * HOUR, tick=True), served(app) as site:
        dispose(order, THERE + 13 * HOUR)
        operator = building.add_account("运营").id
        for device in (PHONE, DESKTOP):
            page = sit_down(browser, app, site, operator, "operator", **device)
            page.goto("/admin/disposals")
            expect(page.get_by_text("已处理").last).to_be_visible()
            look_at(page)
            page.goto("/admin/rounds/C1")
            expect(page.get_by_text("供应商S2：¥4.00", exact=False)).to_be_visible()
            look_at(page)
            page.goto("/admin/products/P1")
            look_at(page)
            page.context.close()
