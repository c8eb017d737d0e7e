"""What goes wrong around people at a real Chromium: a slow line, a restart, a lost session, odd files."""

import io
import struct
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select, update

from groupbuy.accounts import service
from groupbuy.accounts.models import WebSession
from groupbuy.app.factory import create_app
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.models import Order
from tests import building
from tests.building import CLOSES, NOW
from tests.support.browsers import DESKTOP, PHONE
from tests.web.browsing import look_at, served, sit_down
from tests.web.resident.test_round_page import MAX_FIRST_PAGE
from tests.web.shopping import Shop, open_shop

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]
# The slowest line that Chromium's own tools know: 400 ms there and back, 400 kbit/s.
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
PASSWORD = "苹果和梨 2026"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Let the clock go on from a moment in the window of the rounds of ``tests.building``."""
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.fixture
def shop(app: Flask, clock: time_machine.Traveller) -> Shop:
    """Return an open round of three products."""
    return open_shop(offers={"P1": {"limit_units": 5}})


def resident_at(browser: Browser, app: Flask, site: str, shop: Shop) -> Page:
    """Return the phone of a resident who has signed in."""
    resident = building.add_resident(shop.leader, "李女士", room="3-2-501")
    return sit_down(browser, app, site, resident.account_id, "resident", **PHONE)


def into_the_cart(page: Page, shop: Shop, *codes: str) -> None:
    """Choose one unit of each product and go to the cart."""
    page.goto(shop.path)
    for code in codes:
        page.locator(f"#q{shop.offers[code]} .stepper-more").click()
    page.locator(".cart-go").click()
    expect(page.get_by_role("button", name="提交订单").last).to_be_visible()


def count_of_orders() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Order)) or 0


def test_on_a_slow_line_the_round_is_read_and_a_double_tap_orders_once(
    app: Flask, browser: Browser, shop: Shop
) -> None:
    with served(app) as site:
        page = resident_at(browser, app, site, shop)
        line = page.context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", SLOW)
        weights: list[int] = []
        line.on("Network.loadingFinished", lambda event: weights.append(int(event["encodedDataLength"])))
        page.goto(shop.path, wait_until="networkidle")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        # The development server of this test compresses nothing: a quarter is left of it on the way.
        assert 0 < sum(weights) < 4 * MAX_FIRST_PAGE
        into_the_cart(page, shop, "P1", "P2")
        page.locator(".cart-go").dblclick()
        expect(page.get_by_role("heading", level=1)).to_have_text("下单成功")
        page.context.close()
    assert count_of_orders() == 1


def test_a_server_that_starts_anew_under_a_form_takes_it_the_second_time(
    app: Flask, browser: Browser, shop: Shop, settings: Settings
) -> None:
    with served(app) as site:
        page = resident_at(browser, app, site, shop)
        into_the_cart(page, shop, "P1")
        page.get_by_label("给团长的备注").fill("请放门口")
        port = int(site.rpartition(":")[2])
    page.locator(".cart-go").click()
    expect(page.get_by_text("ERR_CONNECTION_REFUSED")).to_be_visible()
    with served(create_app(settings), port=port):
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("下单成功")
        expect(page.get_by_text("请放门口")).to_be_visible()
        page.context.close()
    assert count_of_orders() == 1


def test_who_goes_back_to_the_cart_while_the_server_starts_anew_finds_the_remark(
    app: Flask, browser: Browser, shop: Shop, settings: Settings
) -> None:
    with served(app) as site:
        page = resident_at(browser, app, site, shop)
        into_the_cart(page, shop, "P1")
        page.get_by_label("给团长的备注").fill("请放门口")
        cart, port = page.url, int(site.rpartition(":")[2])
    page.locator(".cart-go").click()
    expect(page.get_by_text("ERR_CONNECTION_REFUSED")).to_be_visible()
    with served(create_app(settings), port=port):
        page.goto(cart)
        expect(page.get_by_label("给团长的备注")).to_have_value("请放门口")
        page.locator(".cart-go").click()
        expect(page.get_by_text("请放门口")).to_be_visible()
        into_the_cart(page, shop, "P2")
        expect(page.get_by_label("给团长的备注")).to_have_value("")
        page.context.close()
    assert count_of_orders() == 1


def test_a_cut_off_that_passes_and_goods_that_run_out_are_said_in_the_open_cart(
    app: Flask, browser: Browser, shop: Shop, clock: time_machine.Traveller
) -> None:
    neighbour = building.add_resident(shop.leader, "邻居")
    with served(app) as site:
        page = resident_at(browser, app, site, shop)
        into_the_cart(page, shop, "P1", "P2")
        building.place(shop.round, neighbour, {"P1": 5}, now=utc_now())
        page.locator(".cart-go").click()
        expect(page.locator(f"#q{shop.offers['P1']}")).to_contain_text("刚刚被抢光了")
        look_at(page)
        clock.move_to(CLOSES + timedelta(seconds=1))
        page.get_by_role("button", name="下单其余商品").last.click()
        expect(page.get_by_text("已截单").first).to_be_visible()
        look_at(page)
        page.context.close()
    assert count_of_orders() == 1


def test_a_session_that_ends_in_an_operators_form_keeps_what_was_typed(
    app: Flask, browser: Browser, shop: Shop
) -> None:
    account = building.add_account("张晓梅", "13900001111")
    with transaction():
        service.set_password(
            account=db.session.merge(account), password=PASSWORD, now=utc_now(), actor="test"
        )
    with served(app) as site:
        page = sit_down(browser, app, site, account.id, "operator", **DESKTOP)
        page.goto("/admin/products/P1")
        page.get_by_label("名称").first.fill("高山红富士")
        with transaction():
            db.session.execute(update(WebSession).values(ended_at=utc_now()))
        page.get_by_role("button", name="保存").click()
        page.get_by_role("link", name="改用密码登录").click()
        page.get_by_label("手机号").fill("13900001111")
        page.get_by_label("密码").fill(PASSWORD)
        page.locator("form .btn-wide").click()
        expect(page.get_by_label("名称").first).to_have_value("高山红富士")
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_role("heading", name="高山红富士").first).to_be_visible()
        page.context.close()


def drawn(width: int, height: int) -> bytes:
    """Return a PNG of one colour."""
    out = io.BytesIO()
    Image.new("L", (width, height), 200).save(out, "PNG")
    return out.getvalue()


def bomb() -> bytes:
    """Return a small PNG that says it has 3.6 thousand million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_what_is_no_picture_or_a_huge_one_is_said_beside_its_field(
    app: Flask, browser: Browser, shop: Shop
) -> None:
    odd: list[tuple[str, bytes, str]] = [
        ("notes.png", "这不是图片".encode(), "这不是可以读取的图片"),
        ("script.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "这不是可以读取的图片"),
        ("huge.png", drawn(10_001, 5_000), "5000 万像素"),
        ("bomb.png", bomb(), "这不是可以读取的图片"),
        ("large.jpg", b"\xff\xd8" + b"\0" * (11 * 1024 * 1024), "10 MB"),
    ]
    with served(app) as site:
        page = sit_down(browser, app, site, building.add_account("张晓梅").id, "operator", **DESKTOP)
        for name, content, sentence in odd:
            page.goto("/admin/products/P1")
            page.get_by_label("名称").first.fill("高山红富士")
            files: Any = {"name": name, "mimeType": "image/png", "buffer": content}
            page.locator("input[type=file]").set_input_files(files)
            page.get_by_role("button", name="保存").click()
            beside = page.locator(".field", has=page.locator("input[type=file]"))
            expect(beside).to_contain_text(sentence)
            expect(page.get_by_label("名称").first).to_have_value("高山红富士")
        look_at(page)
        page.locator("input[type=file]").set_input_files(
            {"name": "fine.png", "mimeType": "image/png", "buffer": drawn(900, 600)}
        )
        page.get_by_role("button", name="保存").click()
        expect(page.locator("img.product-photo")).to_be_visible()
        page.context.close()


def test_text_twice_as_large_pushes_no_page_sideways(app: Flask, browser: Browser, shop: Shop) -> None:
    with served(app) as site:
        page = resident_at(browser, app, site, shop)
        into_the_cart(page, shop, "P1", "P2")
        page.locator(".cart-go").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("下单成功")
        order = page.url.partition("?")[0]
        page.set_viewport_size({"width": 320, "height": 640})
        own = (
            "/orders",
            order,
            f"{order}/code",
            f"{order}/after-sale",
            "/me",
            "/me/leader",
            "/become-leader",
        )
        for path in (shop.path, "/", "/cart", *own):
            page.goto(path)
            page.evaluate("document.documentElement.style.fontSize = '200%'")
            root = "document.documentElement"
            # The window itself grows with what is too wide for it.
            wide = page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
            assert wide <= 0, path
        page.context.close()
