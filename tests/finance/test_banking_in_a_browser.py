"""Finance takes a statement in and matches it in a real Chromium, at a desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, expect

from tests import building
from tests.finance.test_banking import paid_out, statement
from tests.money import SETTLED
from tests.support.browsers import DESKTOP
from tests.web.browsing import look_at, served, sit_down

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(SETTLED, tick=True):
        yield


def test_a_statement_is_taken_in_and_what_is_left_is_decided(
    app: Flask, browser: Browser, tmp_path: Path
) -> None:
    paid_out(app)
    file = tmp_path / "流水.csv"
    deposits = [f"2026-11-{day},19.80,,,现金存款,{day}" for day in (26, 27)]
    file.write_bytes(
        statement("2026-11-25,,50.00,王五,代付 A778,1", "2026-11-26,,3.00,银行,手续费,2", *deposits)
    )
    with served(app) as site:
        desk = sit_down(browser, app, site, building.add_account("财务").id, "finance", **DESKTOP)
        desk.goto("/admin/bank")
        look_at(desk)
        desk.get_by_label("流水文件", exact=False).set_input_files(file)
        desk.get_by_role("button", name="导入流水").click()
        expect(desk.get_by_text("新增 4 笔，自动匹配 1 笔")).to_be_visible()
        look_at(desk)
        desk.get_by_role("link", name="银行未见").click()
        look_at(desk)
        desk.goto("/admin/bank?state=open")
        desk.get_by_role("link", name="匹配", exact=True).first.click()
        expect(desk.get_by_text("金额相符")).to_be_visible()
        look_at(desk)
        desk.get_by_role("checkbox", name="¥19.80").check()
        desk.get_by_role("button", name="匹配", exact=True).click()
        expect(desk.get_by_text("已保存")).to_be_visible()
        look_at(desk)
        desk.goto("/admin/bank/2")
        desk.get_by_label("备注").fill("手续费")
        desk.get_by_role("button", name="搁置").click()
        expect(desk.get_by_text("已保存")).to_be_visible()
        desk.goto("/admin/bank/2")
        look_at(desk)
        desk.context.close()
