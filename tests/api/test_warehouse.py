"""Receiving and allocating over the API."""

from typing import Any

from flask import Flask

from groupbuy.db import db
from groupbuy.orders.models import Order
from groupbuy.purchasing import queries as purchasing
from tests import building
from tests.api.conftest import Town, close
from tests.warehouse import day
from tests.warehouse.places import add_warehouse

CALM = {"least": None, "low": False, "low_in": []}


def purchase_order(town: Town, clock: Any) -> str:
    """Close the round with four P1 in one order and one in another; return the purchase order's number."""
    town.buyer.order({"P1": 4})
    town.other_buyer.order({"P1": 1})
    close(town, clock)
    db.session.rollback()
    (order,) = purchasing.orders_of_round(town.round.id)
    return order.number


def test_a_delivery_is_booked_once_per_key_and_shown(town: Town, clock: Any) -> None:
    path = f"/purchase-orders/{purchase_order(town, clock)}/receipts"
    body = {"lines": [{"product_code": "P1", "delivered": 4, "rejected": 1, "reason": "压坏"}]}
    clerk = town.staff("warehouse")
    first, again = (clerk.post(path, body, key="a-key-of-my-own") for _ in range(2))
    assert (first.status_code, first.json) == (201, again.json)
    shown = clerk.get(path).json
    assert (shown["state"], len(shown["receipts"])) == ("part_received", 1)
    assert shown["lines"] == [{"product_code": "P1", "purchased": 6, "delivered": 4, "rejected": 1}]
    late = clerk.post(path, body | {"seen_receipts": 0})
    assert (late.status_code, late.json["error"]["code"]) == (409, "received_meanwhile")


def test_a_line_of_a_delivery_names_its_warehouse(town: Town, clock: Any) -> None:
    path = f"/purchase-orders/{purchase_order(town, clock)}/receipts"
    clerk = town.staff("warehouse")
    add_warehouse("G1")
    line = {"product_code": "P1", "delivered": 2}
    wrong = clerk.post(path, {"lines": [line | {"warehouse": "G2"}]})
    error = wrong.json["error"]
    assert (wrong.status_code, error["code"], error["param"]) == (
        422,
        "unknown_warehouse",
        "lines[0].warehouse",
    )
    came = clerk.post(path, {"lines": [line, line | {"warehouse": "MAIN"}], "warehouse": "G1"}).json
    assert [one["warehouse"] for one in came["lines"]] == ["G1", "MAIN"]


def test_a_thousandfold_slip_is_asked_about_twice(town: Town, clock: Any) -> None:
    path = f"/purchase-orders/{purchase_order(town, clock)}/receipts"
    clerk = town.staff("warehouse")
    body = {"lines": [{"product_code": "P1", "delivered": 6000}]}
    answers = [clerk.post(path, body | {"confirm_over_delivery": times}) for times in (0, 1, 2)]
    assert [answer.status_code for answer in answers] == [409, 409, 201]
    assert answers[0].json["error"]["code"] == "over_delivery"


def test_what_is_short_is_previewed_applied_once_and_seen_on_the_order(town: Town, clock: Any) -> None:
    path = f"/purchase-orders/{purchase_order(town, clock)}/receipts"
    clerk = town.staff("warehouse")
    clerk.post(path, {"lines": [{"product_code": "P1", "delivered": 3}]})
    allocations = "/rounds/C1/allocations"
    early = clerk.post(allocations, {"policy": "first_come"})
    assert (early.status_code, early.json["error"]["code"]) == (409, "not_received")
    assert clerk.post(path, {"lines": [], "last": True}).json["state"] == "closed"
    preview = clerk.post(allocations, {"policy": "first_come", "dry_run": True}).json
    assert (preview["units"], preview["lines"], preview["residents"]) == (2, 2, 2)
    wrong = clerk.post(allocations, {"policy": "pro_rata", "fingerprint": preview["fingerprint"]})
    assert wrong.json["error"]["code"] == "preview_outdated"
    body = {"policy": "first_come", "fingerprint": preview["fingerprint"]}
    done = clerk.post(allocations, body).json
    assert (done["units"], done["orders"], done["cancelled"]) == (2, 2, 1)
    assert clerk.post(allocations, {"policy": "first_come"}).json["units"] == 0
    (order,) = [one.number for one in _orders(town)]
    line = town.buyer.get(f"/orders/{order}").json["lines"][0]
    assert (line["quantity"], line["short_units"], line["amount_fen"]) == (3, 1, 3 * 990)


def _orders(town: Town) -> list[Any]:
    db.session.rollback()
    return list(db.session.query(Order).filter_by(resident_id=town.resident.id))


