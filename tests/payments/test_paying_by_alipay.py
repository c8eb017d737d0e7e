"""A resident pays through Alipay, whose calls come twice, late, forged or never."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.db.transaction import in_transaction
from groupbuy.flows import ordering, refunding
from groupbuy.flows.paying import Way
from groupbuy.payments import channel_refunds, reconciling
from groupbuy.payments.bill_differences import differences
from groupbuy.payments.gateways import FoundRefund
from groupbuy.payments.simulator.alipay import AlipaySimulator
from groupbuy.payments.simulator.files import write_alipay_settings
from groupbuy.payments.simulator.serving import Fault, running
from tests.building import ACTOR, NOW
from tests.payments.channel import BASE_URL, make_alipay
from tests.payments.paying_town import Shop, broken_invariants, open_shop

PAGE = Way("alipay", "page")
LATE = NOW + timedelta(minutes=16)
VERY_LATE = NOW + timedelta(minutes=46)
TODAY, TOMORROW = date(2026, 11, 22), NOW + timedelta(days=1, hours=2)


@pytest.fixture
def alipay() -> Iterator[AlipaySimulator]:
    with running(make_alipay()) as simulator:
        yield simulator


@pytest.fixture
def extra_settings(alipay: AlipaySimulator, tmp_path: Path) -> dict[str, str]:
    return write_alipay_settings(alipay, tmp_path / "keys") | {"GROUPBUY_BASE_URL": BASE_URL}


@pytest.fixture
def shop(app: Flask, client: FlaskClient, alipay: AlipaySimulator, travel: time_machine.Traveller) -> Shop:
    return replace(open_shop(app, client, alipay), channel="alipay")


def begin(shop: Shop) -> str:
    """Begin to pay and come to the cashier."""
    number = shop.begin(way=PAGE)
    action = shop.payment(number).action
    assert action is not None
    assert isinstance(shop.simulator, AlipaySimulator)
    assert "¥19.80" in shop.simulator.visit(action["url"])
    return number


def tick_on(shop: Shop, travel: time_machine.Traveller, *moments: datetime) -> None:
    """Let the scheduler work at some moments."""
    for moment in moments:
        travel.move_to(moment)
        shop.tick(moment)


@pytest.mark.check(56)
def test_an_order_paid_at_the_cashier_is_confirmed_once_however_often_alipay_tells(shop: Shop) -> None:
    number = begin(shop)
    shop.simulator.pay(number)
    same = shop.simulator.tell(number, notice_id="N1")
    assert [shop.send(same), shop.send(same), shop.tell(number)] == [200, 200, 200]
    assert (shop.order.state, shop.order.paid_fen, shop.at_channel()) == ("confirmed", 1980, 1980)
    assert broken_invariants(NOW) == []


@pytest.mark.check(57)
def test_a_forged_an_old_and_a_strange_call_change_nothing(shop: Shop) -> None:
    number = begin(shop)
    shop.simulator.pay(number)
    true = shop.simulator.tell(number)
    old = shop.simulator.tell(number, at=NOW - timedelta(seconds=301))
    assert shop.send(replace(true, body=true.body.replace(b"19.80", b"0.01"))) == 401
    assert shop.send(old) == 401
    shop.simulator.book.trades["P0"] = replace(shop.simulator.book.trade(number), number="P0")
    assert shop.send(shop.simulator.tell("P0")) == 404
    assert (shop.order.state, shop.at_channel()) == ("awaiting_payment", 0)


def test_a_wrong_amount_is_held_until_somebody_sends_it_back(
    shop: Shop, travel: time_machine.Traveller
) -> None:
    number = begin(shop)
    shop.simulator.pay(number, amount_fen=1)
    shop.tell(number)
    assert (shop.order.state, shop.payment(number).state) == ("awaiting_payment", "held")
    in_transaction(lambda: refunding.give_back_held(number=number, reason="金额不符", now=NOW, actor="test"))
    tick_on(shop, travel, NOW + timedelta(minutes=1), NOW + timedelta(minutes=2))
    (back,) = shop.refunds()
    assert (back.state, back.amount_fen, shop.at_channel()) == ("success", 1, 0)
    assert shop.simulator.book.refunded(number) == 1


def test_a_payment_of_which_alipay_never_tells_is_found_by_asking(shop: Shop) -> None:
    number = begin(shop)
    shop.simulator.pay(number)
    shop.tick(NOW + timedelta(seconds=16))
    assert shop.order.state == "confirmed"


def test_nobody_comes_and_the_order_is_cancelled(shop: Shop, travel: time_machine.Traveller) -> None:
    number = shop.begin(way=PAGE)
    tick_on(shop, travel, LATE)
    assert (shop.payment(number).state, shop.order.state) == ("closed", "cancelled")
    assert broken_invariants(LATE) == []


@pytest.mark.parametrize(("moment", "outcome"), [(LATE, "revived"), (VERY_LATE, "given_back")])
def test_a_late_payment_revives_the_order_within_the_grace_and_goes_back_after_it(
    shop: Shop, travel: time_machine.Traveller, moment: datetime, outcome: str
) -> None:
    number = begin(shop)
    in_transaction(lambda: ordering.expire_order(order=shop.order_row(), now=LATE, actor=ACTOR))
    travel.move_to(moment)
    shop.simulator.pay(number)
    shop.tell(number)
    assert shop.payment(number).outcome == outcome


def test_a_refund_is_paid_once_though_alipays_answer_was_lost_and_the_bill_agrees(
    shop: Shop, travel: time_machine.Traveller
) -> None:
    number = begin(shop)
    shop.simulator.pay(number)
    shop.tell(number)
    in_transaction(lambda: ordering.cancel_order(order=shop.order_row(), reason="x", now=NOW, actor=ACTOR))
    wish = {"amount_fen": 1980, "reason": "不要了", "now": NOW, "actor": "test"}
    in_transaction(lambda: refunding.refund(order=shop.order_row(), **wish))
    shop.simulator.faults.append(Fault("alipay.trade.refund", after=True))
    tick_on(shop, travel, *[NOW + timedelta(minutes=minute) for minute in (1, 2, 3)])
    (back,) = shop.refunds()
    assert (back.state, shop.at_channel(), shop.simulator.book.refunded(number)) == ("success", 0, 1980)
    tick_on(shop, travel, TOMORROW)
    (day,) = reconciling.stored_days()
    assert (day.channel, day.day) == ("alipay", TODAY)
    assert differences(channel="alipay", day=TODAY) == []
    assert broken_invariants(TOMORROW) == []


@pytest.mark.parametrize("ends", ["success", "to_wallet"])
def test_a_refund_that_alipay_does_not_know_is_left_to_a_person_after_ten_days(
    shop: Shop, travel: time_machine.Traveller, ends: str
) -> None:
    number = begin(shop)
    shop.simulator.pay(number)
    shop.tell(number)
    in_transaction(lambda: ordering.cancel_order(order=shop.order_row(), reason="x", now=NOW, actor=ACTOR))
    wish = {"amount_fen": 1980, "reason": "不要了", "now": NOW, "actor": "test"}
    in_transaction(lambda: refunding.refund(order=shop.order_row(), **wish))
    shop.simulator.refunds_end = ""
    tick_on(shop, travel, NOW + timedelta(minutes=1))
    (refund,) = shop.refunds()
    known = shop.simulator.book.returns.pop(refund.number)
    tick_on(shop, travel, *[NOW + timedelta(days=day) for day in range(1, 11)])
    (refund,) = shop.refunds()
    assert (refund.state, refund.look_at, shop.at_channel()) == ("abnormal", None, 1980)
    looks, later = refund.looks, NOW + timedelta(days=12)
    tick_on(shop, travel, later)
    assert shop.refunds()[0].looks == looks < 20
    if ends == "to_wallet":
        in_transaction(lambda: channel_refunds.pay_to_wallet(number=refund.number, now=later, actor="test"))
    else:
        shop.simulator.book.returns[refund.number] = known
        found = FoundRefund(refund.number, "success", 1980)
        in_transaction(lambda: channel_refunds.take_found(number=refund.number, found=found, now=later))
    assert shop.refunds()[0].state == ends
    assert "ledger_channels" not in broken_invariants(later)


def test_what_alipay_says_otherwise_stands_in_the_differences(
    shop: Shop, travel: time_machine.Traveller
) -> None:
    number = begin(shop)
    shop.simulator.pay(number)
    shop.tell(number)
    shop.simulator.book.trade(number).paid_fen = 1900
    tick_on(shop, travel, TOMORROW)
    (found,) = differences(channel="alipay", day=TODAY)
    assert (found.number, found.ours_fen, found.theirs_fen) == (number, 1980, 1900)
