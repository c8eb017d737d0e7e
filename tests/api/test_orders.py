"""Orders over the API: placed, read, changed, cancelled, paid; whose they are; keys."""

from typing import Any

import pytest
from sqlalchemy import func, select

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.orders.models import Order
from tests.api.conftest import Town, close
from tests.building import CLOSES


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]["code"]


def orders() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Order)) or 0


def test_an_order_comes_back_with_number_code_and_lines(town: Town) -> None:
    answer = town.buyer.order({"P1": 2, "P2": 1}, remark="放门口")
    assert answer.status_code == 201
    assert (answer.json["state"], answer.json["amount_fen"]) == ("confirmed", 2970)
    assert len(answer.json["pickup_code"]) == 8
    line = answer.json["lines"][0]
    assert (line["product_code"], line["quantity"], line["amount_fen"]) == ("P1", 2, 1980)
    assert town.buyer.get(f"/orders/{answer.json['order_no']}").json == answer.json


def test_more_than_is_left_is_sold_out_and_takes_nothing(town: Town) -> None:
    answer = town.buyer.order({"P1": 6})
    assert code(answer) == (409, "sold_out")
    assert answer.json["error"]["param"] == "lines[0].quantity"
    assert (answer.json["error"]["type"], orders()) == ("rule_broken", 0)


def test_the_limit_per_person_holds_over_several_orders(town: Town) -> None:
    assert town.buyer.order({"P2": 2}).status_code == 201
    assert code(town.buyer.order({"P2": 2})) == (409, "limit_reached")


@pytest.mark.check(33)
def test_after_the_cut_off_the_round_is_closed_even_before_the_scheduler_runs(town: Town, clock: Any) -> None:
    clock.move_to(CLOSES)
    assert code(town.buyer.order({"P1": 1})) == (409, "round_closed")


@pytest.mark.parametrize("quantities", [{"P9": 1}, {"P1": 1, "P9": 1}])
def test_an_unknown_product_is_named_by_its_place(town: Town, quantities: dict[str, int]) -> None:
    answer = town.buyer.order(quantities)
    assert answer.status_code == 422
    assert answer.json["error"]["param"] == f"lines[{len(quantities) - 1}].product_code"


def test_a_repeated_product_is_named_by_its_place(town: Town) -> None:
    line = {"product_code": "P1", "quantity": 1}
    answer = town.buyer.post("/orders", {"round": "C1", "lines": [line, line]})
    assert (answer.status_code, answer.json["error"]["param"]) == (422, "lines[1].product_code")


@pytest.mark.check(25, 31)
def test_prices_and_states_from_the_client_are_refused(town: Town) -> None:
    line = {"product_code": "P1", "quantity": 1}
    for body in (
        {"round": "C1", "lines": [line | {"price_fen": 1}]},
        {"round": "C1", "lines": [line], "state": "picked_up"},
    ):
        assert code(town.buyer.post("/orders", body)) == (422, "unknown_field")
    assert orders() == 0


def test_an_unknown_round_is_404(town: Town) -> None:
    answer = town.buyer.post("/orders", {"round": "C9", "lines": [{"product_code": "P1", "quantity": 1}]})
    assert (answer.status_code, answer.json["error"]["param"]) == (404, "round")


@pytest.mark.check(36)
def test_the_same_key_gives_the_same_answer_and_one_order(town: Town) -> None:
    buyer = town.buyer
    first, again = buyer.order({"P1": 1}, key="k1"), buyer.order({"P1": 1}, key="k1")
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert (again.headers["Idempotency-Replayed"], orders()) == ("true", 1)


@pytest.mark.check(36)
def test_a_key_with_another_body_is_refused(town: Town) -> None:
    buyer = town.buyer
    buyer.order({"P1": 1}, key="k1")
    assert code(buyer.order({"P1": 2}, key="k1")) == (422, "idempotency_key_reused")
    assert orders() == 1


def test_a_refusal_is_repeated_under_its_key_even_when_stock_is_back(town: Town) -> None:
    other = town.other_buyer
    all_of_it = other.order({"P1": 5}).json["order_no"]
    first = town.buyer.order({"P1": 1}, key="k1")
    other.post(f"/orders/{all_of_it}/cancel", {"reason": "不要了"})
    again = town.buyer.order({"P1": 1}, key="k1")
    assert code(first) == (409, "sold_out")
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert town.buyer.order({"P1": 1}, key="k2").status_code == 201


