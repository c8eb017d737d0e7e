"""The archive's page in a real Chromium: what is in it, what waits, and the way back."""

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, expect

from groupbuy.db.transaction import in_transaction
from groupbuy.flows.archive import archiving
from tests import building
from tests.archive import story
from tests.archive.story import MUCH_LATER
from tests.support.browsers import DESKTOP, PHONE
from tests.web.browsing import look_at, served, sit_down

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(MUCH_LATER, tick=True):
        yield


def test_a_round_goes_into_the_archive_and_comes_back(app: Flask, browser: Browser) -> None:
    market = story.market()
    old, _orders = story.live(app, market, "C1")
    waiting, orders = story.begin(market, "C2", weeks=1)
    story.hand_out(app, market, waiting, orders, weeks=1)
    ids = [old.id, waiting.id]
    for round_id in ids:
        in_transaction(lambda it=round_id: archiving.archive(round_id=it, now=MUCH_LATER, actor="test"))
    operator = building.add_account("运营").id
    with served(app) as site:
        for device in (PHONE, DESKTOP):
            page = sit_down(browser, app, site, operator, "operator", **device)
            page.goto("/admin/archive")
            look_at(page)
            page.get_by_role("button", name="立即归档").first.click()
            expect(page.get_by_text("仍在等待", exact=False)).to_be_visible()
            look_at(page)
            page.context.close()
        page = sit_down(browser, app, site, operator, "operator", **DESKTOP)
        page.goto("/admin/archive?where=in")
        page.get_by_role("button", name="取回").click()
        page.locator("dialog[open] button.btn-primary, dialog[open] button.btn-danger").click()
        expect(page.get_by_text("2 个订单", exact=False).first).to_be_visible()
        look_at(page)
        page.goto("/admin/archive")
        look_at(page)
        page.context.close()
