"""A decision counts for the figures that were looked at: changed ones are shown and asked for again."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.finance import queries as ledger
from groupbuy.finance import rules
from groupbuy.settlements import claims
from groupbuy.settlements.invoices import Asked
from tests.settlements.bought import Bought, deduct, enter
from tests.settlements.test_supplier_pages import clock, finance_program, office

__all__ = ["clock", "office"]


def _form(page: str) -> dict[str, str]:
    """Return a decision with what the page has noted as seen."""
    (seen,) = re.findall(r'name="fingerprint"[^>]*value="([0-9a-f]+)"', page)
    return {"how": "as_invoiced", "note": "同意", "fingerprint": seen}


def test_a_page_that_shows_old_figures_decides_nothing_and_shows_the_new_ones(
    bought: Bought, office: FlaskClient
) -> None:
    enter(bought, "A1", Asked("P1", 12, 6000))
    (found,) = claims.waiting(most=9)
    address = f"/admin/invoices/differences/{found.line_id}"
    page = office.get(address).text
    assert "¥25.00" in page
    # Meanwhile a second invoice for the same goods: 3 × ¥5.00 more.
    enter(bought, "A2", Asked("P1", 3, 1500))
    refused = office.post(address, data=_form(page))
    assert (refused.status_code, "¥40.00" in refused.text) == (422, True)
    assert "差异已变化" in refused.text
    assert ledger.balance(rules.supplier(bought.supplier.id)) == 5498
    assert office.post(address, data=_form(refused.text)).status_code == 303
    assert ledger.balance(rules.supplier(bought.supplier.id)) == 5498 + 4000


def test_a_claim_booked_since_the_page_was_opened_is_looked_at_first(
    bought: Bought, office: FlaskClient
) -> None:
    enter(bought, "A1", Asked("P1", 7, 3000))
    (found,) = claims.waiting(most=9)
    address = f"/admin/invoices/differences/{found.line_id}"
    page = office.get(address).text
    deduct(bought, 500, kind="claim")
    refused = office.post(address, data=_form(page))
    assert (refused.status_code, "压坏两箱" in refused.text) == (422, True)


@pytest.mark.parametrize("named", [True, False])
def test_a_program_that_names_what_it_has_seen_is_told_when_it_is_not_so(
    app: Flask, bought: Bought, named: bool
) -> None:
    program = finance_program(app)
    enter(bought, "A1", Asked("P1", 12, 6000))
    (seen,) = program.get("/invoice-differences").json["items"]
    enter(bought, "A2", Asked("P1", 3, 1500))
    path = f"/invoice-differences/{seen['line']}/decide"
    body = {"how": "as_agreed"} | ({"fingerprint": seen["fingerprint"]} if named else {})
    answer = program.post(path, body)
    if named:
        assert (answer.status_code, answer.json["error"]["code"]) == (409, "changed_meanwhile")
        (now,) = program.get("/invoice-differences").json["items"]
        answer = program.post(path, body | {"fingerprint": now["fingerprint"]})
    assert answer.json["lines"][0]["waits"] is False
