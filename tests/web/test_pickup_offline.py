"""A leader hands out in a cellar: the network is cut, the page reloaded, the browser closed and reopened."""

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from groupbuy.accounts.models import Account
from groupbuy.aftersales.rules import Kind, Reason
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import Window
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import collecting, putting_right
from groupbuy.flows.putting_right import Request
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.models import Order
from groupbuy.pickup.models import PickupEvent
from tests import building
from tests.building import ACTOR, ZONE
from tests.support.browsers import CHINA, PATIENCE, PHONE
from tests.support.cables import Cable
from tests.support.leaving_out import find_chromium
from tests.support.seats import seat
from tests.web.browsing import look_at, sit_down

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]
Opened = Callable[[], AbstractContextManager[Page]]


@pytest.fixture
def orders(app: Flask) -> list[Order]:
    """Return four closed orders of one leader: three eggs, then two apples each."""
    now = utc_now()
    window = Window(now - timedelta(hours=3), now - timedelta(minutes=1), now.astimezone(ZONE).date())
    supplier = building.add_supplier()
    products = [
        building.add_product(supplier, "P1", name="苹果"),
        building.add_product(supplier, "P2", name="鸡蛋"),
    ]
    leader = building.add_leader("L1", community="阳光花园")
    round_ = building.add_round(products, window=window)
    names = ("王女士", "李先生", "赵大妈", "孙大爷")
    residents = [building.add_resident(leader, name, room=f"3-{n}01") for n, name in enumerate(names, 1)]
    wanted = [{"P1": 2}, {"P1": 2, "P2": 3}, {"P1": 2}, {"P1": 2}]
    placed = [
        building.place(round_, who, units, now=now - timedelta(hours=2))
        for who, units in zip(residents, wanted, strict=True)
    ]
    building.close(app, db.session.get_one(Round, round_.id), now)
    return [db.session.get_one(Order, one.id) for one in placed]


@pytest.fixture
def opened(app: Flask, cable: Cable, browser: Browser, orders: list[Order], tmp_path: Path) -> Opened:
    """Return what opens the leader's browser with the same profile each time and shows the page."""
    account = db.session.get_one(Account, orders[0].leader.account_id)
    client = seat(app, account, "leader", utc_now())
    name = app.config["SESSION_COOKIE_NAME"]
    cookie: Any = client.get_cookie(name)

    @contextmanager
    def open_() -> Any:
        context = browser.browser_type.launch_persistent_context(
            tmp_path / "profile",
            executable_path=find_chromium(),
            args=["--no-sandbox", "--disable-gpu"],
            **CHINA,
            **PHONE,
        )
        context.set_default_timeout(PATIENCE)
        later = utc_now().timestamp() + 86400
        cookies: Any = [{"name": name, "value": cookie.value, "url": cable.address, "expires": later}]
        context.add_cookies(cookies)
        page = context.pages[0]
        page.goto(f"{cable.address}/leader/pickup/offline")
        yield page
        context.close()

    return open_


def type_code(page: Page, order: Order) -> None:
    page.get_by_label("提货码").fill(order.pickup_code)
    page.keyboard.press("Enter")


def refund(order: Order, units: dict[str, int]) -> None:
    request, when = Request(Kind.REFUND, Reason.SPOILED, "烂了", units), utc_now()
    with transaction():
        mine = db.session.get_one(Order, order.id)
        case = putting_right.ask(order=mine, request=request, now=when, zone=ZONE, actor=ACTOR).number
        putting_right.decide(number=case, approve=True, answer="同意", now=when, zone=ZONE, actor=ACTOR)


