"""What a shortage leaves owed on a prepaid order returns by itself, where nobody has to decide."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.accounts.models import Account
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import refunding
from groupbuy.messaging.models import Message
from groupbuy.payments.models import Refund
from groupbuy.payments.simulator.server import Simulator
from groupbuy.warehouse.rules import Policy
from tests import building
from tests.building import CLOSES
from tests.money import dial
from tests.payments.paying_town import Shop, broken_invariants, open_paid_shop
from tests.payments.test_paying_pages import browser
from tests.warehouse import day

CAME = CLOSES + timedelta(hours=8)


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


@pytest.fixture
def shop(app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller) -> Shop:
    """Return a prepaid order of ¥19.80, of which one of two units never came."""
    shop = open_paid_shop(app, client, simulator)
    round_ = building.close(app, shop.order.round)
    travel.move_to(CAME)
    day.receive(day.order_of(round_).number, {"P1": 1}, last=True)
    day.share_out(round_, Policy.FIRST_COME)
    assert (shop.order.paid_fen, shop.order.amount_fen) == (1980, 990)
    return shop


def paid_back(shop: Shop) -> list[tuple[str, int]]:
    db.session.rollback()
    rows = db.session.query(Refund).order_by(Refund.id)
    return [(row.target, row.amount_fen) for row in rows]


def test_what_a_shortage_leaves_owed_returns_to_its_sources_once(shop: Shop) -> None:
    for minute in range(3):
        shop.tick(CAME + timedelta(minutes=minute))
    assert paid_back(shop) == [("wallet", 250), ("channel", 740)]
    assert (shop.order.paid_fen, shop.wallet()) == (990, 250)
    assert [row.state for row in shop.refunds()] == ["success"]
    assert broken_invariants(CAME + timedelta(minutes=3)) == []


def test_who_reads_english_reads_why_money_came_back(shop: Shop) -> None:
    db.session.query(Account).update({"language": "en"})
    db.session.commit()
    shop.tick(CAME)
    told = db.session.query(Message).where(Message.event == "refunded").order_by(Message.id).all()
    assert {one.subject.partition(" · ")[0] for one in told} == {"Paid back"}
    assert all("something was short, cancelled" in one.body for one in told)


@pytest.mark.parametrize("dials", [{"refund_alone_fen": 0}, {"second_person_fen": 989}])
def test_a_debt_above_the_limit_waits_for_a_person(shop: Shop, dials: dict[str, int]) -> None:
    dial(**dials)
    shop.tick(CAME)
    assert (paid_back(shop), shop.order.paid_fen) == ([], 1980)


def test_what_a_person_has_refused_does_not_leave_by_itself(shop: Shop) -> None:
    dial(second_person_fen=100)
    order_id = shop.order_id
    request_id = in_transaction(
        lambda: (
            refunding.refund(
                order=shop.order_row(), amount_fen=990, reason="缺货", now=CAME, actor="account:1"
            ).id
        )
    )
    office = browser(shop.app, building.add_account("运营"), "operator")
    assert "1 笔大额退款等待第二人审批" in office.get("/admin/").text
    in_transaction(
        lambda: refunding.decide(
            request_id=request_id, approve=False, words="换货", now=CAME, actor="account:2"
        )
    )
    dial(second_person_fen=100_000)
    shop.tick(CAME)
    assert (shop.order.id, paid_back(shop)) == (order_id, [])


def test_held_payments_and_refunds_that_a_channel_cannot_pay_ask_for_a_decision(shop: Shop) -> None:
    shop.simulator.refunds_end = "ABNORMAL"
    shop.tick(CAME)
    shop.tick(CAME + timedelta(minutes=1))
    (refund,) = shop.refunds()
    office = browser(shop.app, building.add_account("运营"), "operator")
    assert "1 笔退款支付渠道未能付出" in office.get("/admin/").text
    assert refund.number in office.get("/admin/payments/refunds?stuck=1").text
