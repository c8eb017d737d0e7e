"""A leader confirms in a real Chromium, as inside WeChat, that a withdrawal may come."""

from collections.abc import Iterator

import pytest
import time_machine
from playwright.sync_api import Browser, Page, expect

from groupbuy.db import db
from groupbuy.leaders.models import Leader
from tests import building
from tests.building import NOW
from tests.money import SETTLED
from tests.payments.test_after_transferring import more
from tests.payments.transfer_town import SOON, Till
from tests.support.browsers import PHONE
from tests.web.browsing import look_at, served, sit_down

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]
INSIDE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 MicroMessenger/8.0.50"
# What WeChat's browser has and Chromium lacks: it opens WeChat's own sheet, then tells the page.
BRIDGE = """window.WeixinJSBridge = { invoke: (name, given, done) => {
  sessionStorage.asked = JSON.stringify([name, given]); done();
} }"""


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


@pytest.fixture
def travel() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.fixture
def site(till: Till) -> Iterator[str]:
    with served(till.app) as site:
        yield site


def leader_at(browser: Browser, till: Till, site: str, agent: str) -> Page:
    account_id = db.session.get_one(Leader, till.leader_id).account_id
    assert account_id is not None
    page = sit_down(browser, till.app, site, account_id, "leader", user_agent=agent, **PHONE)
    page.goto("/leader/money")
    return page


def test_the_leader_confirms_inside_wechat(browser: Browser, till: Till, site: str) -> None:
    number = till.send()
    till.tick(SETTLED)
    page = leader_at(browser, till, site, INSIDE)
    look_at(page)
    page.evaluate(BRIDGE)
    # The sheet has closed by the time the page loads again.
    with page.expect_navigation():
        page.get_by_role("button", name="确认收款").click()
    name, given = page.evaluate("JSON.parse(sessionStorage.asked)")
    assert (name, given["package"]) == ("requestMerchantTransfer", till.tries[0].package)
    till.simulator.confirm(number)
    till.tell(number)
    page.reload()
    expect(page.get_by_text(till.sent[0].bill)).to_be_visible()
    till.check(SOON, 4900)


def test_finance_looks_at_a_transfer(browser: Browser, till: Till, site: str) -> None:
    account = building.add_account("财务")
    page = sit_down(browser, till.app, site, account.id, "finance", **PHONE)
    page.goto(f"/admin/withdrawals/{till.number}/transfer")
    look_at(page)
    page.get_by_role("button", name="微信打款").click()
    expect(page.get_by_role("link", name="微信转账")).to_be_visible()
    look_at(page)
    assert till.states == ["queued"]


def test_finance_sends_several_calls_one_back_puts_one_right(browser: Browser, till: Till, site: str) -> None:
    more(till, 2000)
    account = building.add_account("财务")
    page = sit_down(browser, till.app, site, account.id, "finance", **PHONE)
    page.goto("/admin/wechat-transfers/send")
    look_at(page)
    page.get_by_role("button", name="微信打款").click()
    expect(page.get_by_text("已完结 0 / 2 笔")).to_be_visible()
    look_at(page)
    till.tick(SOON)
    first, second = till.tries
    page.goto(f"/admin/withdrawals/{first.withdrawal.number}/release")
    page.get_by_role("link", name="撤回转账").click()
    look_at(page)
    page.get_by_role("button", name="撤回转账").click()
    till.simulator.confirm(second.number, amount_fen=1500)
    till.tell(second.number)
    page.goto("/admin/wechat-transfers")
    page.get_by_role("link", name="更正").click()
    look_at(page)
    page.get_by_label("原因").fill("商户平台已付")
    page.get_by_role("button", name="按实付入账").click()
    expect(page.get_by_role("cell", name="已更正")).to_be_visible()
    look_at(page)