def test_stock_is_listed_and_goods_leave_it_once(town: Town, clock: Any) -> None:
    path = f"/purchase-orders/{purchase_order(town, clock)}/receipts"
    clerk = town.staff("warehouse")
    clerk.post(path, {"lines": [{"product_code": "P1", "delivered": 6}]})
    assert clerk.get("/stock").json["items"] == [
        {"product_code": "P1", "units": 1, "reserved": 5, "on_the_way": 0} | CALM
    ]
    body = {"product_code": "P1", "kind": "write_off", "units": 1, "reason": "破损", "submission_key": "k"}
    first, again = (clerk.post("/stock/issues", body) for _ in range(2))
    assert (first.status_code, first.json) == (201, again.json)
    kept = {"product_code": "P1", "units": 0, "reserved": 5, "on_the_way": 0} | CALM
    assert (first.json["cost_fen"], clerk.get("/stock").json["items"]) == (500, [kept])
    empty = clerk.post("/stock/issues", body | {"submission_key": "k2"})
    assert (empty.status_code, empty.json["error"]["code"]) == (409, "out_of_stock")


def test_a_batch_is_found_by_its_day_and_traced(town: Town, clock: Any) -> None:
    path = f"/purchase-orders/{purchase_order(town, clock)}/receipts"
    clerk = town.staff("warehouse")
    line = {"product_code": "P1", "delivered": 6, "batch": "A", "best_before": "2026-11-30"}
    clerk.post(path, {"lines": [line]})
    (batch,) = clerk.get("/stock/batches").json["items"]
    assert (batch["batch"], batch["best_before"], batch["units"]) == ("A", "2026-11-30", 1)
    assert clerk.get("/stock/batches?expires_within=0").json["items"] == []
    traced = clerk.get(f"/stock/batches/{batch['batch_id']}").json
    assert [receipt["delivered"] for receipt in traced["receipts"]] == [6]
    assert [(one["orders"], one["units"], one["certain"]) for one in traced["leaders"]] == [
        (1, 4, True),
        (1, 1, True),
    ]
    first = clerk.get(f"/stock/batches/{batch['batch_id']}/orders?limit=1").json
    rest = clerk.get(f"/stock/batches/{batch['batch_id']}/orders?limit=1&cursor={first['next_cursor']}").json
    assert [row["units"] for row in (*first["items"], *rest["items"])] == [4, 1]
    assert rest["next_cursor"] is None
    body = {"product_code": "P1", "kind": "write_off", "units": 1, "reason": "破损"}
    assert clerk.post("/stock/issues", body | {"batch_id": 999}).json["error"]["code"] == "out_of_stock"
    assert clerk.post("/stock/issues", body | {"supplier_code": "S1"}).json["error"]["code"] == "not_a_return"
    back = body | {"kind": "supplier_return", "batch_id": batch["batch_id"]}
    unknown = clerk.post("/stock/issues", back | {"supplier_code": "S9"}).json
    assert unknown["error"]["code"] == "unknown_supplier"
    returned = clerk.post("/stock/issues", back | {"supplier_code": "S1"})
    assert (returned.status_code, returned.json["supplier_code"]) == (201, "S1")


def test_goods_move_between_warehouses_in_two_steps(town: Town, clock: Any) -> None:
    path = f"/purchase-orders/{purchase_order(town, clock)}/receipts"
    operator, clerk = town.staff("operator"), town.staff("warehouse")
    grid = {"code": "G1", "name": "东区网格仓", "kind": "grid"}
    assert operator.post("/warehouses", grid).status_code == 201
    assert operator.post("/warehouses", grid).json["error"]["code"] == "already_exists"
    came = clerk.post(path, {"lines": [{"product_code": "P1", "delivered": 6}], "warehouse": "G1"})
    assert (came.status_code, came.json["warehouse"]) == (201, "G1")
    # 5 of 6 were ordered, so 1 stays where it came.
    here = {"product_code": "P1", "units": 1, "reserved": 5, "on_the_way": 0} | CALM
    assert clerk.get("/stock?warehouse=G1").json["items"] == [here]
    assert clerk.get("/stock?warehouse=MAIN").json["items"] == []
    (batch,) = clerk.get("/stock/batches?warehouse=G1").json["items"]
    send = {"from_warehouse": "G1", "to_warehouse": "MAIN"}
    lines = [{"product_code": "P1", "units": 1, "batch_id": batch["batch_id"]}]
    first, again = (
        clerk.post("/stock/transfers", send | {"lines": lines}, key="a-key-of-my-own") for _ in range(2)
    )
    assert (first.status_code, first.json) == (201, again.json)
    assert clerk.get("/stock").json["items"] == [here | {"on_the_way": 1}]
    number = first.json["number"]
    assert [one["number"] for one in clerk.get("/stock/transfers").json["items"]] == [number]
    many = {"lines": [{"line_id": first.json["lines"][0]["line_id"], "arrived": 10}]}
    arrival = f"/stock/transfers/{number}/arrival"
    assert clerk.post(arrival, many).json["error"]["param"] == "lines[0].arrived"
    assert clerk.post(arrival, {}).json["lines"][0]["arrived"] == 1
    assert clerk.post(arrival, {}).json["error"]["code"] == "already_arrived"
    assert clerk.get(f"/stock/transfers/{number}").json["state"] == "arrived"
    assert clerk.get("/stock?warehouse=MAIN").json["items"] == [here | {"reserved": 0}]
    assert clerk.post(f"/stock/transfers/{number}/call-back").json["error"]["code"] == "already_arrived"
    lines = [{"product_code": "P1", "units": 1}]
    nowhere = clerk.post("/stock/transfers", send | {"from_warehouse": "MAIN", "lines": lines}).json["error"]
    assert (nowhere["code"], nowhere["param"]) == ("same_warehouse", "to_warehouse")
    back = {"from_warehouse": "MAIN", "to_warehouse": "G1", "lines": lines}
    call_back = f"/stock/transfers/{clerk.post('/stock/transfers', back).json['number']}/call-back"
    called = clerk.post(call_back).json
    assert (called["state"], called["called_back_at"] is None) == ("called_back", False)
    assert clerk.post(call_back).json["error"]["code"] == "called_back"
    assert clerk.get("/stock?warehouse=MAIN").json["items"] == [here | {"reserved": 0}]
    closed = operator.ask("PUT", "/warehouses/G1", {"name": "东仓", "kind": "grid", "active": False})
    assert closed.json["active"] is False
    assert [one["code"] for one in clerk.get("/warehouses").json["items"]] == ["MAIN", "G1"]


