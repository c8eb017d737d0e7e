"""Whatever is sent, the answer is 4xx with the field named, and nothing is changed."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from groupbuy.db import db
from groupbuy.orders.models import Order
from tests.api.conftest import Person, Town


def send(person: Person, raw: bytes | str, content_type: str = "application/json") -> Any:
    return person.client.post(
        "/api/v1/orders",
        data=raw,
        headers={"Authorization": f"Bearer {person.token}"},
        content_type=content_type,
    )


def order_of(quantity: str) -> str:
    return f'{{"round": "C1", "lines": [{{"product_code": "P1", "quantity": {quantity}}}]}}'


WRONG_QUANTITIES = (
    '"1"',
    "1.0",
    "1.5",
    "1e3",
    '"1e3"',
    "true",
    "null",
    "[]",
    "{}",
    '"１"',
    '"²"',
    "0",
    "-1",
    "1000001",
    "1000000000",
    "9" * 40,
    "-" + "9" * 5000,
    "1e999",
)


@pytest.mark.check(30)
def test_a_quantity_that_is_none_is_refused_by_name(town: Town) -> None:
    buyer = town.buyer
    answers = {text[:12]: send(buyer, order_of(text)) for text in WRONG_QUANTITIES}
    named = {text: (answer.status_code, answer.json["error"]["param"]) for text, answer in answers.items()}
    assert named == dict.fromkeys(named, (422, "lines[0].quantity"))
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Order)) == 0


UNREADABLE = {
    "nothing": b"",
    "no JSON": b"round=C1",
    "cut off": b'{"round": "C1", "lines": [',
    "two values": b"{} {}",
    "NaN": b'{"round": NaN}',
    "Infinity": b'{"round": -Infinity}',
    "no UTF-8": b'{"round": "\xff\xfe"}',
    "UTF-16": '{"round": "C1"}'.encode("utf-16"),
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "trailing comma": b'{"round": "C1",}',
}


def test_a_body_that_cannot_be_read_is_400(town: Town) -> None:
    buyer = town.buyer
    answers = {name: send(buyer, raw) for name, raw in UNREADABLE.items()}
    named = {name: (answer.status_code, answer.json["error"]["param"]) for name, answer in answers.items()}
    assert named == dict.fromkeys(UNREADABLE, (400, "body"))


LINE = {"product_code": "P1", "quantity": 1}
MISSHAPEN: dict[str, tuple[Any, str]] = {
    "a list": ([], "body"),
    "a text": ("C1", "body"),
    "a number": (7, "body"),
    "null": (None, "body"),
    "no round": ({"lines": [LINE]}, "round"),
    "no lines": ({"round": "C1"}, "lines"),
    "empty lines": ({"round": "C1", "lines": []}, "lines"),
    "lines as object": ({"round": "C1", "lines": {"0": LINE}}, "lines"),
    "a line as text": ({"round": "C1", "lines": ["P1"]}, "lines[0]"),
    "a line without product": ({"round": "C1", "lines": [{"quantity": 1}]}, "lines[0].product_code"),
    "too many lines": ({"round": "C1", "lines": [LINE] * 201}, "lines"),
    "an unknown field": ({"round": "C1", "lines": [LINE], "total_fen": 1}, "total_fen"),
    "an unknown field of a line": ({"round": "C1", "lines": [LINE | {"price": 1}]}, "lines[0].price"),
    "a number as round": ({"round": 1, "lines": [LINE]}, "round"),
    "NUL in a text": ({"round": "C\0", "lines": [LINE]}, "round"),
    "a lone surrogate": ({"round": "C\ud800", "lines": [LINE]}, "round"),
    "a long remark": ({"round": "C1", "lines": [LINE], "remark": "x" * 201}, "remark"),
    "a bell in a remark": ({"round": "C1", "lines": [LINE], "remark": "a\x07"}, "remark"),
    "a role": ({"round": "C1", "lines": [LINE], "role": "operator"}, "role"),
}


@pytest.mark.check(30)
def test_a_misshapen_order_names_the_field(town: Town) -> None:
    buyer = town.buyer
    answers = {name: send(buyer, json.dumps(body)) for name, (body, _) in MISSHAPEN.items()}
    named = {name: (answer.status_code, answer.json["error"]["param"]) for name, answer in answers.items()}
    assert named == {name: (422, param) for name, (_, param) in MISSHAPEN.items()}


def test_a_field_that_is_given_twice_is_refused(town: Town) -> None:
    raw = '{"round": "C1", "round": "C2", "lines": []}'
    answer = send(town.buyer, raw)
    assert (answer.json["error"]["code"], answer.json["error"]["param"]) == ("duplicate", "round")


def test_a_body_that_is_no_json_by_its_type_is_415(town: Town) -> None:
    assert send(town.buyer, order_of("1"), "text/plain").status_code == 415


@pytest.mark.check(53)
def test_a_huge_body_is_413(town: Town) -> None:
    assert send(town.buyer, b" " * 300_000).status_code == 413


ADDRESSES = (
    "/rounds/%00",
    "/rounds/%ff%fe",
    "/rounds/..%2f..%2fetc",
    "/rounds?state=%00",
    "/rounds?cursor=%00",
    "/rounds?limit=99999999999999999999",
    "/rounds?limit=-1",
    "/rounds?limit=５",
    "/rounds?state=open&state=closed",
    "/orders/%F0%9F%8D%89",
    f"/orders/{'9' * 3000}",
    "/nowhere",
)


def test_an_address_that_makes_no_sense_is_4xx(town: Town) -> None:
    buyer = town.buyer
    for path in ADDRESSES:
        answer = buyer.get(path)
        assert 400 <= answer.status_code < 500, path
        assert answer.json["error"].keys() == {"type", "code", "message", "param"}, path


def test_another_method_is_405_and_says_which_there_are(town: Town) -> None:
    answer = town.buyer.ask("DELETE", "/rounds")
    assert (answer.status_code, answer.json["error"]["type"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


def test_a_token_that_is_none_is_401(town: Town) -> None:
    for header in ("", "Bearer", "Bearer ", "Basic eDp5", "Bearer x y", "Bearer " + "a" * 5000):
        answer = town.app.test_client().get("/api/v1/rounds", headers={"Authorization": header})
        assert (answer.status_code, answer.json["error"]["type"]) == (401, "not_signed_in"), header
