"""The desk and the sheets of a leader."""

from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from tests.building import CLOSES, add_leader, add_resident, close, place
from tests.web.leader.conftest import SignIn

PAGES = (
    "/leader/",
    "/leader/rounds",
    "/leader/orders",
    "/leader/pickup",
    "/leader/commission",
    "/leader/residents",
)


def test_the_desk_shows_todays_orders_and_the_expected_commission(
    desk: FlaskClient, round_: Round, resident: Resident
) -> None:
    place(round_, resident, {"P1": 2})
    html = desk.get("/leader/").text
    assert "王秀兰" in html
    assert "¥59.80" in html
    assert "¥4.78" in html
    assert "#接龙" in html


@pytest.mark.parametrize("page", PAGES)
def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(client: FlaskClient, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert answer.location.startswith("/sign-in?next=/leader")


def test_a_resident_does_not_get_to_the_desk(sign_in: SignIn, resident: Resident) -> None:
    answer = sign_in(resident.account_id, "resident").get("/leader/orders")
    assert answer.location.startswith("/role")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_what_to_do_when_it_is_empty(desk: FlaskClient, page: str) -> None:
    answer = desk.get(page)
    assert answer.status_code == HTTPStatus.OK
    assert 'class="empty"' in answer.text


@pytest.mark.check(26)
def test_another_leaders_order_and_bag_do_not_exist(
    sign_in: SignIn, round_: Round, resident: Resident
) -> None:
    order = place(round_, resident, {"P1": 1})
    stranger = sign_in(add_leader("L2").account_id)
    for page in (f"orders/{order.number}", f"orders/{order.number}/cancel", f"pickup/{order.number}"):
        assert stranger.get(f"/leader/{page}").status_code == HTTPStatus.NOT_FOUND
    assert stranger.post(f"/leader/orders/{order.number}/paid").status_code in (403, 404)
    assert resident.name not in stranger.get("/leader/orders").text


@pytest.mark.check(26)
def test_another_leaders_resident_cannot_be_ordered_for(
    sign_in: SignIn, round_: Round, resident: Resident
) -> None:
    stranger = sign_in(add_leader("L2").account_id)
    answer = stranger.get(f"/leader/rounds/{round_.name}/order/{resident.code}")
    assert answer.status_code == HTTPStatus.NOT_FOUND


@pytest.mark.check(27)
def test_a_sheet_is_two_taps_away_and_its_link_works_without_a_session(
    app: Flask, desk: FlaskClient, round_: Round, resident: Resident, travel: time_machine.Traveller
) -> None:
    place(round_, resident, {"P1": 2})
    close(app, round_)
    travel.move_to(CLOSES + timedelta(minutes=5))
    assert f"/leader/rounds/{round_.name}/pickup_sheet.pdf" in desk.get("/leader/").text
    link = desk.get(f"/leader/rounds/{round_.name}/pickup_sheet.pdf")
    assert link.status_code == HTTPStatus.SEE_OTHER
    file = app.test_client().get(link.location)
    assert file.data.startswith(b"%PDF")
    assert file.headers["Content-Disposition"].isascii()
    assert file.headers["Cache-Control"] == "no-store"


@pytest.mark.check(27)
def test_the_link_of_a_sheet_runs_out_and_cannot_be_made_up(
    app: Flask, desk: FlaskClient, round_: Round, resident: Resident, travel: time_machine.Traveller
) -> None:
    place(round_, resident, {"P1": 2})
    close(app, round_)
    link = desk.get(f"/leader/rounds/{round_.name}/sorting_list.xlsx").location
    travel.shift(timedelta(minutes=6))
    assert app.test_client().get(link).status_code == HTTPStatus.NOT_FOUND
    assert app.test_client().get("/leader/file/made.up.link").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("page", ["/leader/", "/leader/orders", "/leader/pickup", "/leader/commission"])
def test_a_page_asks_as_much_of_the_database_for_many_as_for_one(
    app: Flask, desk: FlaskClient, round_: Round, leader: Leader, travel: time_machine.Traveller, page: str
) -> None:
    place(round_, add_resident(leader, "甲"), {"P1": 1})
    few = count_queries(desk, page)
    for number in range(5):
        place(round_, add_resident(leader, f"乙{number}"), {"P1": 1, "P2": 2})
    assert count_queries(desk, page) == few
    close(app, round_)
    travel.move_to(CLOSES + timedelta(minutes=5))
    assert count_queries(desk, page) <= few + 2


def count_queries(client: FlaskClient, page: str) -> int:
    """Return how many statements a page asks."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    assert client.get(page).status_code == HTTPStatus.OK
    event.remove(db.engine, "before_cursor_execute", note)
    return len([one for one in asked if one.startswith(("SELECT", "WITH"))])