def test_two_people_may_use_the_same_key(town: Town) -> None:
    assert town.buyer.order({"P1": 1}, key="k").json != town.other_buyer.order({"P1": 1}, key="k").json
    assert orders() == 2


@pytest.mark.parametrize("key", ["", "a b", "k" * 256, "钥匙"])
def test_a_key_that_is_no_key_is_refused(town: Town, key: str) -> None:
    answer = town.buyer.order({"P1": 1}, key=key)
    assert (answer.status_code, answer.json["error"]["param"]) == (422, "Idempotency-Key")


def test_a_patch_takes_the_whole_new_list(town: Town) -> None:
    buyer = town.buyer
    number = buyer.order({"P1": 2}).json["order_no"]
    lines = [{"product_code": "P2", "quantity": 3}]
    answer = buyer.ask("PATCH", f"/orders/{number}", {"lines": lines})
    assert [(line["product_code"], line["quantity"]) for line in answer.json["lines"]] == [("P2", 3)]
    assert answer.json["amount_fen"] == 2970
    assert buyer.get("/rounds/C1").json["offers"][0]["left"] == 5


def test_a_cancelled_order_gives_its_stock_back(town: Town) -> None:
    buyer = town.buyer
    number = buyer.order({"P1": 5}).json["order_no"]
    answer = buyer.post(f"/orders/{number}/cancel", {"reason": "不要了"})
    assert (answer.json["state"], answer.json["cancel_reason"]) == ("cancelled", "不要了")
    assert buyer.get("/rounds/C1").json["offers"][0]["left"] == 5


@pytest.mark.check(33, 37)
def test_nothing_changes_after_the_close(town: Town, clock: Any) -> None:
    buyer = town.buyer
    number = buyer.order({"P1": 2}).json["order_no"]
    close(town, clock)
    lines = [{"product_code": "P1", "quantity": 1}]
    assert code(buyer.ask("PATCH", f"/orders/{number}", {"lines": lines})) == (409, "round_closed")
    assert code(buyer.post(f"/orders/{number}/cancel", {"reason": "太晚"})) == (409, "round_closed")


def test_the_leader_notes_an_order_as_paid_once(town: Town) -> None:
    number = town.buyer.order({"P1": 2}).json["order_no"]
    first = town.head.post(f"/orders/{number}/mark-paid")
    again = town.head.post(f"/orders/{number}/mark-paid")
    assert first.json["paid_fen"] == again.json["paid_fen"] == 1980
    assert town.buyer.post(f"/orders/{number}/mark-paid").status_code == 403


@pytest.mark.check(26)
def test_somebody_elses_order_does_not_exist(town: Town) -> None:
    number = town.buyer.order({"P1": 1}).json["order_no"]
    lines = {"lines": [{"product_code": "P1", "quantity": 2}]}
    for stranger in (town.other_buyer, town.other_head):
        assert stranger.get(f"/orders/{number}").status_code == 404
        assert stranger.ask("PATCH", f"/orders/{number}", lines).status_code == 404
        assert stranger.post(f"/orders/{number}/cancel", {"reason": "x"}).status_code == 404
    assert town.other_head.post(f"/orders/{number}/mark-paid").status_code == 404
    assert town.buyer.get(f"/orders/{number}").json["state"] == "confirmed"


@pytest.mark.check(28)
def test_a_leader_orders_for_its_own_resident_and_it_is_logged(town: Town) -> None:
    answer = town.head.order({"P1": 1}, resident_code=town.resident.code)
    assert (answer.status_code, answer.json["resident_code"]) == (201, town.resident.code)
    db.session.rollback()
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "order_placed")).one()
    assert entry.actor == f"account:{town.leader.account_id}"


@pytest.mark.check(33)
def test_a_leader_cannot_order_for_anothers_resident(town: Town) -> None:
    answer = town.head.order({"P1": 1}, resident_code=town.other_resident.code)
    assert (answer.status_code, answer.json["error"]["param"]) == (404, "resident_code")


def test_an_operator_orders_for_anybody_but_says_for_whom(town: Town) -> None:
    operator = town.staff()
    assert operator.order({"P1": 1}).json["error"]["param"] == "resident_code"
    assert operator.order({"P1": 1}, resident_code=town.other_resident.code).status_code == 201


@pytest.mark.check(33)
def test_a_resident_cannot_order_for_another(town: Town) -> None:
    assert town.buyer.order({"P1": 1}, resident_code=town.other_resident.code).status_code == 404
    assert town.buyer.order({"P1": 1}, resident_code=town.resident.code).status_code == 201
