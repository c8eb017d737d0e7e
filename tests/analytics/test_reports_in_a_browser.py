"""Reports with long names in a real Chromium: the chart keeps its bars, and paper its last column."""

import pytest
from flask import Flask
from playwright.sync_api import Browser

from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from tests import building
from tests.analytics.trade import SPAN
from tests.support.browsers import DESKTOP
from tests.web.browsing import look_at, served, sit_down

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_kind", ["sqlite"]),
    pytest.mark.usefixtures("trade"),
]

LONG = "Green Fields Cooperative Farm and Orchard Company Limited, Chongming Island"
# What is inside of A4 with margins of 12 mm.
PAPER = {"width": 703, "height": 1032}
BARS = """() => { const model = echarts.getInstanceByDom(document.querySelector("[data-chart]")).getModel();
  return model.getComponent("grid").coordinateSystem.getRect().height; }"""
RIGHT = 'Math.max(...[...document.querySelectorAll("td.num")].map(one => one.getBoundingClientRect().right))'


def test_long_names_leave_the_bars_and_the_last_column_of_a_printed_report(
    app: Flask, browser: Browser
) -> None:
    with transaction():
        db.session.query(Supplier).update({"name": LONG})
        db.session.query(Product).update({"name": LONG})
    with served(app) as site:
        office = sit_down(browser, app, site, building.add_account("财务").id, "finance", **DESKTOP)
        office.goto(f"/admin/reports/purchases?{SPAN}")
        look_at(office)
        assert office.evaluate(BARS) > 100
        office.set_viewport_size(PAPER)
        office.emulate_media(media="print")
        assert office.evaluate(RIGHT) <= PAPER["width"]
        office.context.close()
