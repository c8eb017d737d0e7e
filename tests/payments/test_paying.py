"""A resident pays an order through the channel: in time, late, twice, with the wallet, or not at all."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import ordering, refunding
from groupbuy.flows.paying import Way
from groupbuy.kernel.errors import RuleBroken
from groupbuy.orders.models import Order
from groupbuy.payments.models import ChannelNotice
from groupbuy.payments.simulator.server import Simulator
from groupbuy.payments.simulator.serving import Fault
from tests import building
from tests.building import ACTOR, CLOSES, NOW
from tests.payments.paying_town import Shop, broken_invariants, open_shop

LATE = NOW + timedelta(minutes=16)
VERY_LATE = NOW + timedelta(minutes=46)


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


@pytest.fixture
def shop(app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller) -> Shop:
    return open_shop(app, client, simulator)


@pytest.mark.check(56)
def test_an_order_paid_through_the_channel_is_confirmed_once(shop: Shop) -> None:
    number = shop.begin()
    assert shop.begin() == number
    assert shop.payment(number).action == {
        "kind": "qr",
        "text": f"weixin://wxpay/bizpayurl?pr={number}",
    }
    shop.simulator.pay(number)
    assert [shop.tell(number) for _ in range(3)] == [204, 204, 204]
    assert (shop.order.state, shop.order.paid_fen) == ("confirmed", 1980)
    assert shop.payment(number).outcome == "accepted"
    assert shop.at_channel() == 1980
    with pytest.raises(RuleBroken, match="is paid"):
        shop.begin()
    assert broken_invariants(NOW) == []


def test_wallet_and_channel_pay_an_order_together(shop: Shop) -> None:
    shop.fill_wallet(500)
    number = shop.begin(from_wallet=True)
    assert shop.payment(number).amount_fen == 1480
    assert (shop.order.state, shop.order.paid_fen, shop.wallet()) == ("awaiting_payment", 500, 0)
    shop.simulator.pay(number)
    shop.tell(number)
    assert (shop.order.state, shop.order.paid_fen, shop.at_channel()) == ("confirmed", 1980, 1480)
    assert broken_invariants(NOW) == []


def test_a_wallet_that_has_enough_needs_no_channel(shop: Shop) -> None:
    shop.fill_wallet(2000)
    with pytest.raises(AssertionError):
        shop.begin(from_wallet=True)
    assert (shop.order.state, shop.wallet()) == ("confirmed", 20)
    assert shop.simulator.book.trades == {}


def test_a_payment_of_which_nobody_told_is_found_by_asking(shop: Shop) -> None:
    number = shop.begin()
    shop.simulator.pay(number)
    shop.tick(NOW + timedelta(seconds=16))
    assert shop.order.state == "confirmed"


def test_the_channel_forgets_to_answer_and_the_payment_is_opened_again(shop: Shop) -> None:
    shop.simulator.faults.append(Fault("/v3/pay", after=True))
    number = shop.begin()
    assert (shop.payment(number).state, shop.payment(number).last_error) == (
        "new",
        "WeChat Pay answered 500.",
    )
    assert shop.begin() == number
    assert (shop.payment(number).state, shop.payment(number).last_error) == ("waiting", None)
    assert list(shop.simulator.book.trades) == [number]


def test_a_payment_that_never_comes_is_closed_at_the_channel_and_the_wallets_part_returns(
    shop: Shop, travel: time_machine.Traveller
) -> None:
    shop.fill_wallet(500)
    number = shop.begin(from_wallet=True)
    travel.move_to(LATE)
    shop.tick(LATE)
    assert shop.simulator.book.trade(number).state == "CLOSED"
    assert (shop.payment(number).state, shop.order.state) == ("closed", "cancelled")
    shop.tick(LATE + timedelta(seconds=1))
    assert (shop.order.paid_fen, shop.wallet()) == (0, 500)
    assert broken_invariants(LATE) == []


def test_a_late_payment_lets_the_order_live_again_while_there_is_stock(
    shop: Shop, travel: time_machine.Traveller
) -> None:
    number = shop.begin()
    in_transaction(lambda: ordering.expire_order(order=shop.order_row(), now=LATE, actor=ACTOR))
    shop.simulator.pay(number)
    travel.move_to(LATE)
    shop.tell(number)
    assert (shop.payment(number).outcome, shop.order.state) == ("revived", "confirmed")
    assert (shop.order.amount_fen, shop.order.paid_fen) == (1980, 1980)
    assert broken_invariants(LATE) == []
    round_ = building.close(shop.app, shop.order.round)
    assert round_.state == "closed"
    assert broken_invariants(CLOSES) == []


def sold_out(shop: Shop) -> None:
    other = building.add_resident(shop.order.leader)
    building.place(shop.order.round, other, {"P1": 2}, now=LATE)


@pytest.mark.parametrize("why", ["too late", "sold out", "round closed"])
def test_a_late_payment_that_cannot_count_goes_back_by_itself(
    app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller, why: str
) -> None:
    shop = open_shop(app, client, simulator, offers={"P1": {"limit_units": 2}})
    number = shop.begin()
    in_transaction(lambda: ordering.expire_order(order=shop.order_row(), now=LATE, actor=ACTOR))
    if why == "sold out":
        sold_out(shop)
    now = {"too late": VERY_LATE, "sold out": LATE, "round closed": CLOSES}[why]
    if why == "round closed":
        building.close(app, shop.order.round)
    shop.simulator.pay(number)
    travel.move_to(now)
    shop.tell(number)
    assert (shop.payment(number).outcome, shop.order.state, shop.order.paid_fen) == (
        "given_back",
        "cancelled",
        0,
    )
    shop.tick(now)
    shop.tick(now + timedelta(seconds=16))
    assert [(row.state, row.amount_fen) for row in shop.refunds()] == [("success", 1980)]
    assert (shop.at_channel(), simulator.book.refunded(number)) == (0, 1980)
    assert broken_invariants(now) == []


def test_an_order_paid_twice_by_two_ways_keeps_one_payment(shop: Shop) -> None:
    first = shop.begin()
    second = shop.begin(way=Way("wechat", "h5"))
    for number in (first, second):
        shop.simulator.pay(number)
        shop.tell(number)
    assert (shop.order.state, shop.order.paid_fen) == ("confirmed", 1980)
    shop.tick(NOW)
    assert [(row.payment.number, row.amount_fen) for row in shop.refunds()] == [(second, 1980)]
    assert broken_invariants(NOW) == []


@pytest.mark.check(56)
def test_a_wrong_amount_is_held_until_somebody_sends_it_back(shop: Shop) -> None:
    number = shop.begin()
    shop.simulator.pay(number, amount_fen=1)
    assert shop.tell(number) == 204
    assert (shop.payment(number).state, shop.order.state, shop.order.paid_fen) == (
        "held",
        "awaiting_payment",
        0,
    )
    assert broken_invariants(NOW) == []
    for _ in range(2):
        in_transaction(
            lambda: refunding.give_back_held(number=number, reason="金额不符", now=NOW, actor="account:1")
        )
    shop.tick(NOW)
    shop.tick(NOW + timedelta(seconds=16))
    assert [(row.state, row.amount_fen) for row in shop.refunds()] == [("success", 1)]
    assert broken_invariants(NOW) == []


def test_an_order_that_its_leader_collects_for_is_not_paid_here(
    app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller
) -> None:
    shop = open_shop(app, client, simulator, payment="to_leader")
    with pytest.raises(RuleBroken, match="to the leader"):
        shop.begin()


@pytest.mark.check(56)
def test_a_call_for_a_payment_of_somebody_else_is_not_acknowledged(shop: Shop) -> None:
    number = shop.begin()
    shop.simulator.pay(number)
    trade = shop.simulator.book.trade(number)
    trade.number = "P0000000000000"
    shop.simulator.book.trades[trade.number] = trade
    assert shop.tell(trade.number) == 404
    assert db.session.get_one(Order, shop.order_id).state == "awaiting_payment"


@pytest.mark.check(57)
def test_a_forged_call_leaves_no_row(shop: Shop) -> None:
    number = shop.begin()
    shop.simulator.pay(number)
    call = shop.simulator.tell(number)
    old = shop.simulator.tell(number, at=NOW - timedelta(minutes=6))
    assert shop.send(old) == 401
    for header in ("Signature", "Nonce", "Serial", "Timestamp"):
        assert shop.send(call, **{f"Wechatpay-{header}": "1"}) == 401
    assert shop.client.post("/pay/notify/wechat", data=b"").status_code == 401
    assert shop.client.post("/pay/notify/alipay", data=call.body).status_code == 404
    assert db.session.scalars(select(ChannelNotice)).all() == []
    assert shop.order.state == "awaiting_payment"
