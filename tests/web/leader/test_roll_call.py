"""A roll-call becomes orders."""

import re
from http import HTTPStatus

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from groupbuy.campaigns.models import OfferStock, Round
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lines_of
from tests.building import add_leader
from tests.web.leader.conftest import SignIn

pytestmark = pytest.mark.usefixtures("without_tokens")

TEXT = "#接龙\n1. 李女士 3-2-501 苹果2 牛奶1（放门口）\n2. 赵六 9-901 鸡蛋1"


def fields_of(html: str) -> dict[str, str]:
    """Return the fields of the review form as a browser would send them."""
    form = html[html.index("submission_key") - 200 :]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        at = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if at.get("type") != "checkbox" or " checked" in tag:
            found[at["name"]] = at.get("value", "")
    return found


def orders() -> list[Order]:
    """Return all orders as they are stored now."""
    return list(db.session.scalars(select(Order).order_by(Order.id)))


def test_the_text_is_shown_line_by_line_before_anything_is_ordered(
    desk: FlaskClient, round_: Round, resident: Resident
) -> None:
    answer = desk.post(f"/leader/rounds/{round_.name}/roll-call", data={"text": TEXT})
    sent = fields_of(answer.text)
    assert sent["rows-0-goods"] == "红富士苹果×2 纯牛奶×1"
    assert sent["rows-0-who"].endswith(resident.code)
    assert (sent["rows-0-remark"], "rows-0-use" in sent, "rows-1-use" in sent) == ("放门口", True, False)
    assert orders() == []


def test_chosen_lines_become_orders_once_however_often_they_are_sent(
    desk: FlaskClient, round_: Round, resident: Resident
) -> None:
    address = f"/leader/rounds/{round_.name}/roll-call"
    sent = fields_of(desk.post(address, data={"text": TEXT}).text)
    for _time in range(2):
        assert desk.post(f"{address}/orders", data=sent).status_code == HTTPStatus.SEE_OTHER
    (order,) = orders()
    assert order.resident_id == resident.id
    assert [(line.product_code, line.quantity) for line in lines_of([order.id])] == [("P1", 2), ("P2", 1)]


def test_a_corrected_line_is_ordered_and_a_wrong_one_stops_all(
    desk: FlaskClient, round_: Round, resident: Resident
) -> None:
    address = f"/leader/rounds/{round_.name}/roll-call"
    sent = fields_of(desk.post(address, data={"text": TEXT}).text) | {"rows-1-use": "y"}
    refused = desk.post(f"{address}/orders", data=sent)
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert orders() == []
    sent |= {"rows-1-who": sent["rows-0-who"], "rows-1-goods": "香蕉×3"}
    assert "看不懂：香蕉×3" in desk.post(f"{address}/orders", data=sent).text
    sent |= {"rows-1-goods": "土鸡蛋×3"}
    assert desk.post(f"{address}/orders", data=sent).status_code == HTTPStatus.SEE_OTHER
    assert len(orders()) == 2


def test_a_refused_line_stays_on_the_page_while_the_others_are_ordered(
    desk: FlaskClient, round_: Round, resident: Resident
) -> None:
    with transaction():
        stock = db.session.scalars(select(OfferStock).order_by(OfferStock.offer_id)).all()
        stock[2].limit_units = 1
    address = f"/leader/rounds/{round_.name}/roll-call"
    text = "1. 李女士 3-2-501 苹果2\n2. 李女士 3-2-501 鸡蛋5"
    answer = desk.post(f"{address}/orders", data=fields_of(desk.post(address, data={"text": text}).text))
    assert answer.status_code == HTTPStatus.CONFLICT
    assert 'role="alert"' in answer.text
    assert len(orders()) == 1
    again = desk.post(f"{address}/orders", data=fields_of(answer.text))
    assert again.status_code in (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
    assert len(orders()) == 1


def test_the_same_text_pasted_again_orders_nothing_again(
    desk: FlaskClient, round_: Round, resident: Resident
) -> None:
    address = f"/leader/rounds/{round_.name}/roll-call"
    desk.post(f"{address}/orders", data=fields_of(desk.post(address, data={"text": TEXT}).text))
    assert "rows-0-use" not in fields_of(desk.post(address, data={"text": TEXT}).text)


def test_nothing_is_ordered_for_another_leaders_residents(
    sign_in: SignIn, round_: Round, resident: Resident
) -> None:
    stranger = sign_in(add_leader("L2").account_id)
    address = f"/leader/rounds/{round_.name}/roll-call"
    sent = fields_of(stranger.post(address, data={"text": TEXT}).text)
    assert sent["rows-0-who"] == ""
    sent |= {"rows-0-use": "y", "rows-0-who": f"3-2-501 李女士 · {resident.code}"}
    assert stranger.post(f"{address}/orders", data=sent).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert db.session.scalar(select(func.count()).select_from(Order)) == 0


def test_every_doubt_is_said_beside_its_line(desk: FlaskClient, round_: Round, resident: Resident) -> None:
    lines = ["赵六 香蕉3", "李女士 9-901 苹果半份", "张姐 3-2-501 苹果1 取消牛奶", "李女士 苹果2 取消"]
    text = "\n".join(f"{number}. {line}" for number, line in enumerate([*lines, *lines], 1))
    html = desk.post(f"/leader/rounds/{round_.name}/roll-call", data={"text": text}).text
    assert "本期没有：香蕉3" in html
    assert html.count("call-note") >= 8


def test_a_text_without_orders_is_refused_and_kept(desk: FlaskClient, round_: Round) -> None:
    answer = desk.post(f"/leader/rounds/{round_.name}/roll-call", data={"text": "大家好"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "大家好" in answer.text
