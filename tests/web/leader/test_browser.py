"""A leader's journeys in a real Chromium, on a phone."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import enrolling
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from tests.building import ACTOR, CLOSES, NOW, close, place
from tests.moving.workbook import export
from tests.support.browsers import CHINA, DESKTOP, PATIENCE, PHONE

pytestmark = pytest.mark.browser
Enter = Callable[[Page, int], None]
CHAT = "#接龙\n1. 李女士 3-2-501 苹果2\n2. 赵大妈 9-901 香蕉3"


@pytest.fixture
def database_kind() -> str:
    """Pages look the same on either database."""
    return "sqlite"


@pytest.fixture
def order(round_: Round, resident: Resident) -> Order:
    """Return an order of the open round."""
    return place(round_, resident, {"P1": 2, "P2": 1}, remark="放门口")


def faults(page: Page) -> list[tuple[str, str]]:
    """Return what axe finds that is serious."""
    found = Axe().run(page).response["violations"]
    return [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]


def test_no_page_of_an_open_round_has_a_serious_fault_and_none_is_too_wide(
    site: str, browser: Browser, enter: Enter, leader: Leader, round_: Round, order: Order
) -> None:
    context = browser.new_context(**CHINA, **PHONE | {"viewport": {"width": 320, "height": 640}})
    page = context.new_page()
    enter(page, leader.account_id)
    name, number = round_.name, order.number
    code = order.resident.code
    for address in (
        "",
        "rounds",
        f"rounds/{name}",
        f"rounds/{name}/roll-call",
        f"rounds/{name}/order",
        f"rounds/{name}/order/{code}",
        "orders",
        f"orders/{number}",
        f"orders/{number}/change",
        f"orders/{number}/cancel",
        "goods",
        "pickup",
        f"pickup/{number}",
        "commission",
        f"commission/{name}",
        "residents",
        "residents/new",
        "moving-in",
        "helpers",
        "rest-days",
        "picks",
    ):
        page.goto(f"{site}/leader/{address}")
        assert faults(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
    context.close()


def test_a_roll_call_is_pasted_corrected_and_ordered(
    site: str, page: Page, enter: Enter, leader: Leader, round_: Round, resident: Resident
) -> None:
    enter(page, leader.account_id)
    page.goto(f"{site}/leader/rounds/{round_.name}")
    page.get_by_role("link", name="导入接龙").click()
    page.get_by_label("接龙内容").fill(CHAT)
    page.get_by_role("button", name="识别").click()
    second = page.get_by_label("第 2 行", exact=True)
    expect(second).to_contain_text("本期没有")
    assert faults(page) == []
    second.get_by_role("checkbox").check()
    second.get_by_role("combobox").fill(page.locator("[name=rows-0-who]").input_value())
    second.get_by_label("商品").fill("土鸡蛋×3")
    page.get_by_role("button", name="为选中的行下单").click()
    expect(page.locator("main")).to_contain_text("已下 2 单")
    expect(page.locator(".order-card")).to_have_count(2)


@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_workbook_is_checked_mapped_and_taken_over(
    site: str,
    browser: Browser,
    enter: Enter,
    leader: Leader,
    round_: Round,
    tmp_path: Path,
    device: dict[str, Any],
) -> None:
    (tmp_path / "export.xlsx").write_bytes(export())
    context = browser.new_context(**CHINA, **device)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    enter(page, leader.account_id)
    page.goto(f"{site}/leader/rounds/{round_.name}")
    page.get_by_role("link", name="从快团团搬入").click()
    page.get_by_label("导出文件").set_input_files(tmp_path / "export.xlsx")
    page.get_by_role("button", name="核对导出文件").click()
    expect(page.locator("main")).to_contain_text("全部一致")
    assert faults(page) == []
    page.get_by_role("combobox", name="黄桃罐头").select_option("P3")
    page.get_by_role("checkbox", name="158：").check()
    page.get_by_role("button", name="重新计算").click()
    expect(page.locator("main")).not_to_contain_text("本期没有")
    page.get_by_role("button", name="确认搬入").click()
    expect(page.locator("main")).to_contain_text("4 张订单")
    expect(page.locator(".order-card")).to_have_count(4)
    context.close()


def test_an_order_on_behalf_takes_a_resident_and_a_few_taps(
    site: str, page: Page, enter: Enter, leader: Leader, round_: Round, resident: Resident
) -> None:
    enter(page, leader.account_id)
    page.goto(f"{site}/leader/rounds/{round_.name}")
    page.get_by_role("link", name="代客下单").click()
    page.get_by_role("link", name="李女士").click()
    page.get_by_role("button", name="增加").first.click()
    page.get_by_role("button", name="提交订单").click()
    expect(page.locator("main")).to_contain_text("已为李女士下单")


def test_a_code_is_typed_and_the_goods_are_shown(
    app: Flask,
    site: str,
    page: Page,
    enter: Enter,
    leader: Leader,
    order: Order,
    travel: time_machine.Traveller,
) -> None:
    close(app, db.session.get_one(Round, order.round_id))
    travel.move_to(CLOSES + timedelta(minutes=5))
    enter(page, leader.account_id)
    page.goto(f"{site}/leader/")
    page.get_by_label("提货码").fill(order.pickup_code)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("已交给李女士")
    expect(page.locator("main")).to_contain_text("红富士苹果")
    assert faults(page) == []


def test_a_sheet_is_downloaded_in_two_taps(
    app: Flask,
    site: str,
    page: Page,
    enter: Enter,
    leader: Leader,
    order: Order,
    travel: time_machine.Traveller,
) -> None:
    close(app, db.session.get_one(Round, order.round_id))
    travel.move_to(CLOSES + timedelta(minutes=5))
    enter(page, leader.account_id)
    page.goto(f"{site}/leader/")
    with page.expect_download() as started:
        page.get_by_role("link", name="提货单").first.click()
    assert started.value.suggested_filename.startswith("提货单")


def test_a_leader_gives_a_helper_a_share(site: str, page: Page, enter: Enter, leader: Leader) -> None:
    with transaction():
        enrolling.let_help(
            leader=db.session.get_one(Leader, leader.id),
            phone="13912345678",
            name="小赵",
            now=NOW,
            actor=ACTOR,
        )
    enter(page, leader.account_id)
    page.goto(f"{site}/leader/helpers")
    page.get_by_label("佣金分成").fill("12.5")
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.get_by_role("button", name="设定分成").click()
    expect(page.get_by_label("佣金分成")).to_have_value("12.5")
