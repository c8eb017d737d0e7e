"""A resident pays on a phone in a real Chromium, with the channel beside it."""

from collections.abc import Iterator
from datetime import timedelta
from socket import socket

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from groupbuy.members.queries import get_resident_by_id
from groupbuy.payments.simulator.server import Simulator
from groupbuy.payments.simulator.serving import Fault
from tests.building import NOW
from tests.payments.paying_town import Shop, broken_invariants, open_shop
from tests.support.browsers import PHONE
from tests.web.browsing import look_at, served, sit_down

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def port() -> int:
    """Return a port that is free: the channel calls the platform there."""
    with socket() as one:
        one.bind(("127.0.0.1", 0))
        number: int = one.getsockname()[1]
        return number


@pytest.fixture
def extra_settings(paying_settings: dict[str, str], port: int) -> dict[str, str]:
    return paying_settings | {"GROUPBUY_BASE_URL": f"http://127.0.0.1:{port}"}


@pytest.fixture
def travel() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.fixture
def shop(app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller) -> Shop:
    shop = open_shop(app, client, simulator)
    shop.fill_wallet(500)
    simulator.calls = True
    return shop


@pytest.fixture
def phone(browser: Browser, shop: Shop, port: int) -> Iterator[Page]:
    """Yield the resident's phone."""
    account = get_resident_by_id(shop.resident_id).account_id
    with served(shop.app, port=port) as site:
        page = sit_down(browser, shop.app, site, account, "resident", user_agent=IPHONE, **PHONE)
        yield page
        page.context.close()


def begin(phone: Page, shop: Shop) -> None:
    """Begin to pay from the wallet, and the rest through the channel."""
    phone.goto(f"/orders/{shop.order.number}")
    phone.get_by_role("link", name="去支付").click()
    look_at(phone)
    phone.get_by_label("先用余额").check()
    phone.get_by_role("button", name="支付").click()


def test_wallet_and_channel_pay_an_order_after_the_channel_was_down_once(phone: Page, shop: Shop) -> None:
    shop.simulator.faults.append(Fault("/v3/pay/transactions/h5", times=1))
    begin(phone, shop)
    expect(phone.get_by_role("alert")).to_contain_text("请重试")
    look_at(phone)
    phone.get_by_role("button", name="重试").click()
    look_at(phone)
    payment = phone.url
    phone.get_by_role("link", name="继续支付").click()
    expect(phone.get_by_text("¥14.80")).to_be_visible()
    phone.get_by_role("button", name="付款").click()
    expect(phone.get_by_text("已付款")).to_be_visible()
    phone.goto(payment)
    expect(phone.locator("main .notice")).to_contain_text("支付成功")
    look_at(phone)
    phone.get_by_role("link", name="返回订单").click()
    expect(phone.get_by_role("definition").filter(has_text="已付款")).to_be_visible()
    look_at(phone)
    assert (shop.order.paid_fen, shop.wallet()) == (1980, 0)
    assert broken_invariants(NOW) == []


def test_what_is_refused_times_out_or_comes_too_late_is_said_on_the_phone(
    phone: Page, shop: Shop, travel: time_machine.Traveller
) -> None:
    shop.simulator.faults.append(Fault("/v3/pay/transactions/h5", status=403, code="NO_AUTH", times=1))
    begin(phone, shop)
    expect(phone.get_by_role("alert")).to_contain_text("请重试")
    phone.get_by_role("button", name="重试").click()
    expect(phone.get_by_role("link", name="继续支付")).to_be_visible()
    payment, later = phone.url, NOW + timedelta(hours=3)
    travel.move_to(later)
    phone.goto(payment)
    expect(phone.locator("main .notice")).to_contain_text("支付时间已过")
    look_at(phone)
    shop.simulator.pay(payment.rpartition("/")[2])
    shop.tick(later)
    expect(phone.locator("main .notice")).to_contain_text("原路退回")
    look_at(phone)
    phone.get_by_role("link", name="返回订单").click()
    expect(phone.locator("header, main").get_by_text("已取消").first).to_be_visible()
    look_at(phone)
    phone.goto("/me/wallet")
    expect(phone.get_by_text("¥5.00").first).to_be_visible()
    look_at(phone)
    assert shop.simulator.book.refunded(payment.rpartition("/")[2]) == 1480
    assert broken_invariants(later) == []


def test_another_amount_than_was_asked_for_is_held_and_the_phone_says_so(phone: Page, shop: Shop) -> None:
    begin(phone, shop)
    number = phone.url.rpartition("/")[2]
    shop.simulator.pay(number, amount_fen=990)
    shop.simulator.send(number)
    # The page looks again by itself.
    expect(phone.get_by_role("alert")).to_contain_text("您的钱是安全的")
    look_at(phone)
