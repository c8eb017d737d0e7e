"""Journeys of an operator in a real browser, on a desk's screen and on a phone."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from groupbuy.accounts import service, tokens
from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Round
from groupbuy.cli.demo import region
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.members.models import Resident
from groupbuy.purchasing import service as purchase_orders
from groupbuy.purchasing.models import PurchaseOrder
from tests import building
from tests.building import ZONE
from tests.support.browsers import CHINA, DESKTOP, PHONE
from tests.web.browsing import served

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]

PAGES = (
    "/admin/",
    "/admin/campaigns",
    "/admin/campaigns/plans",
    "/admin/campaigns/new",
    "/admin/campaigns/FRESH",
    "/admin/campaigns/FRESH/edit",
    "/admin/campaigns/FRESH/leaders",
    "/admin/campaigns/FRESH/leaders/L01",
    "/admin/orders",
    "/admin/products",
    "/admin/products/A01",
    "/admin/products/A01/sources",
    "/admin/products/import",
    "/admin/purchasing",
    "/admin/receiving",
    "/admin/receiving/receipts",
    "/admin/stock",
    "/admin/stock/A01",
    "/admin/stock/A01/issue",
    "/admin/notices",
    "/admin/notices/log",
    "/admin/notices/text/arrived/resident/sms/zh",
    "/admin/stock/movements",
    "/admin/stock/count-sheets",
    "/admin/stock/batches",
    "/admin/stock/transfers",
    "/admin/stock/transfers/new",
    "/admin/warehouses",
    "/admin/warehouses/new",
    "/admin/delivery",
    "/admin/levels",
    "/admin/levels/new",
    "/admin/leaders",
    "/admin/leaders/L01",
    "/admin/leaders/L01/rest-days",
    "/admin/residents",
    "/admin/commissions",
    "/admin/commissions/plan",
    "/admin/suppliers",
    "/admin/suppliers/S01/file",
    "/admin/suppliers/S01/bank",
    "/admin/scheduler",
    "/admin/users",
    "/admin/audit",
    "/admin/settings",
)

# Whether a list has to be pushed sideways on a phone, where its rows are cards.
PUSHED = """innerWidth < 576 && [...document.querySelectorAll(".table-cards")].some(
    (table) => table.parentElement.scrollWidth > table.parentElement.clientWidth)"""


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """Serve the demonstration region and yield its address."""
    with transaction():
        region.load(now=utc_now(), zone=ZONE)
    with served(app) as address:
        yield address


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desk", "phone"])
def operator(request: pytest.FixtureRequest, app: Flask, site: str, browser: Browser) -> Iterator[Page]:
    """Yield the browser of an operator who has signed in."""
    account = building.add_account("张晓梅")
    with transaction():
        service.grant_role(account=account, role="operator", now=utc_now(), actor="test")
        secret = tokens.start_session(account=account, role="operator", device="test", now=utc_now())
    context = browser.new_context(**CHINA, **request.param, base_url=site)
    context.add_cookies([{"name": "groupbuy", "value": cookie(app, secret), "url": site}])
    yield context.new_page()
    context.close()


def cookie(app: Flask, secret: str) -> str:
    """Return what the browser of a session holds."""
    signer: Any = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined] # Flask's own.
    return str(signer.dumps({"_user_id": secret, "_fresh": True, "_permanent": True}))


def test_a_campaign_of_several_products_is_planned_and_published(operator: Page) -> None:
    operator.goto("/admin/campaigns/new")
    operator.get_by_label("标题").fill("周一果蔬")
    operator.get_by_label("查找商品").fill("苹果")
    operator.get_by_role("button", name="添加 阿克苏冰糖心苹果").click()
    operator.locator("#goods tbody tr").first.wait_for()
    operator.get_by_label("从表格粘贴").fill("B01\t4.20\t300\nC01\t31.80")
    operator.get_by_role("button", name="导入这些行").click()
    operator.locator("#goods tbody tr").nth(2).wait_for()
    operator.get_by_role("button", name="保存并预览").click()
    operator.get_by_role("heading", name="周一果蔬").first.wait_for()
    assert operator.locator("main").get_by_text("¥4.20").is_visible()
    operator.get_by_role("link", name="发布").click()
    operator.get_by_text("共 3 种商品参团。").wait_for()
    operator.get_by_role("button", name="发布").click()
    operator.get_by_text("已发布，已安排 1 个期次。").wait_for()


def test_a_round_is_cut_off_after_the_page_said_what_that_does(app: Flask, operator: Page) -> None:
    round_ = todays_round()
    building.place(round_, db.session.scalars(select(Resident)).first(), {"A01": 2}, now=utc_now())  # type: ignore[arg-type] # There are residents.
    operator.goto(f"/admin/rounds/{round_.name}")
    operator.get_by_role("link", name="立即截单").click()
    operator.get_by_text("现有 1 张订单保持不变。").wait_for()
    operator.get_by_role("button", name="立即截单").click()
    operator.get_by_text("已截单，系统将在数秒内完成关团。").wait_for()
    building.close(app, round_, now=utc_now())
    operator.reload()
    with operator.expect_download() as download:
        operator.get_by_role("link", name=re.compile("^提货单.*PDF$")).first.click()
    assert download.value.suggested_filename.endswith(".pdf")


def test_a_delivery_is_received_and_what_is_short_shared_out(app: Flask, operator: Page) -> None:
    round_ = todays_round()
    residents = db.session.scalars(select(Resident).order_by(Resident.id).limit(2)).all()
    for resident in residents:
        building.place(round_, resident, {"A01": 4}, now=utc_now())
    with transaction():
        lifecycle.change_cutoff(name=round_.name, closes_at=utc_now(), now=utc_now(), actor="test")
    building.close(app, round_, now=utc_now())
    order = db.session.scalars(select(PurchaseOrder).where(PurchaseOrder.round_id == round_.id)).one()
    if order.state == "draft":
        with transaction():
            purchase_orders.approve(order_id=order.id, now=utc_now(), actor="test")
    pages = (f"purchasing/{order.number}", f"purchasing/{order.number}/answer")
    pages += (f"purchasing/{order.number}/preview", f"rounds/{round_.name}/late-order")
    for path in (*pages, f"rounds/{round_.name}/delay", f"rounds/{round_.name}/call-off"):
        operator.goto(f"/admin/{path}")
        look_at(operator)
    operator.goto(f"/admin/receiving/{order.number}")
    operator.get_by_role("button", name="全部按采购数到货").click()
    box = operator.get_by_label("送货：", exact=False).first
    assert box.input_value() != ""
    look_at(operator)
    box.fill("5")
    operator.get_by_label("不会再到货了").check()
    operator.get_by_role("button", name="确认收货").click()
    operator.get_by_text("已入账，收货单").wait_for()
    operator.goto(f"/admin/rounds/{round_.name}/shortage?policy=pro_rata")
    look_at(operator)
    operator.get_by_role("link", name="执行分配：按比例").click()
    operator.get_by_text("2 个订单行共少 3 件").wait_for()
    operator.get_by_role("button", name="分配", exact=True).click()
    operator.get_by_text("已分配缺货 3 件，更改订单 2 张。").wait_for()


def look_at(page: Page) -> None:
    """Look whether the page fits its screen and serves every reader."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    found = Axe().run(page).response["violations"]
    assert not [v["id"] for v in found if v["impact"] in ("serious", "critical")]


