"""A leader changes a resident's order."""

from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns.models import Offer, OfferStock, Round
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lines_of
from tests.building import CLOSES, add_leader, place
from tests.web.leader.conftest import SignIn

pytestmark = pytest.mark.usefixtures("without_tokens")


@pytest.fixture
def order(round_: Round, resident: Resident) -> Order:
    """Return an order of two cases of apples."""
    return place(round_, resident, {"P1": 2}, remark="放门口")


def fields(**units: int) -> dict[str, str]:
    """Return the fields of the form that wants so many units of products."""
    offers = {one.product.code: one.id for one in db.session.scalars(select(Offer))}
    return {f"q{offers[code]}": str(number) for code, number in units.items()} | {"go": "1"}


def lines(order: Order) -> list[tuple[str, int]]:
    """Return the products and quantities of an order as they are stored now."""
    db.session.rollback()
    return [(line.product_code, line.quantity) for line in lines_of([order.id])]


@pytest.mark.check(28)
def test_a_leader_changes_lines_and_the_log_says_who_did_it_for_whom(
    desk: FlaskClient, leader: Leader, resident: Resident, order: Order
) -> None:
    address = f"/leader/orders/{order.number}"
    assert f"{address}/change" in desk.get(address).text
    assert "放门口" in desk.get(f"{address}/change").text
    answer = desk.post(f"{address}/change", data=fields(P1=1, P2=3) | {"remark": "改放柜子"})
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert lines(order) == [("P1", 1), ("P2", 3)]
    assert order.remark == "改放柜子"
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "order_changed")).one()
    assert entry.actor == f"account:{leader.account_id}"
    assert (entry.subject, entry.after["resident"]) == (order.number, resident.code)


def test_a_change_beyond_the_stock_is_refused_and_keeps_the_order(desk: FlaskClient, order: Order) -> None:
    with transaction():
        for stock in db.session.scalars(select(OfferStock)):
            stock.limit_units = 2
    answer = desk.post(f"/leader/orders/{order.number}/change", data=fields(P1=3))
    assert answer.status_code == HTTPStatus.CONFLICT
    assert lines(order) == [("P1", 2)]


def test_an_order_is_emptied_only_by_cancelling_it(desk: FlaskClient, order: Order) -> None:
    answer = desk.post(f"/leader/orders/{order.number}/change", data=fields(P1=0))
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert lines(order) == [("P1", 2)]


def test_without_a_script_the_buttons_only_show_the_new_quantities(desk: FlaskClient, order: Order) -> None:
    wanted = fields(P1=2)
    del wanted["go"]
    name = next(iter(wanted))
    answer = desk.post(f"/leader/orders/{order.number}/change", data=wanted | {"step": f"{name}:+1"})
    assert f'name="{name}" value="3"' in answer.text
    assert lines(order) == [("P1", 2)]


def test_after_the_cut_off_no_line_changes(
    desk: FlaskClient, order: Order, travel: time_machine.Traveller
) -> None:
    travel.move_to(CLOSES + timedelta(seconds=1))
    address = f"/leader/orders/{order.number}"
    assert "change" not in desk.get(address).text
    assert desk.get(f"{address}/change").status_code == HTTPStatus.SEE_OTHER
    assert desk.post(f"{address}/change", data=fields(P1=1)).status_code == HTTPStatus.CONFLICT
    assert lines(order) == [("P1", 2)]


@pytest.mark.check(26)
def test_another_leaders_order_cannot_be_changed(sign_in: SignIn, order: Order) -> None:
    stranger = sign_in(add_leader("L2").account_id)
    address = f"/leader/orders/{order.number}/change"
    assert stranger.get(address).status_code == HTTPStatus.NOT_FOUND
    assert stranger.post(address, data=fields(P1=1)).status_code == HTTPStatus.NOT_FOUND
    assert lines(order) == [("P1", 2)]
