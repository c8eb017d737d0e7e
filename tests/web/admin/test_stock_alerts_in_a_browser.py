"""Low-stock alerts by warehouse are set on a phone, in both languages."""

import pytest
from playwright.sync_api import Browser, expect

from groupbuy.accounts.models import Account
from groupbuy.db import db
from tests.support.browsers import PHONE
from tests.web.admin.conftest import town
from tests.web.admin.people import Town
from tests.web.browsing import look_at, served, sit_down

__all__ = ["town"]

WORDS = {
    "zh": ("全部仓库低于", "东区网格仓低于", "保存", "请修改标出的内容", "已保存"),
    "en": (
        "Low below, over all warehouses",
        "Low below in 东区网格仓",
        "Save",
        "Please correct the marked fields",
        "Saved",
    ),
}


@pytest.mark.browser
@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_alert_of_a_warehouse_is_set_and_a_slip_is_marked(
    town: Town, browser: Browser, language: str
) -> None:
    over_all, there, save, correct, saved = WORDS[language]
    town.operator.post("/admin/warehouses/new", code="G1", name="东区网格仓", kind="grid", active="y")
    account = db.session.query(Account).filter_by(name="张晓梅").one()
    with served(town.app) as site:
        page = sit_down(browser, town.app, site, account.id, "operator", **PHONE)
        page.goto(f"/admin/stock/P1?lang={language}")
        page.get_by_label(there).fill("vier")
        page.get_by_label(over_all).fill("7")
        page.locator("form.panel").get_by_role("button", name=save).click()
        expect(page.get_by_text(correct)).to_be_visible()
        look_at(page)
        expect(page.get_by_label(there)).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label(over_all)).to_have_value("7")
        page.get_by_label(there).fill("4")
        page.locator("form.panel").get_by_role("button", name=save).click()
        expect(page.get_by_text(saved, exact=False).first).to_be_visible()
        look_at(page)
        expect(page.get_by_label(there)).to_have_value("4")
        page.context.close()
