"""What finance takes off a supplier by hand: asked about where it is much, given back where it was wrong."""

from collections.abc import Sequence

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.kernel.errors import RuleBroken
from groupbuy.settlements import claims, deducting, invoices, queries
from groupbuy.settlements.invoices import Asked
from groupbuy.settlements.models import SupplierAdjustment
from tests.settlements.bought import LATER, NOW, Bought, enter, keep, make, wrong
from tests.settlements.test_supplier_pages import clock, finance_program, office
from tests.warehouse.test_races import at_once

__all__ = ["clock", "office"]
PAGE = "/admin/suppliers/S1/deduct"
TYPED = {"kind": "claim", "amount_fen": "5.00", "note": "压坏两箱", "submission_key": "k"}


def take_off(fen: int, cause: str = "form:1") -> None:
    supplier = db.session.scalars(select(Supplier)).one()
    deducting.deduct(
        supplier=supplier, kind="claim", amount_fen=fen, cause=cause, note="压坏", now=NOW, actor="account:1"
    )


def by_hand() -> Sequence[SupplierAdjustment]:
    db.session.rollback()
    return deducting.by_hand_of(queries.get_supplier("S1"), most=9)


def test_more_than_is_owed_is_asked_about(bought: Bought, office: FlaskClient) -> None:
    typed = TYPED | {"amount_fen": "54.99"}
    asked = office.post(PAGE, data=typed)
    assert (asked.status_code, "应付该供应商只有 ¥54.98" in asked.text) == (422, True)
    assert bought.owed == 5498
    assert office.post(PAGE, data=typed | {"confirmed": "y"}).status_code == 303
    assert bought.owed == -1
    assert office.post(PAGE, data=typed).status_code == 303
    assert bought.owed == -1


def test_two_at_the_same_moment_see_what_the_other_has_left(app: Flask, bought: Bought) -> None:
    found = at_once(app, lambda: take_off(3000, "form:1"), lambda: take_off(3000, "form:2"))
    assert sorted(found, key=str) == [None, "above_owed"]
    assert bought.owed == 2498


def test_a_mistake_is_given_back_once_and_both_stand_on_the_statement(
    bought: Bought, office: FlaskClient
) -> None:
    assert "已录入的扣款" not in office.get(PAGE).text
    assert office.post(PAGE, data=TYPED).status_code == 303
    (row,) = by_hand()
    back = f"/admin/suppliers/S1/deductions/{row.id}/back"
    assert back in office.get(PAGE).text
    assert office.post(back, data={"reason": " "}).status_code == 422
    assert bought.owed == 4998
    for _ in range(2):
        assert office.post(back, data={"reason": "录错供应商"}).status_code == 303
    assert bought.owed == 5498
    page = office.get(PAGE).text
    assert ("已退回" in page, back in page) == (True, False)
    items = queries.items_of(make(bought))
    assert sorted(item.amount_fen for item in items) == [-500, 500, 5498]
    keep()
    assert wrong() == []


def test_what_was_given_back_is_no_claim_beside_an_invoice_any_more(bought: Bought) -> None:
    with transaction():
        take_off(500)
    enter(bought, "A1", Asked("P1", 7, 3000))
    (found,) = claims.waiting(most=9)
    assert [claim.amount_fen for claim in claims.beside([found])[found.line_id]] == [-500]
    with transaction():
        give_back(by_hand()[0].id)
    assert claims.beside([found])[found.line_id] == []


def test_what_an_invoice_was_decided_to_be_net_of_is_not_given_back(bought: Bought) -> None:
    with transaction():
        take_off(500)
    enter(bought, "A1", Asked("P1", 7, 3000))
    (found,) = claims.waiting(most=9)
    (row,) = by_hand()
    with transaction():
        invoices.decide(
            line_id=found.line_id,
            how="as_invoiced",
            note="",
            claim_ids=[row.id],
            now=LATER,
            actor="account:1",
        )
    with pytest.raises(RuleBroken, match="net of this"), transaction():
        give_back(row.id)
    assert by_hand()[0].amount_fen == -500


def give_back(number: int) -> None:
    supplier = queries.get_supplier("S1")
    deducting.give_back(supplier=supplier, adjustment_id=number, reason="录错", now=LATER, actor="account:1")


def test_programs_take_off_list_and_give_back(app: Flask, bought: Bought) -> None:
    program = finance_program(app)
    asked = {"kind": "deduction", "amount_fen": 10**9, "note": "x", "submission_key": "k"}
    refused = program.post("/suppliers/S1/deductions", asked)
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "above_owed")
    assert program.post("/suppliers/S1/deductions", asked | {"confirmed": True}).status_code == 201
    (item,) = program.get("/suppliers/S1/deductions").json["items"]
    assert (item["amount_fen"], item["given_back_at"]) == (10**9, None)
    path = f"/suppliers/S1/deductions/{item['deduction']}/back"
    for _ in range(2):
        assert program.post(path, {"reason": "录错"}).json["owed_fen"] == 5498
    (item,) = program.get("/suppliers/S1/deductions").json["items"]
    assert item["given_back_at"] is not None
    assert program.post("/suppliers/S1/deductions/999/back", {"reason": "x"}).status_code == 404
    assert program.post(path, {"reason": ""}).status_code == 422


def test_a_claim_that_something_else_has_made_is_not_given_back_by_hand(bought: Bought) -> None:
    with transaction():
        take_off(500, "leader_receipt:1")
    assert by_hand() == []
