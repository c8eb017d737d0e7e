"""An invoice from a resident's phone to the office's desk and back, in a real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, expect

from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import ordering
from groupbuy.orders.models import Order
from tests import building
from tests.building import ACTOR, NOW
from tests.money import PICKED, hand_out, sell
from tests.support.browsers import DESKTOP, PHONE
from tests.web.browsing import look_at, served, sit_down

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]
NUMBER = "26442000000000000001"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(PICKED, tick=True):
        yield


def test_a_resident_gets_an_invoice(app: Flask, browser: Browser, tmp_path: Path) -> None:
    order = sell(app).orders[0]
    with transaction():
        ordering.mark_paid(order=db.session.get_one(Order, order.id), now=NOW, actor=ACTOR)
    hand_out(order)
    file = tmp_path / "invoice.pdf"
    file.write_bytes(b"%PDF-1.7\n1 0 obj\n%%EOF\n")
    with served(app) as site:
        phone = sit_down(browser, app, site, order.resident.account_id, "resident", **PHONE)
        desk = sit_down(browser, app, site, building.add_account("财务").id, "finance", **DESKTOP)
        phone.goto(f"/orders/{order.number}")
        phone.get_by_role("link", name="发票").click()
        look_at(phone)
        phone.get_by_label("抬头类型").select_option("company")
        phone.get_by_label("发票抬头").fill("绿田有限公司")
        phone.get_by_label("税号").fill("91350100M000100Y43")
        phone.get_by_label("邮箱").fill("a@example.com")
        phone.get_by_role("button", name="提交").click()
        expect(phone.get_by_text("待开具")).to_be_visible()
        desk.goto("/admin/invoice-requests")
        look_at(desk)
        desk.get_by_role("link", name="开具", exact=True).click()
        desk.get_by_label("发票号").fill(NUMBER)
        desk.get_by_label("发票文件").set_input_files(file)
        look_at(desk)
        desk.get_by_role("button", name="开具").click()
        expect(desk.get_by_text(NUMBER)).to_be_visible()
        phone.reload()
        look_at(phone)
        with phone.expect_download() as download:
            phone.get_by_role("link", name="下载发票").click()
        assert Path(download.value.path()).read_bytes() == file.read_bytes()
        for page in (phone, desk):
            page.context.close()
