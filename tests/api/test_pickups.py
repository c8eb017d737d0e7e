"""Handing out: once, at the right place, after the close."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from groupbuy.analytics.invariants import check_all
from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.leaders.models import Leader
from groupbuy.pickup.models import Bag
from tests.api.conftest import Person, Town, close
from tests.building import CLOSES


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]["code"]


def verify(person: Person, pickup_code: str) -> Any:
    return person.post("/pickups/verify", {"code": pickup_code})


def test_a_code_hands_out_its_order_once(town: Town, clock: Any) -> None:
    order = town.buyer.order({"P1": 2}).json
    close(town, clock)
    answer = verify(town.head, order["pickup_code"])
    assert (answer.status_code, answer.json["order_no"]) == (200, order["order_no"])
    assert [(line["product_code"], line["quantity"]) for line in answer.json["lines"]] == [("P1", 2)]
    assert code(verify(town.head, order["pickup_code"])) == (409, "already_picked_up")
    assert town.buyer.get(f"/orders/{order['order_no']}").json["state"] == "picked_up"


@pytest.mark.check(37)
def test_before_the_close_nothing_is_ready(town: Town) -> None:
    order = town.buyer.order({"P1": 2}).json
    assert code(verify(town.head, order["pickup_code"])) == (409, "not_ready")


@pytest.mark.check(32)
def test_a_code_is_good_at_its_own_pickup_point_only(town: Town, clock: Any) -> None:
    order = town.buyer.order({"P1": 2}).json
    close(town, clock)
    assert code(verify(town.other_head, order["pickup_code"])) == (409, "wrong_pickup_point")
    assert verify(town.head, order["pickup_code"]).status_code == 200


def test_a_helper_hands_out_for_the_leader_it_helps(town: Town, clock: Any) -> None:
    order = town.buyer.order({"P1": 2}).json
    other = town.other_buyer.order({"P1": 1}).json
    close(town, clock)
    helper = town.helper()
    assert code(verify(helper, other["pickup_code"])) == (409, "wrong_pickup_point")
    assert verify(helper, order["pickup_code"]).status_code == 200


@pytest.mark.check(37)
def test_a_cancelled_order_is_not_handed_out(town: Town, clock: Any) -> None:
    order = town.buyer.order({"P1": 2}).json
    town.buyer.post(f"/orders/{order['order_no']}/cancel", {"reason": "不要了"})
    close(town, clock)
    assert code(verify(town.head, order["pickup_code"])) == (409, "order_cancelled")


def test_a_bag_hands_out_all_its_orders(town: Town, clock: Any) -> None:
    numbers = [town.buyer.order({product: 1}).json["order_no"] for product in ("P1", "P2")]
    close(town, clock)
    bag = db.session.scalars(select(Bag)).one()
    answer = verify(town.head, bag.code)
    assert (answer.json["order_no"], answer.json["order_nos"]) == (numbers[0], numbers)
    assert [line["product_code"] for line in answer.json["lines"]] == ["P1", "P2"]
    assert code(verify(town.head, bag.code)) == (409, "already_picked_up")


def test_a_bag_hands_out_what_is_left_of_it(town: Town, clock: Any) -> None:
    first, second = (town.buyer.order({product: 1}).json for product in ("P1", "P2"))
    close(town, clock)
    bag = db.session.scalars(select(Bag)).one()
    verify(town.head, first["pickup_code"])
    assert verify(town.head, bag.code).json["order_nos"] == [second["order_no"]]


@pytest.mark.check(32)
def test_fifty_tries_at_once_hand_out_once(town: Town, clock: Any) -> None:
    order = town.buyer.order({"P1": 2}).json
    close(town, clock)
    token = town.head.token
    db.session.rollback()

    def once(_: int) -> int:
        with town.app.app_context():
            status: int = verify(Person(town.app.test_client(), token), order["pickup_code"]).status_code
        return status

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(once, range(50)))
    assert sorted(statuses) == [200] + [409] * 49
    entries = select(func.count()).where(AuditEntry.verb == "order_picked_up")
    assert db.session.scalar(entries) == 1


@pytest.mark.check(32)
def test_wrong_codes_make_the_verifier_wait_and_nobody_else(town: Town, clock: Any) -> None:
    order = town.buyer.order({"P1": 2}).json
    other = town.other_buyer.order({"P1": 2}).json
    close(town, clock)
    head = town.head
    statuses = [verify(head, wrong).status_code for wrong in ("00000000", "12345678") * 5]
    assert statuses == [404, 422] * 5
    refused = verify(head, order["pickup_code"])
    assert (refused.status_code, int(refused.headers["Retry-After"]) > 0) == (429, True)
    assert verify(town.other_head, other["pickup_code"]).status_code == 200
    clock.shift(int(refused.headers["Retry-After"]) + 1)
    assert verify(head, order["pickup_code"]).status_code == 200


def test_a_replayed_pickup_gives_the_same_answer(town: Town, clock: Any) -> None:
    order = town.buyer.order({"P1": 2}).json
    close(town, clock)
    head, body = town.head, {"code": order["pickup_code"]}
    first, again = (head.post("/pickups/verify", body, key="scan-1") for _ in range(2))
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert first.status_code == 200


def test_part_of_a_bag_goes_and_the_rest_stays_open(town: Town, clock: Any) -> None:
    """Three apples and two eggs: two apples go, then the rest by name; each unit once."""
    apples, eggs = (town.buyer.order({product: count}).json for product, count in (("P1", 3), ("P2", 2)))
    close(town, clock)
    head, bag = town.head, db.session.scalars(select(Bag)).one().code
    some = [{"order_no": apples["order_no"], "product_code": "P1", "quantity": 2}]
    answer = head.post("/pickups/verify", {"code": bag, "lines": some})
    assert [
        (line["product_code"], line["quantity"], line["amount_fen"]) for line in answer.json["lines"]
    ] == [("P1", 2, 1980)]
    assert town.buyer.get(f"/orders/{apples['order_no']}").json["state"] == "part_picked_up"
    assert town.buyer.get(f"/orders/{eggs['order_no']}").json["state"] == "confirmed"
    assert code(head.post("/pickups/verify", {"code": bag, "lines": some})) == (409, "more_than_left")
    known = {"phone_tail": town.resident.phone[-4:], "name": "王女士", "reason": "忘带手机"}
    rest = head.post("/pickups/by-name", known).json["lines"]
    assert [(line["product_code"], line["quantity"]) for line in rest] == [("P1", 1), ("P2", 2)]
    assert code(verify(head, bag)) == (409, "already_picked_up")
    assert code(head.post("/pickups/by-name", known)) == (404, "unknown_person")
    assert not [one for one in check_all(now=CLOSES, at_rest=False) if one.violations]


def test_a_wrong_point_tells_the_right_address(town: Town, clock: Any) -> None:
    order = town.buyer.order({"P1": 2}).json
    with transaction():
        db.session.get_one(Leader, town.leader.id).address = "3号楼一层"
    close(town, clock)
    assert "3号楼一层 (16:00–20:00)" in verify(town.other_head, order["pickup_code"]).json["error"]["message"]


@pytest.mark.check(32)
def test_parts_at_two_phones_never_give_a_unit_twice(town: Town, clock: Any) -> None:
    order = town.buyer.order({"P1": 5}).json
    close(town, clock)
    token = town.head.token
    one = [{"order_no": order["order_no"], "product_code": "P1", "quantity": 1}]
    db.session.rollback()

    def once(_: int) -> int:
        with town.app.app_context():
            person = Person(town.app.test_client(), token)
            body = {"code": order["pickup_code"], "lines": one}
            status: int = person.post("/pickups/verify", body).status_code
        return status

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(once, range(12)))
    assert sorted(statuses) == [200] * 5 + [409] * 7


def test_a_hand_out_by_mistake_is_undone_once(town: Town, clock: Any) -> None:
    order = town.buyer.order({"P1": 2}).json
    close(town, clock)
    path, wanted = "/pickups/undo", {"order_no": order["order_no"], "reason": "拿错了袋子"}
    assert town.head.post(path, wanted).json["error"]["code"] == "not_handed_out"
    town.head.post("/pickups/verify", {"code": order["pickup_code"]})
    assert town.other_head.post(path, wanted).status_code == 404
    assert town.head.post(path, wanted | {"reason": ""}).status_code == 422
    (undone,) = town.head.post(path, wanted).json["items"]
    assert undone == {
        "order_no": order["order_no"],
        "state": "confirmed",
        "pickup_code": order["pickup_code"],
    }
    assert town.head.post(path, wanted).status_code == 409
    assert town.head.post("/pickups/verify", {"code": order["pickup_code"]}).status_code == 200
