"""Becoming a leader through the pages."""

from typing import Any

import pytest
from flask import Flask

from groupbuy.accounts import service
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.leaders.models import Leader
from tests import building
from tests.building import NOW
from tests.web.admin.people import Person, sign_in
from tests.web.shopping import Visitor, open_shop

PHONE = "13812345678"
FORM = {
    "name": "周姐",
    "community": "阳光花园",
    "address": "3号楼一层便利店",
    "why": "我认识邻居",
    "latitude": "30.2741",
    "longitude": "120.1551",
    "consent": "y",
}


def operator(app: Flask) -> Person:
    """Return an operator at a browser."""
    account = building.add_account("张晓梅")
    with transaction():
        service.grant_role(account=account, role="operator", now=NOW, actor="test")
    return sign_in(app, account, "operator")


def leader_of(phone: str = PHONE) -> Leader:
    """Return the leader of a phone as it is stored now."""
    db.session.rollback()
    return db.session.query(Leader).filter_by(phone=phone).one()


def decide(desk: Person, leader: Leader, state: str, seen: str, **fields: Any) -> Any:
    """Decide on the leader's page."""
    return desk.post(f"/admin/leaders/{leader.code}/{state}", seen=seen, **fields)


def test_somebody_without_any_role_applies_signs_and_stands_at_the_desk(app: Flask, visitor: Visitor) -> None:
    visitor.sign_in(PHONE, "/become-leader")
    assert "您的申请" in visitor.send("/become-leader", FORM).text
    desk, leader = operator(app), leader_of()
    assert (leader.state, leader.latitude_e6) == ("applied", 30_274_100)
    assert "1 位团长" in desk.text("/admin/") or "待审" in desk.text("/admin/")
    page = desk.text(f"/admin/leaders/{leader.code}")
    assert "我认识邻居" in page
    assert decide(desk, leader, "reviewed", "applied").status_code == 303
    assert "团长协议" in visitor.get("/become-leader")
    answer = visitor.send("/become-leader", {"agree": "y"}, to="/become-leader/agree")
    assert answer.request.path == "/leader/"
    assert leader_of().agreement_version == 1


def test_a_resident_applies_and_reads_why_it_was_refused(app: Flask, visitor: Visitor) -> None:
    visitor.sign_up(PHONE, open_shop(1).leader)
    assert "/become-leader" in visitor.get("/me")
    visitor.send("/become-leader", FORM)
    decide(operator(app), leader_of(), "rejected", "applied", reason="附近已有团长")
    assert "附近已有团长" in visitor.get("/become-leader")
    visitor.send("/become-leader?again=1", FORM, to="/become-leader")
    assert leader_of().state == "applied"


def test_what_is_missing_stands_beside_its_field_and_keeps_the_rest(visitor: Visitor) -> None:
    visitor.sign_in(PHONE, "/become-leader")
    answer = visitor.send("/become-leader", FORM | {"why": "", "latitude": "abc"})
    assert answer.status_code == 422
    assert "3号楼一层便利店" in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_applying_twice_is_said(visitor: Visitor) -> None:
    visitor.sign_in(PHONE, "/become-leader")
    visitor.send("/become-leader", FORM)
    token = {"csrf_token": fields_token(visitor)}
    answer = visitor.client.post("/become-leader", data=FORM | token)
    assert answer.status_code == 409
    assert "已经申请" in answer.text


def fields_token(visitor: Visitor) -> str:
    """Return the token of the session."""
    page = visitor.get("/sign-up")
    return page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]


def test_a_second_operator_is_told_that_somebody_decided(app: Flask, visitor: Visitor) -> None:
    visitor.sign_in(PHONE, "/become-leader")
    visitor.send("/become-leader", FORM)
    desk, leader = operator(app), leader_of()
    decide(desk, leader, "reviewed", "applied")
    answer = decide(desk, leader, "rejected", "applied", reason="x")
    assert answer.status_code == 422
    assert "其他人" in answer.text
    assert leader_of().state == "reviewed"


def test_a_stranger_is_sent_to_sign_in_and_back(visitor: Visitor) -> None:
    assert visitor.client.get("/become-leader").location == "/sign-in?next=/become-leader"
    token = {
        "csrf_token": visitor.get("/sign-in")
        .partition('name="csrf_token"')[2]
        .split('value="')[1]
        .split('"')[0]
    }
    assert visitor.client.post("/become-leader/agree", data=token).location.startswith("/sign-in")


@pytest.mark.parametrize("version", ["", "0", "x", "99999999999", "-1"])
def test_another_version_than_the_one_in_force_is_refused(app: Flask, visitor: Visitor, version: str) -> None:
    visitor.sign_in(PHONE, "/become-leader")
    visitor.send("/become-leader", FORM)
    decide(operator(app), leader_of(), "reviewed", "applied")
    answer = visitor.send("/become-leader", {"agree": "y", "version": version}, to="/become-leader/agree")
    assert answer.status_code == 409
    assert leader_of().state == "reviewed"


def test_the_agreement_is_written_anew_under_the_next_version(app: Flask, visitor: Visitor) -> None:
    desk = operator(app)
    assert desk.post("/admin/settings/agreement", text="新协议", seen="1").status_code == 303
    assert "新协议" in desk.text("/admin/settings/agreement")
    assert desk.post("/admin/settings/agreement", text="再改", seen="1").status_code == 422
