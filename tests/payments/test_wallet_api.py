"""The wallet and leaders' cash over the API: paid in, spent, taken back, handed over; each once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.db import db
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.payments.simulator.server import Simulator
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle
from tests import building
from tests.api.conftest import Person, person_of
from tests.building import NOW, ZONE
from tests.payments.paying_town import broken_invariants
from tests.support.seats import appoint

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


@pytest.fixture
def leader(app: Flask, travel: time_machine.Traveller) -> Leader:
    travel.move_to(NOW)
    return building.add_leader("L1")


@pytest.fixture
def buyer(app: Flask, leader: Leader) -> Person:
    return resident_of(app, building.add_resident(leader))


def resident_of(app: Flask, resident: Resident) -> Person:
    assert resident.account_id is not None
    return person_of(app, resident.account_id, "resident")


def wish(fen: Any, key: str = "k", **more: Any) -> dict[str, Any]:
    return {"amount_fen": fen, "channel": "wechat", "way": "native", "submission_key": key} | more


def top_up(app: Flask, buyer: Person, client: FlaskClient, simulator: Simulator, fen: int) -> str:
    number: str = buyer.post("/wallet/top-ups", wish(fen)).json["number"]
    tick_until_idle(now=NOW, zone=ZONE, handlers=handlers_of(app), note=lambda _: None)
    simulator.pay(number)
    call = simulator.tell(number)
    assert client.post("/pay/notify/wechat", data=call.body, headers=dict(call.headers)).status_code == 204
    return number


def test_a_resident_pays_in_reads_it_and_takes_it_back(
    app: Flask, buyer: Person, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller
) -> None:
    assert buyer.get("/wallet").json == {"balance_fen": 0}
    number = top_up(app, buyer, client, simulator, 5000)
    assert buyer.post("/wallet/top-ups", wish(5000)).json["number"] == number
    assert buyer.get(f"/wallet/top-ups/{number}").json["state"] == "paid"
    assert [one["number"] for one in buyer.get("/wallet/top-ups").json["items"]] == [number]
    assert buyer.get("/wallet").json == {"balance_fen": 5000}
    back = f"/wallet/top-ups/{number}/refunds"
    for _ in range(3):
        assert buyer.post(back, {"amount_fen": 2000, "submission_key": "b"}).status_code == 201
    assert buyer.post(back, {"amount_fen": 3001, "submission_key": "c"}).status_code == 409
    moved = buyer.get("/wallet/movements?limit=1").json
    rest = buyer.get(f"/wallet/movements?limit=1&cursor={moved['next_cursor']}").json
    assert [one["amount_fen"] for one in moved["items"] + rest["items"]] == [-2000, 5000]
    travel.move_to(LATER)
    tick_until_idle(now=LATER, zone=ZONE, handlers=handlers_of(app), note=lambda _: None)
    assert [one.amount_fen for one in simulator.book.returns.values()] == [2000]
    assert broken_invariants(LATER) == []


def test_another_resident_sees_nothing_of_it(
    app: Flask, leader: Leader, buyer: Person, client: FlaskClient, simulator: Simulator
) -> None:
    number = top_up(app, buyer, client, simulator, 5000)
    other = resident_of(app, building.add_resident(leader, "李女士"))
    assert other.get("/wallet").json == {"balance_fen": 0}
    assert other.get(f"/wallet/top-ups/{number}").status_code == 404
    back = other.post(f"/wallet/top-ups/{number}/refunds", {"amount_fen": 1, "submission_key": "x"})
    assert back.status_code == 404


@pytest.mark.parametrize("fen", [0, -1, 1_000_001, 10**12, 1.5, "100", True, None])
def test_no_wrong_amount_is_paid_in(buyer: Person, fen: object) -> None:
    assert buyer.post("/wallet/top-ups", wish(fen)).status_code in (400, 422)
    assert buyer.get("/wallet/top-ups").json["items"] == []


def test_a_way_that_the_channel_has_not_is_refused(buyer: Person) -> None:
    assert buyer.post("/wallet/top-ups", wish(1, way="wap")).json["error"]["code"] == "unknown_way"
    assert buyer.post("/wallet/top-ups", wish(1, channel="alipay", way="wap")).status_code == 409


def test_ten_clicks_take_back_once(
    app: Flask, buyer: Person, client: FlaskClient, simulator: Simulator
) -> None:
    number = top_up(app, buyer, client, simulator, 5000)

    def click(_: int) -> int:
        body = {"amount_fen": 4000, "submission_key": "b"}
        with app.app_context():
            try:
                return buyer.post(f"/wallet/top-ups/{number}/refunds", body).status_code
            finally:
                db.session.remove()

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(click, range(10))) == {201}
    assert buyer.get("/wallet").json == {"balance_fen": 1000}


def test_a_wallet_spent_from_several_devices_at_once_pays_what_it_has_and_refuses_nobody(
    app: Flask, leader: Leader, client: FlaskClient, simulator: Simulator
) -> None:
    resident = building.add_resident(leader)
    buyer = resident_of(app, resident)
    top_up(app, buyer, client, simulator, 5000)
    round_ = building.add_round([building.add_product(building.add_supplier())], payment="prepaid")
    numbers = [building.place(round_, resident, {"P1": 1}).number for _ in range(8)]

    def pay(number: str) -> tuple[int, int]:
        with app.app_context():
            try:
                wish = {"channel": "wechat", "way": "native", "from_wallet": True}
                begun = buyer.post(f"/orders/{number}/payments", wish)
                return begun.status_code, begun.json.get("paid_fen", 0)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(pay, numbers))
    assert {status for status, _ in done} == {201}
    assert sum(paid for _, paid in done) == 5000
    assert buyer.get("/wallet").json == {"balance_fen": 0}
    assert broken_invariants(NOW) == []


def test_a_leader_hands_cash_over_and_finance_confirms_it(app: Flask, leader: Leader) -> None:
    product = building.add_product(building.add_supplier(), price_fen=990)
    round_ = building.add_round([product])
    order = building.place(round_, building.add_resident(leader), {"P1": 2})
    assert leader.account_id is not None
    head = person_of(app, leader.account_id, "leader")
    assert head.post(f"/orders/{order.number}/mark-paid", {}).status_code in (200, 201)
    account = building.add_account("财务", phone="13900000077")
    appoint(app, account, "finance", NOW)
    finance = person_of(app, account.id, "finance")
    path = "/leaders/L1/cash-handovers"
    refused = head.post(path, {"amount_fen": 1981}).json["error"]
    assert (refused["code"], refused["param"]) == ("above_due", "amount_fen")
    handed = [head.post(path, {"amount_fen": 1980, "note": "周日", "submission_key": "k"}) for _ in range(3)]
    assert {one.json["id"] for one in handed} == {handed[0].json["id"]}
    assert finance.get("/cash-handovers?state=handed").json["items"][0]["leader"] == "L1"
    decide = f"/cash-handovers/{handed[0].json['id']}/decide"
    assert head.post(decide, {"confirm": True}).status_code == 403
    assert finance.post(decide, {"confirm": False}).status_code in (400, 422)
    assert finance.post(decide, {"confirm": True}).json["state"] == "confirmed"
    assert finance.post(decide, {"confirm": True}).status_code == 409
    assert head.get("/cash-handovers").json["items"][0]["state"] == "confirmed"
    assert broken_invariants(NOW) == []
