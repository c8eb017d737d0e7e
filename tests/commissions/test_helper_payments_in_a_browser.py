"""A leader pays a helper, who says that it has come: two phones in a real Chromium."""

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, expect

from groupbuy.db import db
from groupbuy.leaders.models import Leader
from tests.commissions.test_helper_payments import earned
from tests.money import SETTLED
from tests.support.browsers import PHONE
from tests.web.browsing import look_at, served, sit_down

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(SETTLED, tick=True):
        yield


def test_a_helper_is_paid(app: Flask, browser: Browser) -> None:
    leader, helper = earned(app)
    account = db.session.get_one(Leader, leader).account_id
    with served(app) as site:
        head = sit_down(browser, app, site, account, "leader", **PHONE)
        hand = sit_down(browser, app, site, helper, "pickup_verifier", **PHONE)
        head.goto("/leader/helpers")
        head.get_by_role("link", name="付给助手").click()
        for fen, proof in (("1.30", "微信转账 1000001"), ("2.00", "现金")):
            head.get_by_label("金额").fill(fen)
            head.get_by_label("付款凭证").fill(proof)
            look_at(head)
            head.get_by_role("button", name="我已付款").click()
        hand.goto("/leader/shares")
        look_at(hand)
        hand.get_by_role("button", name="已收到").first.click()
        hand.get_by_text("没有收到").first.click()
        hand.get_by_label("原因").fill("没有到账")
        look_at(hand)
        hand.get_by_role("button", name="没有收到").click()
        expect(hand.get_by_text("没有到账")).to_be_visible()
        look_at(hand)
        head.reload()
        expect(head.get_by_text("没有到账")).to_be_visible()
        look_at(head)
        for page in (head, hand):
            page.context.close()
