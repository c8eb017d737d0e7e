"""Paying on pages and over the API: the choice, the wait, the wallet, and what finance does about it."""

import json
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.accounts import queries as accounts
from groupbuy.accounts import tokens
from groupbuy.accounts.models import Account
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.members.models import Resident
from groupbuy.payments.simulator.server import Simulator
from groupbuy.payments.simulator.serving import Fault
from tests import building
from tests.building import NOW
from tests.payments.paying_town import Shop, broken_invariants, open_shop
from tests.support.seats import appoint

PHONE = {"User-Agent": "Mozilla/5.0 (iPhone) Mobile Safari"}


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


@pytest.fixture
def shop(app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller) -> Shop:
    app.config["WTF_CSRF_ENABLED"] = False
    return open_shop(app, client, simulator)


def browser(app: Flask, account: Account, role: str) -> FlaskClient:
    return appoint(app, account, role, utc_now())


def resident(shop: Shop) -> FlaskClient:
    row = db.session.get_one(Resident, shop.resident_id)
    assert row.account_id is not None
    return browser(shop.app, accounts.get_account(row.account_id), "resident")


def finance(shop: Shop, name: str = "财务") -> FlaskClient:
    return browser(shop.app, building.add_account(name), "finance")


def test_a_resident_pays_an_order_with_wallet_and_channel(shop: Shop) -> None:
    shop.fill_wallet(500)
    me, path = resident(shop), f"/orders/{shop.order.number}"
    assert f"{path}/pay" in me.get(path).text
    assert "¥5.00" in me.get(f"{path}/pay").text
    assert "alipay" not in me.get(f"{path}/pay").text
    begun = me.post(f"{path}/pay", data={"way": "wechat:native", "from_wallet": "1"})
    assert begun.status_code == 303
    shown = me.get(begun.location).text
    assert "¥14.80" in shown
    assert "<svg" in shown
    number = begun.location.rpartition("/")[2]
    shop.simulator.pay(number)
    assert me.post(f"{begun.location}/look").status_code == 303
    assert "支付成功" in me.get(begun.location).text
    assert me.post(f"{path}/pay", data={"way": "wechat:native"}).status_code == 422
    assert broken_invariants(NOW) == []


def test_a_channel_that_does_not_answer_can_be_tried_again_on_a_phone(shop: Shop) -> None:
    me, path = resident(shop), f"/orders/{shop.order.number}/pay"
    shop.simulator.faults.append(Fault("/v3/pay/transactions/h5", times=1))
    begun = me.post(path, data={"way": "wechat:h5"}, headers=PHONE)
    assert "请重试" in me.get(begun.location, headers=PHONE).text
    assert me.post(f"{begun.location}/again", headers=PHONE).status_code == 303
    assert "/control/h5?number=" in me.get(begun.location, headers=PHONE).text
    assert me.post(path, data={"way": "alipay:wap"}, headers=PHONE).status_code == 422


def test_somebody_elses_payment_does_not_exist(shop: Shop) -> None:
    number = shop.begin()
    other = building.add_resident(shop.order.leader)
    assert other.account_id is not None
    stranger = browser(shop.app, accounts.get_account(other.account_id), "resident")
    for answer in (
        stranger.get(f"/payments/{number}"),
        stranger.post(f"/payments/{number}/look"),
        stranger.get(f"/me/wallet/{number}"),
        stranger.get(f"/orders/{shop.order.number}/pay"),
    ):
        assert answer.status_code == 404


def test_a_wallet_is_filled_through_the_channel_and_taken_back_the_same_way(shop: Shop) -> None:
    me = resident(shop)
    wish = {"amount": "12.50", "way": "wechat:native", "submission_key": "k"}
    places = {me.post("/me/wallet", data=wish).location for _ in range(3)}
    (place,) = places
    number = place.rpartition("/")[2]
    shop.simulator.pay(number)
    assert [shop.tell(number), shop.tell(number)] == [204, 204]
    assert shop.wallet() == 1250
    assert "¥12.50" in me.get("/me/wallet").text
    too_much = me.post(f"/me/wallet/{number}", data={"amount": "12.51", "submission_key": "a"})
    assert too_much.status_code == 422
    for _ in range(3):
        back = me.post(f"/me/wallet/{number}", data={"amount": "4.50", "submission_key": "b"})
        assert back.status_code == 303
    shop.tick(NOW)
    assert (shop.wallet(), shop.simulator.book.refunded(number)) == (800, 450)
    for amount in ("0", "-1", "1.001", "1e3", "１", "10000.01"):
        wish = {"amount": amount, "way": "wechat:native", "submission_key": amount}
        assert me.post("/me/wallet", data=wish).status_code == 422
    assert broken_invariants(NOW) == []


def test_finance_sends_a_wrong_amount_back(shop: Shop) -> None:
    number, office = shop.begin(), finance(shop)
    shop.simulator.pay(number, amount_fen=990)
    shop.tell(number)
    assert "金额不符" in office.get("/admin/payments?state=held").text
    page = f"/admin/payments/{number}/give-back"
    assert office.get(page).status_code == 200
    assert office.post(page, data={"reason": "金额不符"}).status_code == 303
    shop.tick(NOW)
    assert "金额不符" in office.get("/admin/payments/refunds").text
    assert shop.simulator.book.refunded(number) == 990
    assert office.post(page, data={"reason": "再来一次"}).status_code == 303
    assert len(shop.refunds()) == 1


def test_a_program_pays_for_its_resident(shop: Shop) -> None:
    row = db.session.get_one(Resident, shop.resident_id)
    account = accounts.get_account(row.account_id or 0)
    with transaction():
        token, _ = tokens.issue_token(account=account, role="resident", now=NOW, actor="test")
    head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    path = f"/api/v1/orders/{shop.order.number}/payments"
    wish = json.dumps({"channel": "wechat", "way": "native"})
    begun = shop.client.post(path, data=wish, headers=head)
    assert begun.status_code == 201
    assert begun.json["payment"]["state"] == "new"
    shop.tick(NOW)
    (payment,) = shop.client.get(path, headers=head).json["items"]
    assert payment["action"]["kind"] == "qr"
    wrong = json.dumps({"channel": "alipay", "way": "wap"})
    assert shop.client.post(path, data=wrong, headers=head).json["error"]["code"] == "channel_off"


def test_finance_sees_how_the_channels_bill_differs(shop: Shop, travel: time_machine.Traveller) -> None:
    office = finance(shop)
    assert "还没有账单" in office.get("/admin/payments/bills").text
    number = shop.begin()
    shop.simulator.pay(number)
    shop.tell(number)
    shop.simulator.book.trade(number).paid_fen = 1
    next_day = NOW + timedelta(days=1, hours=2)
    travel.move_to(next_day)
    shop.tick(next_day)
    office = finance(shop, "财务二")
    page = office.get("/admin/payments/bills").text
    assert number in page
    assert "¥19.80" in page
    assert f"{number},付款,19.80,0.01" in office.get("/admin/payments/bills?export=csv").text
