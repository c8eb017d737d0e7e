"""Another mobile number in a real Chromium: one's own on a phone, somebody's at a desk."""

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from groupbuy.accounts.queries import find_account
from groupbuy.http.new_phones import CODE_SENDER
from tests import building
from tests.support.browsers import DESKTOP, PHONE
from tests.web.browsing import look_at, served, sit_down
from tests.web.shopping import SentCodes

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]


def test_a_number_is_changed_by_its_owner_and_by_an_operator(app: Flask, browser: Browser) -> None:
    resident = building.add_resident(building.add_leader())
    gateway = app.extensions[CODE_SENDER] = SentCodes()
    own, somebodys = resident.account_id, building.add_account("老周").id
    office = building.add_account("运营").id
    with served(app) as site:
        for number, (account, role, path, device) in enumerate(
            [
                (own, "resident", "/phone", PHONE),
                (office, "operator", f"/admin/users/{somebodys}/phone", DESKTOP),
            ]
        ):
            page = sit_down(browser, app, site, account, role, **device)
            page.goto(path)
            page.get_by_label("新手机号").fill(f"1398765432{number}")
            page.get_by_role("button", name="向新号码发验证码").click()
            expect(page.get_by_text("验证码已发送")).to_be_visible()
            look_at(page)
            page.get_by_label("验证码").fill(gateway.sent[-1][1])
            page.get_by_role("button", name="更换手机号").last.click()
            expect(page.get_by_text("手机号已更换")).to_be_visible()
            look_at(page)
            assert find_account(f"1398765432{number}") is not None
            page.context.close()
