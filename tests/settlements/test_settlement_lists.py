"""Statements of all suppliers over the API: in pages, narrowed, for finance and operators only."""

from datetime import timedelta

from flask import Flask

from groupbuy.db.transaction import in_transaction
from groupbuy.settlements import paying
from tests.settlements.bought import LATER, NOW, Bought, deduct, make
from tests.settlements.test_supplier_pages import clock, finance_program

__all__ = ["clock"]


def test_statements_of_all_suppliers_come_in_pages_and_narrowed(app: Flask, bought: Bought) -> None:
    program, code = finance_program(app), bought.supplier.code
    first = make(bought, NOW + timedelta(days=1)).number
    deduct(bought, -500, now=LATER)
    second = make(bought, LATER + timedelta(days=1)).number
    wish = {"number": first, "now": LATER, "actor": "account:2"}
    in_transaction(lambda: paying.approve(**wish))

    def numbers(query: str = "") -> list[str]:
        return [one["number"] for one in program.get(f"/settlements?{query}").json["items"]]

    assert numbers() == [second, first]
    page = program.get("/settlements?limit=1").json
    assert [one["number"] for one in page["items"]] == [second]
    assert numbers(f"limit=1&cursor={page['next_cursor']}") == [first]
    assert numbers("state=approved") == [first]
    assert numbers(f"supplier={code}&state=made") == [second]
    assert numbers("paid=unpaid") == [second, first]
    assert numbers("paid=part") == numbers("paid=paid") == []
    last = program.get(f"/settlements/{first}").json["last_day"]
    assert (numbers(f"since={last}&until={last}"), numbers(f"until={last}")) == ([first], [first])
    assert numbers("since=9999-12-31") == []
    assert numbers("since=0001-01-01&until=9999-12-31") == [second, first]
    for wrong, param in (("since=2026-02-30", "since"), ("state=x", "state"), ("until=x", "until")):
        answer = program.get(f"/settlements?{wrong}")
        assert (answer.status_code, answer.json["error"]["param"]) == (422, param)
    assert program.get("/settlements?supplier=NONE").json["error"]["code"] == "unknown_supplier"
