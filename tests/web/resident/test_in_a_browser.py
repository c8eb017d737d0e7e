"""A resident's journeys on a phone, in a real Chromium."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from groupbuy.campaigns.rules import Window
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import bringing
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.models import Order
from tests import building
from tests.building import ZONE
from tests.support.browsers import CHINA, PHONE
from tests.support.cables import Cable
from tests.web.shopping import Shop, open_shop

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]
NUMBER = "13812345678"


@pytest.fixture
def shop(app: Flask) -> Shop:
    """Open a round by the real clock, which the server goes by."""
    now = utc_now()
    window = Window(now - timedelta(hours=1), now + timedelta(hours=3), now.astimezone(ZONE).date())
    return open_shop(offers={"P1": {"limit_units": 5}}, window=window)


@pytest.fixture
def newest_code(tmp_path: Path) -> Callable[[], str]:
    """Return what reads the last code that the server's console has shown."""

    def read() -> str:
        for _ in range(100):
            if found := re.findall(r"验证码 (\d{6})", (tmp_path / "server.log").read_text()):
                return str(found[-1])
            time.sleep(0.05)
        raise AssertionError("no code was sent")

    return read


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """Yield a phone without JavaScript."""
    context = browser.new_context(**CHINA, **PHONE, java_script_enabled=False)
    yield context.new_page()
    context.close()


def join(page: Page, newest_code: Callable[[], str]) -> None:
    """Sign up from the page that asks for the phone."""
    page.get_by_label("手机号").fill(NUMBER)
    page.get_by_role("button", name="获取验证码").click()
    page.get_by_label("验证码").fill(newest_code())
    page.locator("form .btn-wide").click()
    page.get_by_label("称呼").fill("李女士")
    page.get_by_label("楼栋房号").fill("3-2-501")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="完成").click()


def into_the_cart(page: Page, address: str, shop: Shop, code: str = "P1") -> None:
    """Choose one unit of goods and go to the cart."""
    page.goto(address + shop.path)
    page.locator(f"#q{shop.offers[code]} .stepper-more").click()
    page.locator(".cart-go").click()
    expect(page).to_have_url(re.compile("/cart$"))


def count_of_orders() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Order)) or 0


def test_from_the_shared_link_to_the_pickup_code_and_back_out(
    live_server: str, page: Page, shop: Shop, newest_code: Callable[[], str]
) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    into_the_cart(page, live_server, shop)
    page.locator(".cart-go").click()
    join(page, newest_code)
    expect(page.locator("[data-cart-count]")).to_have_text("1")
    page.get_by_role("button", name="提交订单").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("下单成功")
    page.get_by_role("link", name="修改订单").click()
    page.locator(".stepper-more").first.click()
    page.locator(".cart-go").click()
    expect(page.get_by_text("订单已修改")).to_be_visible()
    page.get_by_role("link", name="查看提货二维码").click()
    expect(page.locator(".qr svg")).to_be_visible()
    page.get_by_role("link", name="返回订单").click()
    # Before its script has come, the page asks on a page of its own instead of in a dialog.
    page.wait_for_load_state()
    page.get_by_role("link", name="取消订单").click()
    page.locator("dialog").get_by_role("button", name="取消订单").click()
    expect(page.get_by_text("订单已取消")).to_be_visible()
    assert complaints == []


def test_an_order_is_placed_without_javascript(
    live_server: str, plain: Page, shop: Shop, newest_code: Callable[[], str]
) -> None:
    into_the_cart(plain, live_server, shop)
    plain.locator(".stepper-more").first.click()
    plain.locator(".cart-go").click()
    join(plain, newest_code)
    plain.locator(".cart-go").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("下单成功")


def test_a_double_click_and_the_back_button_make_no_second_order(
    live_server: str, page: Page, shop: Shop, newest_code: Callable[[], str]
) -> None:
    into_the_cart(page, live_server, shop)
    page.locator(".cart-go").click()
    join(page, newest_code)
    page.locator(".cart-go").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("下单成功")
    page.go_back()
    expect(page.get_by_text("购物车是空的")).to_be_visible()
    assert count_of_orders() == 1


def test_goods_sold_out_while_the_cart_is_open_let_the_rest_go_on(
    live_server: str, page: Page, shop: Shop, newest_code: Callable[[], str]
) -> None:
    into_the_cart(page, live_server, shop, "P1")
    into_the_cart(page, live_server, shop, "P2")
    page.locator(".cart-go").click()
    join(page, newest_code)
    building.place(shop.round, building.add_resident(shop.leader, "邻居"), {"P1": 5}, now=utc_now())
    page.locator(".cart-go").click()
    expect(page.locator(f"#q{shop.offers['P1']}")).to_contain_text("刚刚被抢光了")
    page.get_by_role("button", name="下单其余商品").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("下单成功")


