"""Handing out, ordering on behalf, and the people around a leader."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.kernel.ids import luhn_digit
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.orders.rules import OrderState
from tests.building import CLOSES, add_account, add_leader, add_resident, close, place
from tests.web.leader.conftest import SignIn

pytestmark = pytest.mark.usefixtures("without_tokens")


@pytest.fixture
def order(app: Flask, round_: Round, resident: Resident, travel: time_machine.Traveller) -> Order:
    """Return an order of a closed round."""
    placed = place(round_, resident, {"P1": 2, "P3": 1}, remark="放门口")
    close(app, round_)
    travel.move_to(CLOSES + timedelta(minutes=5))
    return db.session.get_one(Order, placed.id)


def state(order: Order) -> str:
    """Return an order's state as it is stored now."""
    return db.session.scalars(select(Order.state).where(Order.id == order.id)).one()


def test_a_code_hands_the_bag_out_and_shows_its_goods(desk: FlaskClient, order: Order) -> None:
    code = f"{order.pickup_code[:4]} {order.pickup_code[4:]}"
    html = desk.get(desk.post("/leader/pickup", data={"code": code}).location).text
    assert "红富士苹果" in html
    assert "×2" in html
    assert state(order) == OrderState.PICKED_UP


def test_a_code_in_wide_digits_is_the_same_code(desk: FlaskClient, order: Order) -> None:
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in order.pickup_code)
    assert desk.post("/leader/pickup", data={"code": wide}).status_code == HTTPStatus.SEE_OTHER


def test_a_bag_is_handed_out_once(desk: FlaskClient, order: Order) -> None:
    desk.post("/leader/pickup", data={"code": order.pickup_code})
    again = desk.post("/leader/pickup", data={"code": order.pickup_code})
    assert again.status_code == HTTPStatus.CONFLICT
    assert "code-error" in again.text


def test_a_code_of_another_pickup_point_is_refused(sign_in: SignIn, order: Order) -> None:
    stranger = sign_in(add_leader("L2").account_id)
    answer = stranger.post("/leader/pickup", data={"code": order.pickup_code})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "其他自提点" in answer.text
    assert state(order) == OrderState.CONFIRMED


