"""Events of phones without a connection: booked once; what does not fit waits for a decision."""

from typing import Any

from sqlalchemy import func, select

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from tests.api.conftest import Person, Town, close

WHEN = "2026-11-23T01:30:00Z"


def event(number: int, order: Any, **fields: Any) -> dict[str, Any]:
    return {"event_id": f"phone-1-{number}", "order_no": order["order_no"], "happened_at": WHEN} | fields


def send(person: Person, *events: Any) -> list[tuple[str, str | None]]:
    answer = person.post("/pickups/events", {"events": list(events)})
    assert answer.status_code == 200, answer.json
    return [(one["outcome"], one["code"]) for one in answer.json["results"]]


def test_the_list_of_the_day_has_each_bag_with_its_codes(town: Town, clock: Any) -> None:
    first, second = (town.buyer.order({product: 2}).json for product in ("P1", "P2"))
    close(town, clock)
    (bag,) = town.head.get("/pickups/day").json["bags"]
    assert bag["code"] not in (first["pickup_code"], second["pickup_code"])
    assert [(one["order_no"], one["code"]) for one in bag["orders"]] == [
        (one["order_no"], one["pickup_code"]) for one in (first, second)
    ]
    assert [line["quantity"] for one in bag["orders"] for line in one["lines"]] == [2, 2]
    assert town.other_head.get("/pickups/day").json["bags"] == []


def test_an_event_is_booked_once_however_often_it_is_sent(town: Town, clock: Any) -> None:
    order = town.buyer.order({"P1": 3}).json
    close(town, clock)
    head = town.head
    part = event(1, order, lines=[{"product_code": "P1", "quantity": 1}], reason="忘带手机")
    assert [send(head, part, part), send(head, part)] == [[("done", None)] * 2, [("done", None)]]
    assert send(head, event(2, order), part) == [("done", None)] * 2
    assert town.buyer.get(f"/orders/{order['order_no']}").json["state"] == "picked_up"
    assert db.session.scalar(select(func.count()).where(AuditEntry.verb.endswith("picked_up"))) == 2
    stranger = town.other_head.post("/pickups/events", {"events": [part]})
    assert stranger.status_code == 404


def test_what_does_not_fit_any_more_is_listed_and_decided_once(town: Town, clock: Any) -> None:
    gone, elsewhere, kept = (town.buyer.order({"P1": 1}).json for _ in range(3))
    town.buyer.post(f"/orders/{gone['order_no']}/cancel", {"reason": "不要了"})
    close(town, clock)
    head = town.head
    head.post("/pickups/verify", {"code": elsewhere["pickup_code"]})
    many = event(3, kept, lines=[{"product_code": "P1", "quantity": 2}])
    never = event(4, {"order_no": "NONE"})
    codes = ["order_cancelled", "already_picked_up", "more_than_left", "unknown_order"]
    taken = send(head, event(1, gone), event(2, elsewhere), many, never)
    assert taken == [("conflict", code) for code in codes]
    assert town.buyer.get(f"/orders/{kept['order_no']}").json["state"] == "confirmed"
    items = head.get("/pickups/conflicts").json["items"]
    assert sorted(one["code"] for one in items) == sorted(codes)
    assert {one["happened_at"] for one in items} == {WHEN}
    path = "/pickups/conflicts/phone-1-1/decide"
    assert head.post(path, {"decision": "retry"}).json["error"]["code"] == "order_cancelled"
    assert town.other_head.post(path, {"decision": "gone"}).status_code == 404
    assert head.post(path, {"decision": "gone"}).json["outcome"] == "settled"
    assert head.post(path, {"decision": "here"}).json["error"]["code"] == "already_decided"
    assert len(head.get("/pickups/conflicts").json["items"]) == 3


def test_a_conflict_calls_goods_that_are_gone_by_their_name(town: Town, clock: Any) -> None:
    order = town.buyer.order({"P1": 1, "P2": 1}).json
    close(town, clock)
    part = [{"product_code": "P1", "quantity": 1}]
    assert send(town.head, event(1, order, lines=part)) == [("done", None)]
    assert send(town.head, event(2, order, lines=part)) == [("conflict", "more_than_left")]
    (conflict,) = town.head.get("/pickups/conflicts").json["items"]
    name = order["lines"][0]["name"]
    assert name != "P1"
    assert conflict["message"] == f"Of {name} only 0 are left to hand out."


def test_the_staff_sees_the_conflicts_of_all_leaders_and_decides_them(town: Town, clock: Any) -> None:
    gone, kept = (town.buyer.order({"P1": 1}).json for _ in range(2))
    town.buyer.post(f"/orders/{gone['order_no']}/cancel", {"reason": "不要了"})
    close(town, clock)
    send(town.head, event(1, gone), event(2, {"order_no": "NONE"}), event(3, kept))
    operator, service = town.staff("operator"), town.staff("customer_service")
    items = {one["event_id"]: one for one in service.get("/pickup-conflicts").json["items"]}
    first, second = items["phone-1-1"], items["phone-1-2"]
    assert (first["leader_code"], first["round"], first["code"]) == ("L1", "C1", "order_cancelled")
    assert (second["order_no"], second["round"], second["resident_code"]) == ("NONE", None, None)
    assert [one["state"] for one in (first, second)] == ["open", "open"]
    path = "/pickup-conflicts/phone-1-1/decide"
    assert service.post(path, {"decision": "here"}).status_code == 403
    assert operator.post(path, {"decision": "retry"}).json["error"]["code"] == "order_cancelled"
    assert operator.post(path, {"decision": "here"}).json["outcome"] == "settled"
    assert town.head.post("/pickups/conflicts/phone-1-1/decide", {"decision": "gone"}).status_code == 409
    (open_,) = operator.get("/pickup-conflicts?state=open&limit=1").json["items"]
    assert open_["event_id"] == "phone-1-2"
    (decided,) = operator.get("/pickup-conflicts?state=here").json["items"]
    assert decided["decided_at"] is not None
    assert operator.get("/pickup-conflicts?state=lost").status_code == 422
