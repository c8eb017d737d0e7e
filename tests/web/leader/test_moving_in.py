"""A leader moves in with the export workbook of another app."""

import re
from http import HTTPStatus
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from groupbuy.accounts.models import Account
from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns.models import OfferStock, Round
from groupbuy.catalog import service as catalog
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.kernel.errors import RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lines_of
from tests.building import NOW, add_leader, add_product, add_resident, add_supplier
from tests.moving.workbook import APPLE, buyer_row, export
from tests.web.leader.conftest import SignIn

pytestmark = pytest.mark.usefixtures("without_tokens")


def upload(desk: FlaskClient, content: bytes, round_: str = "") -> str:
    """Send a workbook; return the address of its check page."""
    data = {"file": (BytesIO(content), "导出.xlsx"), "round": round_}
    answer = desk.post("/leader/moving-in", data=data)
    assert answer.status_code == HTTPStatus.SEE_OTHER, answer.text
    return answer.location


def fields_of(html: str) -> dict[str, str]:
    """Return the fields of the check page as a browser would send them."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", html):
        at = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if "name" in at and (at.get("type") != "checkbox" or " checked" in tag):
            found[at["name"]] = at.get("value", "")
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    return found


def count(table: type) -> int:
    """Return how many rows a table has."""
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def orders() -> list[tuple[str, list[tuple[str, int]]]]:
    """Return resident and lines of all orders as they are stored now."""
    db.session.rollback()
    found = db.session.scalars(select(Order).order_by(Order.id)).all()
    lines = [[(line.product_code, line.quantity) for line in lines_of([one.id])] for one in found]
    return [(one.resident.name, held) for one, held in zip(found, lines, strict=True)]


def test_the_check_page_shows_all_and_takes_nothing_over(desk: FlaskClient, round_: Round) -> None:
    page = desk.get(upload(desk, export(), round_.name)).text
    assert "¥194.50" in page
    assert "全部一致" in page
    assert "黄桃罐头" in page
    assert (count(Resident), count(Order)) == (0, 0)


def test_residents_and_open_orders_come_in_once_however_often_the_workbook_is_sent(
    desk: FlaskClient, leader: Leader, round_: Round
) -> None:
    for _time in range(2):
        address = upload(desk, export(), round_.name)
        sent = fields_of(desk.get(address).text)
        assert desk.post(address, data=sent).status_code == HTTPStatus.SEE_OTHER
    assert orders() == [
        ("郭山彤", [("P1", 2)]),
        ("梁敦厦", [("P2", 1), ("P1", 1)]),
        ("傅利", [("P2", 1)]),
    ]
    rooms = {one.name: (one.room, one.leader_id) for one in db.session.scalars(select(Resident))}
    assert rooms["梁敦厦"] == ("58-902", leader.id)
    assert all(one.password_hash is None for one in db.session.scalars(select(Account)))
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "moved_in"))
    assert (entry.actor, entry.after["orders"]) == (f"account:{leader.account_id}", 3)


def test_a_product_is_mapped_and_the_orders_are_noted_as_paid(desk: FlaskClient, round_: Round) -> None:
    address = upload(desk, export(), round_.name)
    sent = fields_of(desk.get(address).text) | {"products-2-choice": "P3", "paid": "y", "orders-2-use": "y"}
    desk.post(address, data=sent)
    assert ("傅利", [("P3", 1)]) in orders()
    paid = db.session.execute(select(Order.amount_fen, Order.paid_fen)).all()
    assert len(paid) == 4
    assert all(amount == paid_fen for amount, paid_fen in paid)


def test_without_a_round_residents_come_in_and_products_are_proposed_but_not_sold(
    desk: FlaskClient, round_: Round
) -> None:
    address = upload(desk, export())
    sent = fields_of(desk.get(address).text)
    assert sent["products-0-choice"] == "P1"
    assert desk.post(address, data=sent).location == "/leader/residents"
    (peach,) = db.session.scalars(select(Product).where(Product.state == "draft"))
    assert (peach.name, peach.spec, peach.price_fen, peach.code) == (
        "黄桃罐头",
        "4瓶",
        2500,
        "KTT-1175938314912",
    )
    assert (count(Resident), count(Order)) == (3, 0)
    with transaction(), pytest.raises(RuleBroken, match="needs a supplier"):
        catalog.move_product(product=catalog.get_product(peach.code), state="reviewed", now=NOW, actor="test")
    repeated = upload(desk, export())
    assert fields_of(desk.get(repeated).text)["products-2-choice"] == "KTT-1175938314912"


def test_one_refusal_undoes_everything_and_stands_beside_its_order(desk: FlaskClient, round_: Round) -> None:
    with transaction():
        for stock in db.session.scalars(select(OfferStock)):
            stock.limit_units = 2
    address = upload(desk, export(), round_.name)
    answer = desk.post(address, data=fields_of(desk.get(address).text))
    assert answer.status_code == HTTPStatus.CONFLICT
    assert 'role="alert"' in answer.text
    assert (count(Resident), count(Order)) == (0, 0)
    without = {name: text for name, text in fields_of(answer.text).items() if name != "orders-0-use"}
    assert desk.post(address, data=without).status_code == HTTPStatus.SEE_OTHER
    assert [name for name, _ in orders()] == ["梁敦厦", "傅利"]


def test_an_order_without_its_resident_is_refused(desk: FlaskClient, round_: Round) -> None:
    address = upload(desk, export(), round_.name)
    sent = fields_of(desk.get(address).text)
    del sent["people-0-use"]
    assert desk.post(address, data=sent).status_code == HTTPStatus.CONFLICT
    assert count(Order) == 0


@pytest.mark.check(24)
def test_a_number_that_orders_elsewhere_is_left_out_and_never_taken(desk: FlaskClient, round_: Round) -> None:
    stranger = add_resident(add_leader("L2"), "别家的")
    content = export([buyer_row("1", "甲", APPLE, 联系电话=stranger.phone, 楼号="1", 房号="101")], [])
    address = upload(desk, content, round_.name)
    sent = fields_of(desk.get(address).text)
    assert not {"people-0-use", "orders-0-use"} & set(sent)
    forced = sent | {"people-0-use": "y", "orders-0-use": "y"}
    assert desk.post(address, data=forced).status_code == HTTPStatus.CONFLICT
    assert (orders(), stranger.leader_id) == ([], db.session.get_one(Resident, stranger.id).leader_id)


def test_a_known_resident_is_found_by_phone_and_stays_as_stored(
    desk: FlaskClient, leader: Leader, round_: Round, resident: Resident
) -> None:
    content = export([buyer_row("1", "小李", APPLE, 联系电话=resident.phone, 楼号="9", 房号="901")], [])
    address = upload(desk, content, round_.name)
    page = desk.get(address).text
    assert "已是您的团员" in page
    desk.post(address, data=fields_of(page))
    assert orders() == [("李女士", [("P1", 1)])]
    assert db.session.get_one(Resident, resident.id).room == "3-2-501"


def test_a_missing_phone_is_typed(desk: FlaskClient, round_: Round) -> None:
    address = upload(desk, export([buyer_row("1", "甲", APPLE, 楼号="1", 房号="101")], []), round_.name)
    sent = fields_of(desk.get(address).text)
    assert "people-0-use" not in sent
    typed = {"people-0-use": "y", "people-0-phone": "１３８ 1234 5678", "orders-0-use": "y"}
    assert desk.post(address, data=sent | typed).status_code == HTTPStatus.SEE_OTHER
    assert orders() == [("甲", [("P1", 1)])]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"a,b\n1,2\n"])
def test_a_file_that_is_no_export_is_refused_on_the_page(desk: FlaskClient, content: bytes) -> None:
    answer = desk.post("/leader/moving-in", data={"file": (BytesIO(content), "x.xlsx"), "round": ""})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "field-error" in answer.text


@pytest.mark.check(26)
def test_another_leader_sees_neither_the_workbook_nor_the_round(
    desk: FlaskClient, sign_in: SignIn, round_: Round
) -> None:
    address = upload(desk, export(), round_.name)
    stranger = sign_in(add_leader("L2").account_id)
    assert stranger.get(address).status_code == HTTPStatus.NOT_FOUND
    assert stranger.post(address, data={}).status_code == HTTPStatus.NOT_FOUND


def test_a_leader_cannot_order_or_sell_what_is_not_on_offer(desk: FlaskClient, round_: Round) -> None:
    add_product(add_supplier("S9"), "P9", name="没上架")
    address = upload(desk, export(), round_.name)
    sent = fields_of(desk.get(address).text) | {"products-2-choice": "P9"}
    desk.post(address, data=sent)
    assert "P9" not in str(orders())
    assert {one.state for one in db.session.scalars(select(Product))} == {"on_shelf"}
