"""Lists of what did not go well: cases and what they ask of the leader, offline conflicts for the staff."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from groupbuy.accounts import service
from groupbuy.accounts.models import Account
from groupbuy.aftersales.rules import Goods, Kind, Reason
from groupbuy.campaigns.rules import Window
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import putting_right, syncing
from groupbuy.flows.putting_right import Request
from groupbuy.orders.models import Order
from groupbuy.pickup.events import Event
from tests import building
from tests.building import ACTOR, NOW, OPENS, PICKUP, ZONE
from tests.web.admin.people import Person, sign_in

SOON = NOW + timedelta(minutes=10)
LATER = SOON + timedelta(minutes=5)


class Village:
    """Two closed orders of a leader, and people at their desks."""

    def __init__(self, app: Flask) -> None:
        app.config["WTF_CSRF_ENABLED"] = False
        self.app = app
        self.leader = building.add_leader("L1")
        product = building.add_product(building.add_supplier(), name="苹果")
        self.round = building.add_round([product], window=Window(OPENS, SOON, PICKUP))
        residents = [building.add_resident(self.leader, name) for name in ("安娜", "贝塔")]
        self.anna, self.berta = (building.place(self.round, one, {"P1": 3}) for one in residents)
        building.close(app, self.round, SOON)

    def desk(self, account_id: int, role: str) -> Person:
        """Return somebody at a desk."""
        with transaction():
            account = db.session.get_one(Account, account_id)
            service.grant_role(account=account, role=role, now=NOW, actor=ACTOR.name)
        return sign_in(self.app, db.session.get_one(Account, account_id), role)

    def staff(self, role: str) -> Person:
        """Return a member of the staff."""
        return self.desk(building.add_account(f"小陈 {role}").id, role)

    def ask(self, order: Order, kind: Kind) -> str:
        """Open a case about an apple and return its number."""
        request = Request(kind, Reason.SPOILED, "发霉了", {"P1": 1})
        stored = db.session.get_one(Order, order.id)
        return in_transaction(
            lambda: putting_right.ask(order=stored, request=request, now=LATER, zone=ZONE, actor=ACTOR)
        ).number

    def send(self, order_no: str, event_id: str, now: datetime = LATER) -> Any:
        """Let the leader's phone tell of a hand-out without a connection."""
        event = Event(event_id, order_no, now)
        return in_transaction(
            lambda: syncing.take_events(sent=[event], leader_ids=[self.leader.id], now=now, actor=ACTOR)
        )


@pytest.fixture
def village(app: Flask, clock: time_machine.Traveller) -> Village:
    """Return the village after its close."""
    village = Village(app)
    clock.move_to(LATER)
    return village


def test_a_leader_reads_what_the_open_cases_ask_of_them(village: Village) -> None:
    desk = village.desk(village.leader.account_id, "leader")
    assert "没有等待处理的售后" in desk.text("/leader/after-sales")
    refund, replacement = village.ask(village.anna, Kind.REFUND), village.ask(village.berta, Kind.REPLACEMENT)
    complaint = village.ask(village.anna, Kind.COMPLAINT)
    page = desk.text("/leader/after-sales")
    assert page.count("请留住货品") == 2
    assert "等待运营处理" in page
    assert "3 件未结" in desk.text("/leader/")
    for number in (refund, replacement):
        in_transaction(
            lambda number=number: putting_right.decide(
                number=number, approve=True, answer="好", goods=Goods.KEPT, now=LATER, zone=ZONE, actor=ACTOR
            )
        )
    page = desk.text("/leader/after-sales")
    assert ("安娜" in page, "贝塔" in page) == (True, True)
    assert page.count("请留住货品") == 0
    assert "补发的商品随后续期次到" in page
    assert page.count("<article") == 2, "a refund that is decided is over"
    assert desk.text("/leader/after-sales?all=1").count("<article") == 3
    items = _cases(village, "leader", village.leader.account_id, "?state=open")
    assert {(one["case"], *one["asks"]) for one in items} == {(complaint, "wait"), (replacement, "expect")}
    assert {(one["leader_code"], one["round"]) for one in items} == {("L1", "C1")}


def test_nobody_sees_the_cases_of_others(village: Village) -> None:
    village.ask(village.anna, Kind.REFUND)
    stranger = building.add_leader("L2")
    assert "安娜" not in village.desk(stranger.account_id, "leader").text("/leader/after-sales?all=1")
    assert _cases(village, "leader", stranger.account_id) == []
    anna, berta = (one.resident.account_id for one in (village.anna, village.berta))
    assert (len(_cases(village, "resident", anna)), _cases(village, "resident", berta)) == (1, [])
    assert len(_cases(village, "operator", building.add_account("运营").id, "?limit=1")) == 1


def _cases(village: Village, role: str, account_id: int, query: str = "") -> list[dict[str, Any]]:
    answer = village.desk(account_id, role).get(f"/api/v1/after-sales{query}")
    assert answer.status_code == 200, answer.json
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def test_customer_service_lists_and_decides_what_did_not_fit(village: Village) -> None:
    village.send(village.anna.number, "phone-1-1")
    village.send(village.anna.number, "phone-2-1")
    village.send("NONE", "phone-1-2")
    assert "2 条离线发放有冲突" in village.staff("operator").text("/admin/")
    service = village.staff("customer_service")
    page = service.text("/admin/pickup-conflicts?state=open")
    assert ("已经提货" in page, "NONE" in page, "安娜" in page) == (True, True, True)
    assert service.text("/admin/pickup-conflicts?q=贝塔").count("安娜") == 0
    where = "/admin/pickup-conflicts/phone-2-1"
    shown = service.text(where)
    assert ("整单：苹果×3" in shown, f"/admin/orders/{village.anna.number}" in shown) == (True, True)
    for wrong in ({}, {"decision": "lost"}):
        assert service.client.post(where, data=wrong).status_code == 303
    assert "请选择货物的实际情况" in service.text(where)
    assert service.client.post(where, data={"decision": "retry"}).status_code == 303
    assert "已经提货" in service.text(where)
    assert service.client.post(where, data={"decision": "gone"}).status_code == 303
    assert "货已不在" in service.text("/admin/pickup-conflicts?state=gone")
    service.client.post(where, data={"decision": "here"})
    assert "刚才已有人处理" in service.text(where)
    assert service.get("/admin/pickup-conflicts/phone-9-9").status_code == 404
