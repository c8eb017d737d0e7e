"""A count sheet on the pages: sent, looked at, given back marked, booked once."""

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests import building
from tests.support.browsers import DESKTOP, PHONE
from tests.warehouse.places import add_warehouse, put
from tests.warehouse.test_counting import filled, sheet
from tests.web.admin.people import Person, Town
from tests.web.browsing import look_at, served, sit_down


def test_a_sheet_goes_through_the_pages(town: Town) -> None:
    operator = town.operator
    operator.post("/admin/stock/P1", counted="9", seen="0")
    page = operator.text("/admin/stock")
    assert "/admin/stock/count-sheets" in page
    content = operator.get("/admin/stock/count-sheet.xlsx").data
    path = _send(operator, filled(content, {("P1", ""): "many"}))
    refused = operator.get(path)
    assert (refused.status_code, "实盘数量" in refused.get_data(as_text=True)) == (422, True)
    marked = openpyxl.load_workbook(BytesIO(operator.get(f"{path}/marked.xlsx").data)).worksheets[0]
    assert "实盘数量" in marked.cell(2, 14).value
    assert operator.post(path).location == path
    path = _send(operator, filled(content, {("P1", ""): 6}))
    check = operator.text(path)
    assert ("-3" in check, "确认入账" in check) == (True, True)
    assert operator.post(path).location.startswith("/admin/stock/movements")
    # The file is gone with the deed; sent again it is an old one.
    assert operator.post(path).status_code == 404
    assert operator.get(_send(operator, filled(content, {("P1", ""): 6}))).status_code == 422
    same = operator.get("/admin/stock/count-sheet.xlsx").data
    assert "没有需要入账的差异" in operator.text(_send(operator, filled(same, {("P1", ""): 6})))
    assert operator.post("/admin/stock/count-sheets").status_code == 422


def _send(operator: Person, content: bytes) -> str:
    file = (BytesIO(content), "盘点表.xlsx")
    return str(operator.post("/admin/stock/count-sheets", file=file).location)


@pytest.mark.browser
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_sheet_is_booked_at_a_desk_and_on_a_phone(
    app: Flask, browser: Browser, tmp_path: Path, database_kind: str
) -> None:
    put(building.add_product(building.add_supplier()), A=4, B=5)
    add_warehouse("G1")
    account = building.add_account("库管").id
    file = tmp_path / "count.xlsx"
    with served(app) as site:
        for device, counted in ((DESKTOP, 3), (PHONE, 2)):
            for content in (filled(sheet(), {("P1", "A"): "many"}), filled(sheet(), {("P1", "A"): counted})):
                page = sit_down(browser, app, site, account, "warehouse", **device)
                page.goto("/admin/stock")
                page.get_by_role("link", name="上传盘点表").click()
                look_at(page)
                file.write_bytes(content)
                page.set_input_files("input[type=file]", file)
                page.get_by_role("button", name="检查文件").click()
                page.get_by_role("heading", name="核对盘点").wait_for()
                look_at(page)
                if page.get_by_role("button", name="确认入账").count():
                    page.get_by_role("button", name="确认入账").click()
                    page.get_by_text("已入账 1 条差异。").wait_for()
                page.context.close()
