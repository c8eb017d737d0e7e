"""Money from hand to hand in a real Chromium: leader, finance and resident, on a phone and at a desk."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import Window
from groupbuy.catalog.models import Product
from groupbuy.commissions import bonuses
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.finance import queries, rules
from groupbuy.flows import ordering
from groupbuy.kernel.clock import utc_now
from groupbuy.leaders import referring
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.orders.queries import get_order
from tests import building
from tests.building import ZONE
from tests.money import SETTLED, ask, dial, earn, hand_out, keep
from tests.support.browsers import DESKTOP, PHONE
from tests.web.browsing import look_at, served, sit_down

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Let the clock go on from the day after the first leader's commission was settled."""
    with time_machine.travel(SETTLED, tick=True):
        yield


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_money_goes_through_everybodys_pages(app: Flask, browser: Browser, device: dict[str, Any]) -> None:
    leader = earn(app)
    with served(app) as site:
        desk = sit_down(browser, app, site, leader.account_id, "leader", **device)
        office = sit_down(browser, app, site, building.add_account("财务").id, "finance", **device)
        pay_out(desk, office)
        cash_comes_in(desk, office)
        pay_from_the_wallet(browser, app, site, office, device)
        for page in (desk, office):
            page.context.close()


def pay_out(desk: Page, office: Page) -> None:
    """Ask for a withdrawal, review it, put it into a payout file, note it as paid."""
    desk.goto("/leader/money")
    desk.get_by_label("金额（元）").fill("50")
    desk.get_by_label("收款方式").select_option("bank")
    desk.get_by_label("收款账号").fill("6222 0000 1111 2222")
    desk.get_by_label("收款人姓名").fill("王五")
    look_at(desk)
    desk.get_by_role("button", name="申请提现").click()
    expect(desk.get_by_text("待审核", exact=True)).to_be_visible()
    look_at(desk)
    office.goto("/admin/withdrawals")
    look_at(office)
    office.get_by_role("link", name="审核通过").click()
    look_at(office)
    office.get_by_role("button", name="审核通过").click()
    expect(office.get_by_role("link", name="登记已打款")).to_be_visible()
    office.get_by_role("button", name="生成打款文件").click()
    answer_dialog(office)
    expect(office.get_by_text("共 1 笔", exact=False)).to_be_visible()
    office.goto("/admin/withdrawals")
    office.get_by_role("link", name="登记已打款").click()
    office.get_by_label("付款凭证号").fill("流水 778")
    office.locator("main form button.btn-primary").click()
    office.goto("/admin/withdrawals")
    expect(office.get_by_text("已打款", exact=True).last).to_be_visible()
    desk.reload()
    expect(desk.get_by_text("流水 778")).to_be_visible()
    desk.get_by_role("link", name="2026-11").click()
    look_at(desk)


def answer_dialog(page: Page) -> None:
    """Say yes to the question that the page asks."""
    page.locator("dialog[open] .btn-primary").click()


def cash_comes_in(desk: Page, office: Page) -> None:
    """Note an order as paid, hand the cash over, confirm it."""
    order = db.session.query(Order).one()
    desk.goto(f"/leader/orders/{order.number}")
    desk.get_by_role("button", name="标记已付款").click()
    answer_dialog(desk)
    expect(desk.get_by_text("已标记为已付款").first).to_be_visible()
    desk.goto("/leader/cash")
    desk.get_by_label("金额（元）").fill("990")
    look_at(desk)
    desk.get_by_role("button", name="我已上交").click()
    expect(desk.get_by_text("待确认", exact=True)).to_be_visible()
    office.goto("/admin/cash")
    look_at(office)
    office.get_by_role("link", name="确认", exact=True).click()
    look_at(office)
    office.get_by_role("button", name="确认", exact=True).click()
    expect(office.get_by_text("已确认", exact=True).last).to_be_visible()
    for address in ("/admin/ledger", "/admin/refunds", "/admin/ledger/figures"):
        office.goto(address)
        look_at(office)
    db.session.rollback()
    assert queries.balance(rules.CASH_DESK) == 99_000


def pay_from_the_wallet(
    browser: Browser, app: Flask, site: str, office: Page, device: dict[str, Any]
) -> None:
    """Pay a cancelled order back to the wallet, and the next one from it."""
    leader = db.session.query(Leader).one()
    resident = building.add_resident(leader, "李女士")
    number = paid_and_cancelled(resident)
    office.goto("/admin/refunds")
    office.get_by_role("link", name="退款").last.click()
    office.locator("select[name=target]").select_option("wallet")
    look_at(office)
    office.get_by_role("button", name="退款", exact=True).click()
    expect(office.get_by_text("没有待退的款项")).to_be_visible()
    waiting = building.place(open_round("C8", payment="prepaid"), resident, {"P1": 1}, now=utc_now())
    phone = sit_down(browser, app, site, resident.account_id, "resident", **device)
    phone.goto(f"/orders/{number}")
    expect(phone.get_by_text("已退还给您")).to_be_visible()
    phone.goto(f"/orders/{waiting.number}")
    look_at(phone)
    phone.get_by_role("button", name="用余额支付").click()
    expect(phone.get_by_text("已用余额支付。")).to_be_visible()
    expect(phone.get_by_role("button", name="用余额支付")).to_have_count(0)
    look_at(phone)
    phone.context.close()
    db.session.rollback()
    assert queries.available(rules.wallet(resident.id)) == 990