def test_what_is_no_code_is_refused_and_kept(desk: FlaskClient) -> None:
    answer = desk.post("/leader/pickup", data={"code": "1234"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'value="1234"' in answer.text


@pytest.mark.check(32)
def test_guessing_codes_soon_means_waiting(desk: FlaskClient, order: Order) -> None:
    bodies = [f"{number:07d}" for number in range(14)]
    codes = [body + luhn_digit(body) for body in bodies if body + luhn_digit(body) != order.pickup_code]
    answers = [desk.post("/leader/pickup", data={"code": code}).status_code for code in codes]
    assert HTTPStatus.TOO_MANY_REQUESTS in answers


def test_a_bag_is_handed_out_without_its_code_for_a_reason(desk: FlaskClient, order: Order) -> None:
    assert "李女士" in desk.get("/leader/pickup").text
    address = f"/leader/pickup/{order.number}"
    assert desk.post(address, data={"reason": " "}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert state(order) == OrderState.CONFIRMED
    desk.post(address, data={"reason": "手机没电"})
    assert state(order) == OrderState.PICKED_UP
    log = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "order_picked_up")).one()
    assert log.after == {"state": "picked_up", "by": "hand", "reason": "手机没电"}
    assert order.resident.name not in desk.get("/leader/pickup?q=x").text.partition("<h2>待提货")[2]


def test_a_part_is_taken_along_and_the_code_stays_good_for_the_rest(desk: FlaskClient, order: Order) -> None:
    looked = desk.post("/leader/pickup", data={"code": order.pickup_code, "look": "1"})
    assert looked.location == f"/leader/pickup/{order.number}"
    assert state(order) == OrderState.CONFIRMED
    html = desk.get(looked.location).text
    assert "凭手机" not in html
    apples, eggs = re.findall(r'name="(units-\d+)"', html)
    too_many = desk.post(looked.location, data={apples: "3", eggs: "", "part": "1"})
    assert (too_many.status_code, "红富士苹果 只剩" in too_many.text) == (HTTPStatus.CONFLICT, True)
    for wrong in ("-1", "1-1", "1.5", "一", "²"):
        refused = desk.post(looked.location, data={apples: wrong, eggs: "1", "part": "1"})
        assert (refused.status_code, state(order)) == (HTTPStatus.UNPROCESSABLE_ENTITY, OrderState.CONFIRMED)
    assert desk.post(looked.location, data={apples: "１", eggs: "0", "part": "1"}).status_code == 303
    assert state(order) == OrderState.PART_PICKED_UP
    assert "红富士苹果×1、土鸡蛋×1" in desk.get("/leader/pickup").text
    desk.post("/leader/pickup", data={"code": order.pickup_code})
    assert state(order) == OrderState.PICKED_UP


def test_a_bag_that_went_by_mistake_is_taken_back(
    desk: FlaskClient, order: Order, travel: time_machine.Traveller
) -> None:
    address = desk.post("/leader/pickup", data={"code": order.pickup_code}).location
    assert "发错了？" in desk.get(address).text
    blank = desk.post(f"{address}/undo", data={"reason": ""})
    assert blank.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert desk.post(f"{address}/undo", data={"reason": "拿错了袋子"}).status_code == 303
    assert state(order) == OrderState.CONFIRMED
    page = desk.get(address).text
    assert ("恢复为待提" in page, "发错了？" in page) == (True, False)
    twice = desk.post(f"{address}/undo", data={"reason": "拿错了袋子"})
    assert (twice.status_code, "没有人发放" in twice.text) == (HTTPStatus.CONFLICT, True)
    desk.post("/leader/pickup", data={"code": order.pickup_code})
    travel.shift(timedelta(minutes=31))
    assert "发错了？" not in desk.get(address).text
    late = desk.post(f"{address}/undo", data={"reason": "拿错了袋子"})
    assert (late.status_code, "30 分钟内" in late.text) == (HTTPStatus.CONFLICT, True)


def test_four_digits_and_the_name_open_the_bag(desk: FlaskClient, order: Order) -> None:
    known = {"phone_tail": order.resident.phone[-4:], "name": "李女士", "reason": "忘带手机"}
    wrong = desk.post("/leader/pickup/by-name", data=known | {"name": "王女士"})
    assert wrong.status_code == HTTPStatus.NOT_FOUND
    assert 'value="王女士"' in wrong.text
    found = desk.post("/leader/pickup/by-name", data=known)
    assert found.location == f"/leader/pickup/{order.number}"
    assert state(order) == OrderState.PICKED_UP


def test_a_helper_hands_out_and_sees_nothing_else(sign_in: SignIn, leader: Leader, order: Order) -> None:
    # Who adds helpers has to have signed in lately.
    helper, desk = add_account("小赵", "13912345678"), sign_in(leader.account_id)
    desk.post("/leader/helpers", data={"name": "小赵", "phone": "13912345678"})
    theirs = sign_in(helper.id, "pickup_verifier")
    assert theirs.get("/").location.endswith("/leader/pickup")
    assert "/leader/commission" not in theirs.get("/leader/pickup").text
    assert theirs.get("/leader/").location.startswith("/role")
    assert theirs.get("/leader/commission").location.startswith("/role")
    assert theirs.post("/leader/pickup", data={"code": order.pickup_code}).status_code == HTTPStatus.SEE_OTHER
    for share, told in (("120", "百分比"), ("12.5", "12.5")):
        desk.post("/leader/helpers/share", data={"account": helper.id, "share": share})
        assert told in desk.get("/leader/helpers").text
    assert "还没有分成" in theirs.get("/leader/shares").text
    desk.post("/leader/helpers/remove", data={"account": helper.id})
    assert theirs.get("/leader/pickup").status_code == HTTPStatus.SEE_OTHER


def test_an_order_on_behalf_is_placed_once(desk: FlaskClient, round_: Round, resident: Resident) -> None:
    address = f"/leader/rounds/{round_.name}/order/{resident.code}"
    html = desk.get(address).text
    sent = dict(re.findall(r'name="(q\d+|submission_key)"[^>]*value="([^"]*)"', html))
    sent |= dict(re.findall(r'id="submission_key" name="(submission_key)"[^>]*value="([^"]+)"', html))
    sent[next(name for name in sent if name.startswith("q"))] = "2"
    places = {desk.post(address, data=sent | {"go": "1"}).location for _ in range(2)}
    assert len(places) == 1
    assert len(db.session.scalars(select(Order)).all()) == 1


def test_a_resident_of_another_leader_is_not_taken_in(desk: FlaskClient, round_: Round) -> None:
    stranger = add_resident(add_leader("L2"), "别人")
    sent = {"name": "别人", "phone": stranger.phone, "room": "1-1-101"}
    assert desk.post("/leader/residents/new", data=sent).status_code == HTTPStatus.CONFLICT


def test_a_new_resident_can_be_ordered_for(desk: FlaskClient, round_: Round, leader: Leader) -> None:
    sent = {"name": "新邻居", "phone": "137 1234 5678", "room": "1-1-101"}
    assert desk.post("/leader/residents/new", data=sent).status_code == HTTPStatus.SEE_OTHER
    assert "新邻居" in desk.get(f"/leader/rounds/{round_.name}/order").text


def test_an_order_is_noted_as_paid_and_cancelled(
    desk: FlaskClient, round_: Round, resident: Resident
) -> None:
    placed = place(round_, resident, {"P1": 1})
    desk.post(f"/leader/orders/{placed.number}/paid")
    assert "已付款" in desk.get("/leader/orders?paid=yes").text
    desk.post(f"/leader/orders/{placed.number}/cancel")
    assert state(placed) == OrderState.CANCELLED


@pytest.mark.parametrize("text", ["李女", "501", "放门口", "苹果", "%", "'; --"])
def test_orders_are_searched_by_what_people_know(
    desk: FlaskClient, round_: Round, resident: Resident, text: str
) -> None:
    place(round_, resident, {"P1": 1}, remark="放门口")
    found = "李女士" in desk.get("/leader/orders", query_string={"q": text}).text
    assert found is (text not in ("%", "'; --"))


def test_commission_opens_down_to_its_lines(desk: FlaskClient, order: Order, round_: Round) -> None:
    assert "¥6.84" in desk.get("/leader/commission").text
    html = desk.get(f"/leader/commission/{round_.name}").text
    assert order.number in html
    assert "¥4.78" in html
    assert "¥2.06" in html


@pytest.mark.check(24, 58)
def test_lists_mask_phones(desk: FlaskClient, order: Order, resident: Resident) -> None:
    for page in ("orders", "pickup", "residents", f"pickup/{order.number}"):
        assert resident.phone not in desk.get(f"/leader/{page}").text
    assert resident.phone in desk.get(f"/leader/orders/{order.number}").text


@pytest.mark.check(58)
def test_the_phone_is_masked_a_week_after_the_pickup(
    desk: FlaskClient, sign_in: SignIn, leader: Leader, order: Order, travel: time_machine.Traveller
) -> None:
    desk.post("/leader/pickup", data={"code": order.pickup_code})
    travel.shift(timedelta(days=8))
    html = desk.get(f"/leader/orders/{order.number}").text
    assert "****" in html
    assert f"tel:{order.resident.phone}" not in html
