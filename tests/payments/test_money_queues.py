"""What waits for finance, over the API: withdrawals, refunds for a second person, held payments."""

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.commissions import withdrawing
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import ordering
from groupbuy.leaders.models import Leader
from groupbuy.payments.simulator.server import Simulator
from tests import building
from tests.api.conftest import Person, person_of
from tests.building import ACTOR, NOW
from tests.money import SETTLED, dial, earn
from tests.money import ask as ask_withdrawal
from tests.payments.paying_town import open_paid_shop, open_shop
from tests.support.seats import appoint


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


def clerk(app: Flask, name: str = "财务") -> Person:
    account = building.add_account(name)
    appoint(app, account, "finance", NOW)
    return person_of(app, account.id, "finance")


def leader_of(app: Flask, leader: Leader) -> Person:
    assert leader.account_id is not None
    return person_of(app, leader.account_id, "leader")


def test_withdrawals_are_listed_to_finance_and_to_their_leader(
    app: Flask, travel: time_machine.Traveller
) -> None:
    leader = earn(app)
    travel.move_to(SETTLED)
    first, second = (ask_withdrawal(leader, amount).number for amount in (2000, 1500))
    in_transaction(lambda: withdrawing.reject(number=first, reason="户名不符", now=SETTLED, actor="a"))
    finance, own = clerk(app), leader_of(app, db.session.get_one(Leader, leader.id))
    page = finance.get("/withdrawals?limit=1").json
    rest = finance.get(f"/withdrawals?limit=1&cursor={page['next_cursor']}").json
    assert [one["number"] for one in page["items"] + rest["items"]] == [second, first]
    assert (rest["items"][0]["reason"], rest["next_cursor"]) == ("户名不符", None)
    assert [one["number"] for one in finance.get("/withdrawals?state=asked").json["items"]] == [second]
    assert finance.get("/withdrawals?state=x").status_code == 422
    assert own.get(f"/leaders/{leader.code}/withdrawals").json["items"] == page["items"] + rest["items"]


def test_a_second_person_finds_the_refund_that_waits_and_approves_it(
    app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller
) -> None:
    shop = open_paid_shop(app, client, simulator)
    in_transaction(
        lambda: ordering.cancel_order(order=shop.order_row(), reason="不要了", now=NOW, actor=ACTOR)
    )
    dial(second_person_fen=1000)
    first, second = clerk(app, "甲会计"), clerk(app, "乙会计")
    number = shop.order.number
    assert (
        first.post(f"/orders/{number}/source-refunds", {"amount_fen": 1500, "reason": "缺货"}).status_code
        == 201
    )
    (waits,) = second.get("/refund-requests?state=asked").json["items"]
    assert (waits["order_no"], waits["amount_fen"], waits["target"]) == (number, 1500, "sources")
    decide = f"/refund-requests/{waits['id']}/decide"
    assert first.post(decide, {"approve": True}).json["error"]["code"] == "second_person"
    assert second.post(decide, {"approve": True}).json["state"] == "done"
    assert second.get("/refund-requests?state=asked").json["items"] == []
    assert second.get("/refund-requests").json["items"][0]["state"] == "done"


def test_a_payment_that_is_held_is_found_and_given_back_once(
    app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller
) -> None:
    shop = open_shop(app, client, simulator)
    number = shop.begin()
    assert shop.arrive(number, amount_fen=1) == "held"
    finance = clerk(app)
    (held,) = finance.get("/channel-payments?state=held").json["items"]
    assert (held["number"], held["order_no"], held["paid_fen"]) == (number, shop.order.number, 1)
    address = f"/channel-payments/{number}/back"
    assert finance.post(address, {"reason": ""}).status_code == 422
    assert [finance.post(address, {"reason": "金额不符"}).json["outcome"] for _ in range(2)] == [
        "given_back"
    ] * 2
    assert [row.amount_fen for row in shop.refunds()] == [1]
