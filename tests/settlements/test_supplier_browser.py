"""Suppliers' money and the reports in a real Chromium, at a desk and on a phone."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import enrolling
from groupbuy.settlements import queries
from tests import building
from tests.building import ACTOR
from tests.settlements.bought import NOW, Bought, keep
from tests.support.browsers import DESKTOP, PHONE
from tests.web.browsing import look_at, served, sit_down

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]

REPORTS = ("purchases", "sales", "stock", "in-out", "margin-product", "files")


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_a_supplier_is_settled_with_on_everybodys_pages(
    app: Flask, bought: Bought, browser: Browser, device: dict[str, Any]
) -> None:
    keep()
    with transaction():
        account = enrolling.let_supply(
            supplier=db.session.get_one(Supplier, bought.supplier.id),
            phone="13911112222",
            name="老张",
            now=NOW,
            actor=ACTOR,
        )
    with served(app) as site:
        office = sit_down(browser, app, site, building.add_account("财务").id, "finance", **device)
        seller = sit_down(browser, app, site, account.id, "supplier", **device)
        _enter_an_invoice(office, bought)
        _settle(office, seller, bought)
        for name in REPORTS:
            office.goto(f"/admin/reports/{name}")
            look_at(office)
        for page in (office, seller):
            page.context.close()


def _enter_an_invoice(office: Page, bought: Bought) -> None:
    office.goto(f"/admin/invoices/new/{bought.order}")
    office.get_by_label("发票号").fill("044001900111")
    office.get_by_label("开票日期").fill("2026-11-23")
    office.get_by_label("金额：商品P1").fill("36")
    look_at(office)
    office.get_by_role("button", name="登记发票").click()
    office.goto("/admin/invoices/differences")
    look_at(office)
    office.get_by_role("link", name="处理").click()
    look_at(office)
    office.get_by_role("button", name="处理").click()
    expect(office.get_by_text("发票全部相符")).to_be_visible()
    office.goto("/admin/invoices/1")
    look_at(office)


def _settle(office: Page, seller: Page, bought: Bought) -> None:
    office.goto("/admin/settlements/owed")
    look_at(office)
    office.get_by_role("link", name="结算条件").click()
    look_at(office)
    office.goto("/admin/settlements/make/S1")
    look_at(office)
    office.locator("main form button.btn-primary").click()
    db.session.rollback()
    (row,) = queries.settlements_of([bought.supplier.id], most=9)
    seller.goto("/supplier/settlements")
    look_at(seller)
    seller.get_by_role("link", name=row.number).click()
    look_at(seller)
    seller.get_by_role("button", name="确认无误").click()
    expect(seller.get_by_text("已确认")).to_be_visible()
    office.goto(f"/admin/settlements/{row.number}")
    look_at(office)
    office.get_by_role("link", name="审核").click()
    look_at(office)
    office.locator("main form button.btn-primary").click()
    office.get_by_role("link", name="登记付款").click()
    office.get_by_label("付款凭证号").fill("流水 88")
    office.locator("main form button.btn-primary").click()
    expect(office.get_by_text("已付款").first).to_be_visible()
    office.goto("/admin/settlements")
    look_at(office)
