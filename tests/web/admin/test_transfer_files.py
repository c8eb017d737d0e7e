"""A transfer from a workbook on the pages: it fills the form in, or comes back marked."""

import re
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import func, select

from groupbuy.db import db
from groupbuy.warehouse.models import StockTransfer
from tests import building
from tests.support.browsers import DESKTOP, PHONE
from tests.warehouse.places import add_warehouse, put
from tests.warehouse.test_transfer_files import wanting
from tests.web.admin.people import Town
from tests.web.browsing import look_at, served, sit_down

FILE = "/admin/stock/transfers/file?from=MAIN"


def test_a_workbook_fills_the_form_in_or_comes_back_marked(town: Town) -> None:
    operator = town.operator
    operator.post("/admin/warehouses/new", code="G1", name="东区网格仓", kind="grid", active="y")
    operator.post("/admin/stock/P1", counted="9", seen="0")
    assert "stock/transfers/template.xlsx" in operator.text("/admin/stock/transfers/new")
    content = operator.get("/admin/stock/transfers/template.xlsx?from=MAIN").data
    refused = operator.post(FILE, file=(BytesIO(wanting(content, 10)), "调拨.xlsx"))
    marked = openpyxl.load_workbook(BytesIO(refused.data)).worksheets[0]
    assert "没有这么多" in marked.cell(2, 9).value
    page = operator.post(FILE, file=(BytesIO(wanting(content, 6)), "调拨.xlsx")).get_data(as_text=True)
    assert 'value="6"' in page
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(StockTransfer)) == 0
    fields = dict(
        re.findall(r'name="(lines-0-batch|lines-0-units|submission_key)"[^>]* value="([^"]+)"', page)
    )
    sent = operator.post(
        "/admin/stock/transfers/new?from=MAIN", to_warehouse="G1", **({"lines-0-units": "6"} | fields)
    )
    assert sent.status_code == 303
    assert operator.post(FILE).status_code == 422
    empty = operator.post(FILE, file=(BytesIO(content), "调拨.xlsx"))
    assert empty.status_code == 422


@pytest.mark.browser
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_workbook_is_sent_at_a_desk_and_on_a_phone(
    app: Flask, browser: Browser, tmp_path: Path, database_kind: str
) -> None:
    put(building.add_product(building.add_supplier()), A=4, B=5)
    add_warehouse("G1")
    account = building.add_account("库管").id
    file = tmp_path / "transfer.csv"
    file.write_text("商品编码,批次,保质期至,数量\nP1,B,,2\n", encoding="utf-8")
    with served(app) as site:
        for device in (DESKTOP, PHONE):
            page = sit_down(browser, app, site, account, "warehouse", **device)
            page.goto("/admin/stock/transfers/new")
            page.get_by_text("从表格导入").click()
            look_at(page)
            page.set_input_files("input[type=file]", file)
            page.get_by_role("button", name="填入").click()
            page.get_by_text("B").first.wait_for()
            look_at(page)
            page.get_by_role("button", name="确认发出").click()
            page.get_by_text("已发出").first.wait_for()
            page.context.close()