def test_a_session_that_ends_in_the_middle_keeps_cart_and_remark(
    live_server: str, page: Page, shop: Shop, newest_code: Callable[[], str]
) -> None:
    into_the_cart(page, live_server, shop)
    page.get_by_label("给团长的备注").fill("请放门口")
    page.context.clear_cookies()
    page.locator(".cart-go").click()
    page.get_by_role("button", name="再提交一次").click()
    join(page, newest_code)
    page.get_by_label("团长编号").fill(shop.leader.code)
    page.get_by_role("button", name="完成").click()
    expect(page.get_by_label("给团长的备注")).to_have_value("请放门口")
    expect(page.locator("[data-cart-count]")).to_have_text("1")


def open_the_code(page: Page, address: str, shop: Shop, newest_code: Callable[[], str]) -> str:
    """Order, open the page of the pickup code, wait until it is kept and return the code."""
    into_the_cart(page, address, shop)
    page.locator(".cart-go").click()
    join(page, newest_code)
    page.locator(".cart-go").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("下单成功")
    page.goto(page.url.partition("?")[0] + "/code")
    expect(page.get_by_text("没有网络也能打开")).to_be_visible()
    return page.locator(".big-code").get_attribute("aria-label") or ""


def test_the_pickup_code_opens_without_a_connection(
    cable: Cable, page: Page, shop: Shop, newest_code: Callable[[], str]
) -> None:
    code = open_the_code(page, cable.address, shop, newest_code)
    cable.pull_out()
    page.reload()
    assert page.locator(".big-code").get_attribute("aria-label") == code
    expect(page.locator(".qr svg")).to_be_visible()
    cable.plug_in()
    page.get_by_role("link", name="返回订单").click()
    expect(page.get_by_role("button", name="再次购买")).to_be_visible()


def test_the_pickup_code_opens_on_a_network_that_does_not_answer(
    cable: Cable, page: Page, shop: Shop, newest_code: Callable[[], str]
) -> None:
    code = open_the_code(page, cable.address, shop, newest_code)
    cable.fall_silent()
    page.reload()
    assert page.locator(".big-code").get_attribute("aria-label") == code


def test_no_page_has_a_serious_fault_or_scrolls_sideways_on_a_small_phone(
    live_server: str, page: Page, shop: Shop, newest_code: Callable[[], str]
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    into_the_cart(page, live_server, shop)
    page.locator(".cart-go").click()
    check(page)
    join(page, newest_code)
    page.locator(".cart-go").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("下单成功")
    order = page.url.partition("?")[0]
    pages = (
        "/",
        f"/r/{shop.round.name}",
        f"/r/{shop.round.name}/share",
        "/cart",
        "/orders",
        "/me",
        "/me/profile",
    )
    for address in (
        *pages,
        "/me/leader",
        "/me/messages",
        "/me/messages/preferences",
        "/me/data",
        "/me/leave",
        "/me/password",
        "/privacy",
    ):
        page.goto(live_server + address)
        check(page)
    for address in (order, f"{order}/code", f"{order}/change", f"{order}/cancel"):
        page.goto(address)
        check(page)


def check(page: Page) -> None:
    """Look for faults of accessibility and for what sticks out."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]
    assert serious == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (
        page.url
    )


def test_the_total_follows_the_goods_and_their_freight(app: Flask, live_server: str, page: Page) -> None:
    now = utc_now()
    window = Window(now - timedelta(hours=1), now + timedelta(hours=3), now.astimezone(ZONE).date())
    shop = open_shop(window=window, freight_fen=500, freight_free_from_fen=5000)
    into_the_cart(page, live_server, shop)
    total, freight = page.locator("[data-cart-total]"), page.locator("[data-freight-shown]")
    expect(total).to_have_text("14.90")
    check(page)
    for _ in range(5):
        page.locator(".stepper-more").first.click()
    expect(freight).to_have_text("0.00")
    expect(total).to_have_text("59.40")
    page.locator(".stepper-less").first.click()
    expect(freight).to_have_text("5.00")
    expect(total).to_have_text("54.50")


def test_the_total_follows_the_way_to_the_door(app: Flask, live_server: str, page: Page) -> None:
    now = utc_now()
    window = Window(now - timedelta(hours=1), now + timedelta(hours=3), now.astimezone(ZONE).date())
    shop = open_shop(window=window)
    in_transaction(
        lambda: bringing.set_door_fee(leader=shop.leader, fee_fen=350, now=now, actor=building.ACTOR)
    )
    into_the_cart(page, live_server, shop)
    total, to_door = page.locator("[data-cart-total]"), page.locator("[name=to_door]")
    goods = total.inner_text()
    to_door.check()
    expect(total).to_have_text(f"{float(goods) + 3.5:.2f}")
    to_door.uncheck()
    expect(total).to_have_text(goods)
