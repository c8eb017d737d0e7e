"""Carts, catalogue, people, campaigns, imports and documents."""

from typing import Any

import pytest
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.flows.moving.reading import read_export
from tests.api.conftest import Town, close

SUPPLIERS = "code,name,contact,phone,email,min_order_yuan\nS7,山东果园,王,13800001111,,100\n"
PLAN: dict[str, Any] = {
    "name": "周末鲜果",
    "recurrence": {"kind": "daily", "start": "2026-11-23"},
    "offers": [{"product_code": "P1", "price_fen": 880, "limit_units": 50}],
}


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]["code"]


def import_csv(town: Town, kind: str, content: str, query: str = "") -> Any:
    operator = town.staff()
    return operator.client.post(
        f"/api/v1/imports/{kind}{query}",
        data=content.encode(),
        headers={"Authorization": f"Bearer {operator.token}"},
        content_type="text/csv",
    )


def test_a_cart_says_what_it_costs_and_what_is_wrong_without_taking_anything(town: Town) -> None:
    lines = [{"product_code": product, "quantity": 4} for product in ("P1", "P2", "P9")]
    cart = town.buyer.post("/carts/check", {"round": "C1", "lines": lines}).json
    assert (cart["orderable"], cart["amount_fen"]) == (False, 7920)
    assert [line["problem"] and line["problem"]["code"] for line in cart["lines"]] == [
        None,
        "limit_reached",
        "unknown_product",
    ]
    assert town.buyer.get("/rounds/C1").json["offers"][0]["left"] == 5


def test_a_cart_that_fits_is_orderable_until_the_cut_off(town: Town, clock: Any) -> None:
    body = {"round": "C1", "lines": [{"product_code": "P1", "quantity": 1}]}
    assert town.buyer.post("/carts/check", body).json["orderable"] is True
    buyer = town.buyer
    close(town, clock)
    cart = buyer.post("/carts/check", body).json
    assert (cart["orderable"], cart["problem"]["code"]) == (False, "round_closed")


def test_products_are_searched_and_paged(town: Town) -> None:
    operator = town.staff()
    first = operator.get("/products?limit=1").json
    assert [item["code"] for item in first["items"]] == ["P1"]
    rest = operator.get(f"/products?limit=1&cursor={first['next_cursor']}").json
    assert ([item["code"] for item in rest["items"]], rest["next_cursor"]) == (["P2"], None)
    assert [item["code"] for item in operator.get("/products?search=P2").json["items"]] == ["P2"]
    assert operator.get("/products?search=%25").json["items"] == []


@pytest.mark.check(24, 58)
def test_leaders_see_their_own_residents_with_masked_phones(town: Town) -> None:
    items = town.head.get("/residents").json["items"]
    assert [item["code"] for item in items] == [town.resident.code]
    assert "****" in items[0]["phone"]
    assert len(town.staff().get("/residents").json["items"]) == 2


def test_a_campaign_is_planned_published_changed_and_ended(town: Town) -> None:
    operator = town.staff()
    made = operator.post("/campaigns", PLAN | {"code": "F1"})
    assert (made.status_code, made.json["state"], made.json["product_codes"]) == (201, "draft", ["P1"])
    published = operator.post("/campaigns/F1/publish").json
    assert published["state"] == "published"
    assert "F1-20261123" in published["rounds"]
    changed = operator.ask("PUT", "/campaigns/F1", PLAN | {"version": published["version"], "name": "新名"})
    assert changed.json["name"] == "新名"
    late = operator.ask("PUT", "/campaigns/F1", PLAN | {"version": published["version"]})
    assert code(late) == (409, "changed_meanwhile")
    assert operator.post("/campaigns/F1/end").json["state"] == "ended"


def test_a_campaign_names_what_it_does_not_know(town: Town) -> None:
    offers = [{"product_code": "P1", "price_fen": 1}, {"product_code": "P9", "price_fen": 1}]
    answer = town.staff().post("/campaigns", PLAN | {"code": "F1", "offers": offers})
    assert answer.json["error"]["param"] == "offers[1].product_code"


def test_a_cut_off_is_moved_and_a_round_cancelled(town: Town) -> None:
    operator = town.staff()
    number = town.buyer.order({"P1": 1}).json["order_no"]
    moved = operator.post("/rounds/C1/cutoff", {"closes_at": "2026-11-22T23:30:00+08:00"})
    assert moved.json["closes_at"] == "2026-11-22T15:30:00Z"
    assert operator.post("/rounds/C1/cancel", {"reason": "台风"}).json["state"] == "cancelled"
    assert town.buyer.get(f"/orders/{number}").json["state"] == "cancelled"


def test_a_file_is_imported_as_the_command_line_does(town: Town) -> None:
    answer = import_csv(town, "suppliers", SUPPLIERS)
    assert answer.status_code == 200
    assert answer.json == {"imported": 1, "created": 1, "updated": 0, "unchanged": 0, "errors": []}
    assert import_csv(town, "suppliers", SUPPLIERS).json["unchanged"] == 1


def test_faults_of_a_file_are_listed_and_nothing_is_stored(town: Town) -> None:
    answer = import_csv(town, "suppliers", SUPPLIERS.replace(",100", ",1.005"))
    assert code(answer) == (422, "import_faults")
    assert answer.json["imported"] == 0
    assert (answer.json["errors"][0]["row"], answer.json["errors"][0]["column"]) == (2, "min_order_yuan")


def test_a_trial_run_stores_nothing(town: Town) -> None:
    assert import_csv(town, "suppliers", SUPPLIERS, "?dry_run=true").json["created"] == 1
    assert import_csv(town, "suppliers", SUPPLIERS).json["created"] == 1


def test_the_report_is_the_command_lines(town: Town, clock: Any) -> None:
    town.buyer.order({"P1": 2})
    close(town, clock)
    report = town.staff().get("/rounds/C1/report").json
    assert (report["orders"], report["units"], report["amount_fen"]) == (1, 2, 1980)
    assert report["suppliers"][0]["lines"][0]["product_code"] == "P1"


def test_a_leader_takes_its_own_sheet_as_a_workbook_and_it_is_logged(town: Town, clock: Any) -> None:
    town.buyer.order({"P1": 2})
    town.other_buyer.order({"P1": 1})
    close(town, clock)
    answer = town.head.get("/rounds/C1/documents/pickup_sheet/L1.xlsx")
    assert answer.status_code == 200
    assert answer.data.startswith(b"PK")
    # Servers refuse headers beyond ASCII, and names of documents are Chinese.
    assert answer.headers["Content-Disposition"].isascii()
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    assert town.head.get("/rounds/C1/documents/pickup_sheet/L2.xlsx").status_code == 404
    assert town.staff().get("/rounds/C1/documents/matrix.pdf").data.startswith(b"%PDF")
    db.session.rollback()
    taken = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "document_taken")).one()
    assert taken.after == {"kind": "pickup_sheet", "code": "L1"}


def test_the_order_export_is_taken_while_the_round_sells(town: Town) -> None:
    town.buyer.order({"P1": 2})
    answer = town.head.get("/rounds/C1/documents/order_export/L1.xlsx")
    assert answer.status_code == 200
    read = read_export(answer.data)
    assert (read.units, read.differences) == (2, ())
    assert town.head.get("/rounds/C1/documents/order_export.xlsx").status_code == 404
    assert town.other_head.get("/rounds/C1/documents/order_export/L1.xlsx").status_code == 404
    assert read_export(town.staff().get("/rounds/C1/documents/order_export.xlsx").data).units == 2
    assert town.staff().get("/rounds/C1/documents/order_export.pdf").status_code == 404
