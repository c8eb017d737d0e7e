"""The page of what nobody has fetched, and keeping a bag aside."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.campaigns.models import Round
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import perishing
from groupbuy.members.models import Resident
from tests import building
from tests.building import CLOSES, ZONE
from tests.warehouse import day

HOUR = timedelta(hours=1)


@pytest.mark.usefixtures("without_tokens")
def test_a_leader_keeps_a_bag_aside_and_disposes_of_milk_when_its_time_is_over(
    app: Flask, desk: FlaskClient, round_: Round, resident: Resident, travel: time_machine.Traveller
) -> None:
    building.make_perishable("P2", hours=24, refund=True)
    number = building.place(round_, resident, {"P1": 1, "P2": 2}).number
    building.close(app, round_)
    there = CLOSES + 18 * HOUR
    travel.move_to(there)
    day.receive(day.order_of(round_).number, {"P1": 6, "P2": 6})
    bag = f"/leader/pickup/{number}"
    assert desk.get(f"{bag}/aside").status_code == 200
    assert desk.post(f"{bag}/aside", data={"day": "2027-01-01"}).status_code == 422
    assert desk.post(f"{bag}/aside", data={"day": "2026-11-24", "note": "<b>出差"}).status_code == 303
    assert "&lt;b&gt;出差" in desk.get(bag).text
    assert "已留货" in desk.get("/leader/unfetched").text
    assert desk.post(f"{bag}/aside/end").status_code == 303
    round_id = round_.id
    in_transaction(lambda: perishing.warn_round(round_id=round_id, now=there + 20 * HOUR, zone=ZONE))
    assert "按约定" not in desk.get(bag).text

    travel.move_to(there + 60 * HOUR)
    page = desk.get("/leader/unfetched").text
    assert ("纯牛奶" in page, "红富士苹果" in page) == (True, False)
    assert "未提货 1" in " ".join(desk.get("/leader/pickup").text.split())
    for status in (303, 409):
        answer = desk.post(f"/leader/unfetched/{number}", data={"decision": "dispose"})
        assert answer.status_code == status
    shown = desk.get(bag).text
    assert ("已处理" in shown, "少收 ¥79.80" in shown) == (True, True)
    assert "纯牛奶" not in desk.get("/leader/unfetched").text