def test_hours_without_a_signal_lose_nothing_and_overwrite_nothing(
    opened: Opened, cable: Cable, orders: list[Order]
) -> None:
    first, second, third, _fourth = orders
    with opened() as page:
        expect(page.get_by_text("已存到本机")).to_be_visible()
        expect(page.locator(".bag-card")).to_have_count(4)
        faults = Axe().run(page).response["violations"]
        assert [one["id"] for one in faults if one["impact"] in ("serious", "critical")] == []
        cable.pull_out()
        type_code(page, first)
        expect(page.locator(".bag-card")).to_have_count(3)
        bag = page.locator(".bag-card").filter(has_text="李先生")
        bag.locator("summary").click()
        bag.get_by_label("鸡蛋").fill("1")
        bag.get_by_label("不凭码的原因").fill("手机没电")
        bag.get_by_role("button", name="发放").click()
        expect(page.locator("#waiting")).to_have_text("2 条待发送")
        page.reload()
        expect(page.locator("#waiting")).to_have_text("2 条待发送")
        expect(page.locator(".bag-card").filter(has_text="李先生")).to_contain_text("鸡蛋×2")
        type_code(page, first)
        expect(page.locator("#code-fault")).to_contain_text("已发放")
        type_code(page, third)
        expect(page.locator("#waiting")).to_have_text("3 条待发送")
    # Meanwhile somebody at another phone, with a signal, hands the third bag out.
    with transaction():
        leader_ids = [third.leader_id]
        collecting.verify_pickup(code=third.pickup_code, leader_ids=leader_ids, now=utc_now(), actor=ACTOR)
    with opened() as page:
        expect(page.locator("#waiting")).to_have_text("3 条待发送")
        expect(page.locator(".bag-card")).to_have_count(2)
        cable.plug_in()
        page.get_by_role("button", name="发送并刷新").click()
        expect(page.locator("#waiting")).to_have_text("全部已发送。")
        expect(page.locator("#conflict-count")).to_have_text("1")
        page.get_by_role("link", name="冲突待处理").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("冲突待处理")
        expect(page.locator("main")).to_contain_text("已经提货")
        page.get_by_role("button", name="货已不在").click()
        expect(page.locator("main")).to_contain_text("没有待处理")
    db.session.rollback()
    states = [db.session.scalars(select(Order.state).where(Order.id == one.id)).one() for one in orders]
    assert states == ["picked_up", "part_picked_up", "picked_up", "confirmed"]
    kept = db.session.scalars(select(PickupEvent).order_by(PickupEvent.happened_at)).all()
    assert [(one.order_no, one.outcome, one.decision) for one in kept] == [
        (first.number, "done", None),
        (second.number, "done", None),
        (third.number, "settled", "gone"),
    ]
    assert all(one.happened_at < one.received_at for one in kept)
    assert kept[1].parts == [["P1", 2], ["P2", 1]]


def test_what_waits_is_taken_back_and_handed_out_anew_even_after_a_restart(
    opened: Opened, cable: Cable, orders: list[Order]
) -> None:
    """Two bags are handed out, the second by mistake, which shows when the page is opened again."""
    first, second = orders[:2]
    with opened() as page:
        expect(page.get_by_text("已存到本机")).to_be_visible()
        cable.pull_out()
        type_code(page, first)
        expect(page.locator("#last")).to_contain_text("苹果×2")
        expect(page.locator("#last")).to_contain_text("应收 ¥19.80")
        type_code(page, second)
        expect(page.locator("#last-who")).to_contain_text("李先生")
        expect(page.locator(".bag-card")).to_have_count(2)
    with opened() as page:
        page.locator("#unsent summary").click()
        page.locator("#unsent li").filter(has_text="李先生").get_by_role("button", name="撤回").click()
        expect(page.locator("#waiting")).to_have_text("1 条待发送")
        expect(page.locator(".bag-card").filter(has_text="李先生")).to_contain_text("鸡蛋×3")
        page.reload()
        expect(page.locator("#waiting")).to_have_text("1 条待发送")
        cable.plug_in()
        page.get_by_role("button", name="发送并刷新").click()
        expect(page.locator("#waiting")).to_have_text("全部已发送。")
        expect(page.locator("#unsent")).to_be_hidden()
    db.session.rollback()
    states = [db.session.scalars(select(Order.state).where(Order.id == one.id)).one() for one in orders]
    assert states == ["picked_up", "confirmed", "confirmed", "confirmed"]


def test_where_nothing_answers_a_mistake_is_taken_back_and_sending_starts_once_the_signal_is_there(
    opened: Opened, cable: Cable, orders: list[Order]
) -> None:
    """The list is being asked for all the time; who touches a button then is not left without an answer."""
    first, second = orders[:2]
    with opened() as page:
        expect(page.get_by_text("已存到本机")).to_be_visible()
        cable.fall_silent()
        page.get_by_role("button", name="发送并刷新").click()
        for order in (first, second):
            type_code(page, order)
        expect(page.locator("#waiting")).to_have_text("2 条待发送")
        page.locator("#unsent summary").click()
        page.locator("#unsent li").filter(has_text="李先生").get_by_role("button", name="撤回").click()
        expect(page.locator("#waiting")).to_have_text("1 条待发送")
        page.get_by_role("button", name="发送并刷新").click()
        cable.pull_out()
        cable.plug_in()
        expect(page.locator("#waiting")).to_have_text("全部已发送。")
    db.session.rollback()
    states = [db.session.scalars(select(Order.state).where(Order.id == one.id)).one() for one in orders]
    assert states == ["picked_up", "confirmed", "confirmed", "confirmed"]