def open_round(code: str, **columns: Any) -> Round:
    """Open a round of the product by the clock of the test."""
    now = utc_now()
    window = Window(now - timedelta(hours=1), now + timedelta(hours=3), now.astimezone(ZONE).date())
    return building.add_round(db.session.query(Product).all(), code, window=window, **columns)


def paid_and_cancelled(resident: Resident) -> str:
    """Return the number of an order of ¥19.80 that was paid and then cancelled."""
    order = building.place(open_round("C7"), resident, {"P1": 2}, now=utc_now())
    for deed in (ordering.mark_paid, partial(ordering.cancel_order, reason="不要了")):
        in_transaction(partial(deed, order=get_order(order.number), now=utc_now(), actor=building.ACTOR))
    return order.number


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_rewards_bonuses_and_statements_are_seen(
    app: Flask, browser: Browser, device: dict[str, Any]
) -> None:
    first, second = reward(app)
    with served(app) as site:
        desk = sit_down(browser, app, site, first.account_id, "leader", **device)
        desk.goto("/leader/money/2026-11")
        look_at(desk)
        desk.get_by_role("link", name="周日鲜果日").first.click()
        desk.goto("/leader/extras")
        look_at(desk)
        desk.get_by_role("link", name="推荐奖励").first.click()
        expect(desk.get_by_text("¥0.40").first).to_be_visible()
        look_at(desk)
        office = sit_down(browser, app, site, building.add_account("运营").id, "operator", **device)
        for path in ("commissions/extras", "commissions/own", "commissions/statements"):
            office.goto(f"/admin/{path}")
            look_at(office)
        office.goto("/admin/bank")
        statement = "交易日期,支出金额,摘要\n2026-11-25,3.00,手续费\n".encode()
        file = {"name": "bank.csv", "mimeType": "text/csv", "buffer": statement}
        office.get_by_label("流水文件").set_input_files([file])
        office.get_by_role("button", name="导入流水", exact=True).click()
        expect(office.get_by_text("共 1 笔，新增 1 笔")).to_be_visible()
        look_at(office)
        office.get_by_role("link", name="匹配", exact=True).click()
        look_at(office)
        office.goto(f"/admin/leaders/{second.code}/referrer")
        look_at(office)
        office.goto("/admin/campaigns/C1/bonuses")
        office.get_by_label("目标", exact=True).fill("99.50")
        office.get_by_label("奖金（元）").fill("6")
        office.get_by_role("button", name="设定").click()
        expect(office.get_by_text("满 ¥99.50 奖 ¥6.00")).to_be_visible()
        look_at(office)


def reward(app: Flask) -> tuple[Leader, Leader]:
    """Let a leader bring another, who sells 2 units and reaches a bonus; all of it settled."""
    dial(referral_bp=200)
    first, second = building.add_leader("L1", name="甲"), building.add_leader("L2", name="乙")
    in_transaction(lambda: referring.refer(leader=second, referrer_code="L1", now=SETTLED, actor="test"))
    round_ = building.add_round([building.add_product(building.add_supplier())])
    promised = {"measure": "units", "target": 2, "bonus_fen": 800, "now": building.OPENS, "actor": "test"}
    in_transaction(lambda: bonuses.add_bonus(campaign=round_.campaign, **promised))
    order = building.place(round_, building.add_resident(second), {"P1": 2})
    building.place(round_, building.add_resident(first, phone=first.phone), {"P1": 1})
    building.close(app, round_)
    hand_out(db.session.get_one(Order, order.id))
    keep(SETTLED)
    return first, second


def test_a_leader_sees_the_fields_of_another_account_only_where_one_is_wanted(
    app: Flask, browser: Browser
) -> None:
    leader = earn(app)
    ask(leader, 1000)
    with served(app) as site:
        desk = sit_down(browser, app, site, leader.account_id, "leader", **PHONE)
        desk.goto("/leader/money")
        way = desk.get_by_label("收款方式")
        expect(way).to_be_hidden()
        look_at(desk)
        desk.get_by_label("其他账户").check()
        expect(way).to_be_visible()
        desk.get_by_label("银行卡").check()
        expect(way).to_be_hidden()
        desk.context.close()
