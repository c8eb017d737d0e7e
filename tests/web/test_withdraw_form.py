"""A leader who withdraws again chooses an account named before; what owes is said in words."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.accounts import queries as accounts
from groupbuy.commissions import withdrawals, withdrawing
from groupbuy.commissions.withdrawing import Payee
from groupbuy.db.transaction import in_transaction
from groupbuy.leaders.models import Leader
from tests import building, money
from tests.flows.test_letting_go import pay_out, refund
from tests.money import SETTLED
from tests.payments.test_cash import pay, place_order
from tests.support.seats import appoint

ALIPAY = Payee("alipay", "wang@example.com", "王五")
# What a browser sends of fields that are hidden while an account is chosen.
CHOSEN = {"amount": "20", "method": "wechat", "payee": "", "payee_name": ""}
NEW = {"amount": "20", "method": "bank", "payee": "6333", "payee_name": "王五"}


@pytest.fixture(autouse=True)
def clock(app: Flask) -> Iterator[None]:
    app.config["WTF_CSRF_ENABLED"] = False
    with time_machine.travel(SETTLED, tick=False):
        yield


def desk_of(app: Flask, leader: Leader) -> FlaskClient:
    return appoint(app, accounts.get_account(leader.account_id), "leader", SETTLED)


def accounts_of(leader: Leader) -> list[tuple[str, str]]:
    """Return where all withdrawals go, the latest first."""
    return [(row.method, row.payee) for row in withdrawals.withdrawals_of(leader.id)]


def reject(number: str) -> None:
    in_transaction(
        lambda: withdrawing.reject(number=number, reason="账号不对", now=SETTLED, actor="account:90")
    )


def test_accounts_named_before_are_offered_veiled_the_latest_first(app: Flask) -> None:
    leader = money.earn(app)
    desk = desk_of(app, leader)
    assert "收款账户" not in desk.get("/leader/money").text
    bank = [money.ask(leader, 1000).number for _ in range(2)][-1]
    alipay = money.ask(leader, 1000, payee=ALIPAY).number
    refused = money.ask(leader, 1000, payee=Payee("wechat", "wx-thief", "王五")).number
    reject(refused)
    page = desk.get("/leader/money").text
    assert page.index(alipay) < page.index(bank)
    assert all(text in page for text in ("支付宝 ···.com · 王五", "银行卡 ···2222 · 王五", "其他账户"))
    assert "6222 0000 1111 2222" not in page
    assert "wx-thief" not in page
    assert [row.number for row in withdrawals.payees_of(leader.id)] == [alipay, bank]


def test_money_goes_to_the_account_chosen_or_to_another(app: Flask) -> None:
    leader = money.earn(app)
    desk = desk_of(app, leader)
    known = money.ask(leader, 1000, payee=ALIPAY).number
    assert desk.post("/leader/money", data=CHOSEN | {"known": known}).status_code == 303
    # A page from before an account was known says nothing of one: what it writes counts.
    for other in (NEW, NEW | {"known": "", "amount": "21"}):
        assert desk.post("/leader/money", data=other).status_code == 303
    assert accounts_of(leader) == [
        ("bank", "6333"),
        ("bank", "6333"),
        ("alipay", ALIPAY.account),
        ("alipay", ALIPAY.account),
    ]


def test_an_account_that_was_refused_or_is_anothers_is_not_chosen(app: Flask) -> None:
    leader = money.earn(app)
    desk = desk_of(app, leader)
    known, refused = (money.ask(leader, 1000, payee=payee).number for payee in (money.PAYEE, ALIPAY))
    reject(refused)
    for number in (refused, "0000000000000"):
        answer = desk.post("/leader/money", data=CHOSEN | {"known": number})
        assert (answer.status_code, "请从列出的账户中选择" in answer.text) == (422, True)
    both = desk.post("/leader/money", data=NEW | {"known": known})
    assert (both.status_code, "下面还填写了另一个账户" in both.text) == (422, True)
    neither = desk.post("/leader/money", data=CHOSEN | {"known": ""})
    assert neither.status_code == 422
    assert len(accounts_of(leader)) == 2


def test_a_choice_sent_ten_times_at_once_is_one_withdrawal(app: Flask) -> None:
    leader = money.earn(app)
    desk = desk_of(app, leader)
    known = money.ask(leader, 1000, payee=ALIPAY).number
    cookie = desk.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None

    def send(_number: int) -> int:
        client = app.test_client()
        client.set_cookie(cookie.key, cookie.value)
        wanted = CHOSEN | {"known": known, "submission_key": "k"}
        with app.app_context():
            return client.post("/leader/money", data=wanted).status_code

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(send, range(10))) == {303}
    assert accounts_of(leader) == [("alipay", ALIPAY.account)] * 2


def test_a_leader_below_zero_reads_why(app: Flask) -> None:
    leader = money.earn(app)
    pay_out(app, leader, 9900)
    refund(10)
    page = desk_of(app, leader).get("/leader/money").text
    assert "已付给您的佣金中有 ¥9.90 因退款扣回" in page
    assert "申请提现" not in page


def test_cash_to_hand_over_is_filled_in(app: Flask) -> None:
    leader = building.add_leader()
    pay(place_order(leader))
    assert 'value="19.80"' in desk_of(app, leader).get("/leader/cash").text