def todays_round() -> Round:
    """Return the round that is in sale, opened by the scheduler's tick."""
    return db.session.scalars(select(Round).order_by(Round.closes_at)).all()[0]


def test_no_page_is_wider_than_the_screen_nor_fails_its_reader(operator: Page) -> None:
    for path in PAGES:
        operator.goto(path)
        operator.wait_for_load_state("networkidle")
        wide = operator.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, path
        assert not operator.evaluate(PUSHED), path
        found = Axe().run(operator).response["violations"]
        serious = [
            (v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")
        ]
        assert not serious, (path, serious)


def test_the_menu_is_used_by_keyboard_and_keeps_what_was_unfolded(operator: Page) -> None:
    operator.goto("/admin/audit#menu")
    menu = operator.get_by_role("navigation", name="主菜单")
    here = menu.get_by_role("link", name="操作日志")
    expect(here).to_have_attribute("aria-current", "page")
    expect(here).to_be_in_viewport()
    expect(menu.get_by_role("link", name="采购汇总")).not_to_be_visible()
    menu.get_by_text("履约").press("Enter")
    menu.get_by_role("link", name="采购汇总").press("Enter")
    operator.wait_for_url("**/admin/purchasing")
    operator.goto("/admin/#menu")
    expect(menu.get_by_role("link", name="采购汇总")).to_be_visible()
    expect(menu.get_by_role("link", name="操作日志")).not_to_be_visible()
    expect(menu.get_by_role("button", name="退出登录")).to_be_in_viewport()


def test_the_dashboard_takes_over_new_numbers(operator: Page) -> None:
    operator.goto("/admin/")
    operator.get_by_text("今日订单").wait_for()
    round_ = todays_round()
    building.place(round_, db.session.scalars(select(Resident)).first(), {"A01": 2}, now=utc_now())  # type: ignore[arg-type] # There are residents.
    operator.evaluate("htmx.ajax('GET', '/admin/live', {source: '#live'})")
    operator.locator("#live-figures").get_by_text("¥59.80").wait_for()
    assert db.session.scalars(select(AuditEntry.verb).where(AuditEntry.verb == "order_placed")).first()


def test_a_list_is_a_table_for_who_hears_it_also_where_its_rows_are_cards(operator: Page) -> None:
    operator.goto("/admin/products?q=A01")
    row = operator.get_by_role("table").get_by_role("row").nth(1)
    expect(row.get_by_role("cell").nth(1)).to_have_text("A01")
    expect(row.get_by_role("cell", name="阿克苏冰糖心苹果", exact=True)).to_be_visible()
