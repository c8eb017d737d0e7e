"""Pages of suppliers' money: finance enters, settles and pays; the supplier looks, answers and downloads."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from groupbuy.accounts import service, tokens
from groupbuy.accounts.models import Account
from groupbuy.accounts.queries import find_account
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.finance import queries as ledger
from groupbuy.finance import rules
from groupbuy.settlements import claims, queries
from tests import building
from tests.api.conftest import Person
from tests.settlements.bought import NOW, Bought, deduct
from tests.web.test_money_pages import browser, finance

INVOICE = {"number": "044001900111", "dated": "2026-11-23", "tax_fen": "1.00"}
LINES = {"lines-0-code": "P1", "lines-1-code": "P2", "lines-1-units": "6", "lines-1-amount_fen": "19.98"}


@pytest.fixture(autouse=True)
def clock(app: Flask) -> Iterator[None]:
    app.config["WTF_CSRF_ENABLED"] = False
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def office(app: Flask) -> FlaskClient:
    return finance(app)


@pytest.fixture
def seller(app: Flask, bought: Bought) -> FlaskClient:
    return browser(app, signed_in_for("S1", "13911112222", staff(app)), "supplier")


def staff(app: Flask) -> FlaskClient:
    return browser(app, building.add_account("运营"), "operator")


def signed_in_for(code: str, phone: str, office: FlaskClient) -> Account:
    """Return the account that signs in for a supplier, set on its page."""
    form = {"name": "老张", "phone": phone}
    assert office.post(f"/admin/suppliers/{code}/sign-in", data=form).status_code == 303
    account = find_account(phone)
    assert account is not None
    return account


def test_who_signs_in_for_a_supplier_gives_way_to_the_next(
    app: Flask, bought: Bought, seller: FlaskClient
) -> None:
    office = staff(app)
    assert seller.get("/supplier/").status_code == 200
    signed_in_for("S1", "13911113333", office)
    assert seller.get("/supplier/").status_code in (302, 303, 403)
    building.add_supplier("S2")
    form = {"name": "老张", "phone": "13911113333"}
    assert office.post("/admin/suppliers/S2/sign-in", data=form).status_code == 422
    assert db.session.get_one(Supplier, bought.supplier.id).account_id is not None


def test_a_statement_goes_from_the_ramp_to_the_bank(
    bought: Bought, office: FlaskClient, seller: FlaskClient
) -> None:
    assert "¥54.98" in office.get("/admin/settlements/owed").text
    assert "54.98" in office.get("/admin/settlements/owed?export=csv").text
    claim = {"kind": "claim", "amount_fen": "4.98", "note": "=压坏", "submission_key": "k"}
    for _ in range(2):
        assert office.post("/admin/suppliers/S1/deduct", data=claim).status_code == 303
    assert office.post("/admin/settlements/make/S1", data={"day": "2026-11-23"}).status_code == 303
    (row,) = queries.settlements_of([bought.supplier.id], most=9)
    assert row.number in office.get("/admin/settlements?paid=unpaid").text
    seen = seller.get(f"/supplier/settlements/{row.number}").text
    assert "¥50.00" in seen
    assert "=压坏" in seen
    assert seller.post(f"/supplier/settlements/{row.number}/objected").status_code == 422
    assert seller.post(f"/supplier/settlements/{row.number}/agreed").status_code == 303
    address = f"/admin/settlements/{row.number}"
    assert office.post(f"{address}/approve").status_code == 303
    paid = {"amount_fen": "50.00", "proof": "流水 88", "submission_key": "k"}
    for _ in range(2):
        assert office.post(f"{address}/paid", data=paid).status_code == 303
    assert "流水 88" in seller.get(f"/supplier/settlements/{row.number}").text
    assert row.number in office.get("/admin/settlements?paid=paid").text
    assert bought.owed == 0


def test_a_statement_is_a_workbook_and_a_paper(
    bought: Bought, office: FlaskClient, seller: FlaskClient
) -> None:
    office.post("/admin/settlements/make/S1", data={"day": "2026-11-23"})
    (row,) = queries.settlements_of([bought.supplier.id], most=9)
    file = seller.get(f"/supplier/settlements/{row.number}.xlsx")
    statement, came = load_workbook(BytesIO(file.data)).worksheets
    cells = str(list(statement.values))
    assert "54.98" in cells
    assert "伍拾肆元玖角捌分" in cells
    # What came, product by product: 12 less 5 rejected at ¥5.00, and 6 at ¥3.33.
    rows = [row[2:9] for row in came.values if row[0] in (1, 2)]
    assert [(row[0], *row[2:]) for row in rows] == [("P1", 12, 5, 7, 5, 35), ("P2", 6, 0, 6, 3.33, 19.98)]
    assert office.get(f"/admin/settlements/{row.number}.pdf").data.startswith(b"%PDF")


def test_an_invoice_that_asks_too_much_waits_until_it_is_decided(bought: Bought, office: FlaskClient) -> None:
    address = f"/admin/invoices/new/{bought.order}"
    # What came and is not invoiced yet is filled in: 7 × ¥5.00 and 6 × ¥3.33.
    assert 'value="35.00"' in office.get(address).text
    asked = INVOICE | LINES | {"lines-0-units": "12", "lines-0-amount_fen": "60.00"}
    assert office.post(address, data=asked).status_code == 303
    assert office.post(address, data=asked).status_code == 422
    assert INVOICE["number"] in office.get("/admin/invoices").text
    assert "¥25.00" in office.get("/admin/invoices/1").text
    (found,) = claims.waiting(most=9)
    queue = office.get("/admin/invoices/differences").text
    assert "25.00" in office.get("/admin/invoices/differences?export=csv").text
    assert bought.order in queue
    decided = {"how": "as_invoiced", "note": "同意"}
    assert office.post(f"/admin/invoices/differences/{found.line_id}", data=decided).status_code == 303
    assert ledger.balance(rules.supplier(bought.supplier.id)) == 5498 + 2500
    assert office.post("/admin/invoices/1/cancel").status_code == 303
    assert [one.match.difference_fen for one in claims.waiting(most=9)] == [0]


def test_an_invoice_that_asks_for_nothing_is_told_so(bought: Bought, office: FlaskClient) -> None:
    asked = INVOICE | LINES | {"lines-0-units": "0", "lines-0-amount_fen": "0"}
    asked |= {"lines-1-units": "0", "lines-1-amount_fen": "0"}
    answer = office.post(f"/admin/invoices/new/{bought.order}", data=asked)
    assert (answer.status_code, "发票没有任何内容" in answer.text) == (422, True)


def test_a_booked_claim_beside_a_difference_is_ticked(bought: Bought, office: FlaskClient) -> None:
    deduct(bought, 500, kind="claim")
    asked = INVOICE | LINES | {"lines-0-units": "7", "lines-0-amount_fen": "30.00"}
    assert office.post(f"/admin/invoices/new/{bought.order}", data=asked).status_code == 303
    (found,) = claims.waiting(most=9)
    assert "-5.00" in office.get("/admin/invoices/differences?export=csv").text.splitlines()[-1]
    address = f"/admin/invoices/differences/{found.line_id}"
    (booked,) = claims.beside([found])[found.line_id]
    assert "压坏两箱" in office.get(address).text
    wrong = {"how": "as_agreed", "claims": [str(booked.id)]}
    assert office.post(address, data=wrong).status_code == 422
    assert office.post(address, data=wrong | {"how": "as_invoiced"}).status_code == 303
    # ¥30.00 and ¥19.98, which are net of the claim.
    assert ledger.balance(rules.supplier(bought.supplier.id)) == 3000 + 1998


def test_terms_are_kept_as_they_were_typed(bought: Bought, office: FlaskClient) -> None:
    typed = {"cycle": "half_month", "due_days": "10", "rebates": "¥5,000 1.5%\n10000 2"}
    assert office.post("/admin/suppliers/S1/terms", data=typed | {"rebates": "x"}).status_code == 422
    # A comma inside an amount would part it in two.
    typed["rebates"] = "¥5000 1.5%\n10000 2"
    assert office.post("/admin/suppliers/S1/terms", data=typed).status_code == 303
    assert "5000.00 1.50" in office.get("/admin/suppliers/S1/terms").text
    assert office.post("/admin/settlements/due").status_code == 303


def finance_program(app: Flask) -> Person:
    """Return a program of finance with a token."""
    account = building.add_account("财务程序")
    with transaction():
        service.grant_role(account=account, role="finance", now=NOW, actor="test")
        token, _ = tokens.issue_token(
            account=account, role="finance", now=NOW, actor="test", lifetime=timedelta(days=1)
        )
    return Person(app.test_client(), token)


def test_programs_read_a_statement_and_invoices_down_to_the_line_and_take_an_invoice_back(
    app: Flask, bought: Bought, office: FlaskClient
) -> None:
    asked = INVOICE | LINES | {"lines-0-units": "7", "lines-0-amount_fen": "35.00"}
    assert office.post(f"/admin/invoices/new/{bought.order}", data=asked).status_code == 303
    path, program = f"/purchase-orders/{bought.order}/invoices", finance_program(app)
    (invoice,) = program.get(path).json["invoices"]
    assert (invoice["number"], invoice["amount_fen"], invoice["tax_fen"]) == (INVOICE["number"], 5498, 100)
    assert invoice["lines"][0] == {"product_code": "P1", "units": 7, "amount_fen": 3500}
    taken_back = f"/supplier-invoices/{invoice['invoice']}/cancellation"
    assert [program.post(taken_back).json["state"] for _ in range(2)] == ["cancelled"] * 2
    assert [one["state"] for one in program.get(path).json["invoices"]] == ["cancelled"]

    office.post("/admin/settlements/make/S1", data={"day": "2026-11-23"})
    (row,) = queries.settlements_of([bought.supplier.id], most=9)
    whole = program.get(f"/settlements/{row.number}").json
    assert [one["amount_fen"] for one in whole["items"]] == [5498]
    assert whole["items"][0]["purchase_order"] == bought.order
    assert [(one["product_code"], one["accepted"], one["amount_fen"]) for one in whole["received"]] == [
        ("P1", 7, 3500),
        ("P2", 6, 1998),
    ]
    assert whole["payments"] == []


def test_a_program_reads_booked_claims_beside_a_difference_and_names_what_an_invoice_is_net_of(
    app: Flask, bought: Bought
) -> None:
    program = finance_program(app)
    less = {"kind": "claim", "amount_fen": 500, "note": "烂果", "submission_key": "k"}
    assert program.post("/suppliers/S1/deductions", less).json["owed_fen"] == 4998
    asked = {"product_code": "P1", "units": 7, "amount_fen": 3000}
    invoice = {"number": "A1", "dated": "2026-11-23", "lines": [asked]}
    lines = program.post(f"/purchase-orders/{bought.order}/invoices", invoice).json["lines"]
    assert [claim["amount_fen"] for claim in lines[0]["claims"]] == [-500]
    (found,) = program.get("/invoice-differences").json["items"]
    (claim,) = found["claims"]
    assert (found["difference_fen"], claim["note"], claim["taken"]) == (-500, "烂果", False)
    path, net = f"/invoice-differences/{found['line']}/decide", {"claims": [claim["id"]]}
    assert program.post(path, {"how": "as_agreed"} | net).status_code == 422
    (decided,) = program.post(path, {"how": "as_invoiced"} | net).json["lines"]
    assert (decided["waits"], decided["claims"][0]["taken"]) == (False, True)
    assert program.get("/suppliers/S1/settlements").json["owed_fen"] == 4998