def test_counts_are_booked_all_or_none(town: Town) -> None:
    clerk = town.staff("warehouse")
    assert clerk.post("/warehouses", {"code": "G1", "name": "网格仓", "kind": "grid"}).status_code == 403
    first = {"product_code": "P1", "seen": 0, "counted": 7}
    assert clerk.post("/stock/counts", {"lines": [first]}).json["items"] == [
        first | {"warehouse": "MAIN", "batch_id": None, "difference": 7}
    ]
    (batch,) = clerk.get("/stock/batches").json["items"]
    good = {"product_code": "P1", "batch_id": batch["batch_id"], "seen": 7, "counted": 5}
    stale = {"product_code": "P2", "seen": 3, "counted": 4}
    refused = clerk.post("/stock/counts", {"lines": [good, stale]}).json["error"]
    assert (refused["code"], refused["param"]) == ("stock_changed", "lines[1].counted")
    assert clerk.post("/stock/counts", {"lines": [good]}).json["items"][0]["difference"] == -2
    assert clerk.post("/stock/counts", {"lines": [good]}).status_code == 409
    assert clerk.get("/stock").json["items"][0]["units"] == 5


def test_what_is_low_is_chosen_and_listed(town: Town) -> None:
    clerk = town.staff("warehouse")
    chosen = {"product_code": "P1", "least": 5, "warehouse": "MAIN"}
    for _ in range(2):
        assert clerk.ask("PUT", "/stock/alerts", chosen).json == chosen
    (row,) = clerk.get("/stock?low=true").json["items"]
    assert (row["low"], row["low_in"], row["least"]) == (True, ["MAIN"], None)
    assert clerk.get("/stock?low=true&warehouse=MAIN").json["items"][0]["least"] == 5
    assert clerk.ask("PUT", "/stock/alerts", chosen | {"warehouse": "G9"}).status_code == 404
    assert clerk.ask("PUT", "/stock/alerts", chosen | {"least": None}).json["least"] is None
    assert clerk.get("/stock?low=true").json["items"] == []


def test_what_one_supplier_left_out_is_shared_out_while_another_is_on_its_way(app: Flask, town: Town) -> None:
    goods = [building.add_product(building.add_supplier(f"X{place}"), f"X{place}") for place in (1, 2)]
    round_ = building.add_round(goods, "C9")
    placed = building.place(round_, building.add_resident(building.add_leader("L9")), {"X1": 4, "X2": 4})
    building.close(app, round_)
    first = purchasing.heads_of_round(round_.id)[0].number
    day.receive(first, {"X1": 3}, last=True)
    clerk, path, body = town.staff("warehouse"), f"/rounds/{round_.name}/allocations", {"policy": "pro_rata"}
    preview = clerk.post(path, body | {"dry_run": True}).json
    assert [one["product_code"] for one in preview["offers"]] == ["X1"]
    named = clerk.post(path, body | {"products": ["X1", "X2"]})
    assert (named.status_code, named.json["error"]["param"]) == (409, "X2")
    done = clerk.post(path, body | {"fingerprint": preview["fingerprint"]})
    assert (done.status_code, done.json["units"]) == (201, 1)
    assert clerk.post(path, body).json["error"]["code"] == "not_received"
    assert day.quantities(placed) == {"X1": 3, "X2": 4}