def test_what_may_have_been_sent_is_not_taken_back_here(opened: Opened, orders: list[Order]) -> None:
    """The answer to the sending is lost: the server has it, and says so when it is sent again."""
    with opened() as page:
        expect(page.get_by_text("已存到本机")).to_be_visible()

        def lose(route: Route) -> None:
            route.fetch()
            route.abort()

        page.route("**/pickups/events", lose, times=1)
        type_code(page, orders[0])
        expect(page.locator("#trouble")).to_be_visible()
        page.locator("#unsent summary").click()
        page.locator("#unsent").get_by_role("button", name="撤回").click()
        expect(page.locator("#toasts")).to_contain_text("可能已经发出")
        expect(page.locator("#waiting")).to_have_text("1 条待发送")
        page.get_by_role("button", name="发送并刷新").click()
        expect(page.locator("#waiting")).to_have_text("全部已发送。")
    db.session.rollback()
    assert [one.outcome for one in db.session.scalars(select(PickupEvent))] == ["done"]


def test_what_was_refunded_while_a_bag_was_handed_out_is_asked_about_and_the_rest_counts(
    opened: Opened, cable: Cable, orders: list[Order]
) -> None:
    """Two apples are refunded while the phone has no signal; the leader says that all of the bag is gone."""
    second = orders[1]
    with opened() as page:
        expect(page.get_by_text("已存到本机")).to_be_visible()
        cable.pull_out()
        type_code(page, second)
        expect(page.locator("#waiting")).to_have_text("1 条待发送")
        refund(second, {"P1": 2})
        cable.plug_in()
        page.get_by_role("button", name="发送并刷新").click()
        expect(page.locator("#conflict-count")).to_have_text("1")
        page.get_by_role("link", name="冲突待处理").click()
        expect(page.locator("main")).to_contain_text("苹果 只剩 0 件未发放")
        page.get_by_role("button", name="货已不在").click()
        expect(page.locator("main")).to_contain_text("没有待处理")
    db.session.rollback()
    assert db.session.scalars(select(Order.state).where(Order.id == second.id)).one() == "picked_up"


def test_who_is_typing_while_a_list_is_asked_for_loses_nothing(opened: Opened, cable: Cable) -> None:
    with opened() as page:
        expect(page.get_by_text("已存到本机")).to_be_visible()
        bag = page.locator(".bag-card").filter(has_text="李先生")
        bag.locator("summary").click()
        bag.get_by_label("鸡蛋").fill("1")
        bag.get_by_label("不凭码的原因").fill("手机没")
        cable.pull_out()
        page.evaluate("document.getElementById('sync').click()")
        expect(page.locator("#trouble")).to_be_visible()
        page.keyboard.type("电")
        expect(bag.get_by_label("不凭码的原因")).to_have_value("手机没电")
        expect(bag.get_by_label("鸡蛋")).to_have_value("1")


def test_two_phones_without_a_signal_hand_the_same_bag_out_and_the_second_is_asked(
    app: Flask, opened: Opened, cable: Cable, orders: list[Order], browser: Browser
) -> None:
    """Both are in the cellar; the phone that sends first books it, at the other it is a conflict by name."""
    shared = orders[1]
    account = db.session.get_one(Account, shared.leader.account_id)
    with opened() as page:
        expect(page.get_by_text("已存到本机")).to_be_visible()
        other = sit_down(browser, app, cable.address, account.id, "leader", **PHONE)
        other.goto("/leader/pickup/offline")
        expect(other.get_by_text("已存到本机")).to_be_visible()
        cable.pull_out()
        for phone in (page, other):
            type_code(phone, shared)
            expect(phone.locator("#waiting")).to_have_text("1 条待发送")
        cable.plug_in()
        for phone in (page, other):
            phone.get_by_role("button", name="发送并刷新").click()
            expect(phone.locator("#waiting")).to_have_text("全部已发送。")
        expect(other.locator("#conflict-count")).to_have_text("1")
        other.get_by_role("link", name="冲突待处理").click()
        expect(other.locator("main")).to_contain_text("李先生")
        expect(other.locator("main")).to_contain_text("苹果×2、鸡蛋×3")
        look_at(other)
        other.context.close()
    db.session.rollback()
    kept = db.session.scalars(select(PickupEvent).order_by(PickupEvent.id)).all()
    assert [(one.order_no, one.outcome) for one in kept] == [
        (shared.number, "done"),
        (shared.number, "conflict"),
    ]
