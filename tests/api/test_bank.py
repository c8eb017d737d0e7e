"""The bank's statement over the API: taken in, matched, set aside, taken back."""

from typing import Any

import pytest
from flask import Flask

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from tests.api.conftest import Person, Town
from tests.finance.test_banking import paid_out, statement

FILE = (
    "2026-11-25,,50.00,王五,代付 A778,1",
    "2026-11-26,19.80,,,现金存款,2",
    "2026-12-26,,3.00,银行,手续费,3",
)


@pytest.fixture
def office(app: Flask) -> Person:
    """Return somebody of finance; ¥50.00 went to a leader, ¥19.80 of cash came in."""
    paid_out(app)
    nobody: Any = None
    return Town(app, nobody, nobody, nobody, nobody, nobody).staff("finance")


def send(office: Person, content: bytes, query: str = "", kind: str = "text/csv") -> Any:
    """Send a file as the body."""
    return office.client.post(
        f"/api/v1/bank/statements{query}",
        data=content,
        headers={"Authorization": f"Bearer {office.token}", "Content-Type": kind},
    )


def lines(office: Person, query: str = "") -> list[tuple[int, str]]:
    """Return amounts and states, the latest first."""
    return [(row["amount_fen"], row["state"]) for row in office.get(f"/bank/lines{query}").json["items"]]


def test_a_statement_comes_in_once_and_its_lines_are_found_by_state_day_and_page(office: Person) -> None:
    assert send(office, statement(*FILE)).json == {"lines": 3, "new": 3, "matched": 2, "sums": []}
    assert send(office, statement(*FILE)).json == {"lines": 3, "new": 0, "matched": 0, "sums": []}
    assert lines(office) == [(-300, "open"), (1980, "matched"), (-5000, "matched")]
    assert lines(office, "?state=open") == [(-300, "open")]
    assert lines(office, "?since=2026-11-26&until=2026-11-26") == [(1980, "matched")]
    first = office.get("/bank/lines?limit=2").json
    rest = office.get(f"/bank/lines?limit=2&cursor={first['next_cursor']}").json
    assert [row["amount_fen"] for row in (*first["items"], *rest["items"])] == [-300, 1980, -5000]
    assert rest["next_cursor"] is None
    assert office.get("/bank/lines?since=2026-02-31").json["error"]["param"] == "since"
    assert office.get("/bank/lines?state=lost").status_code == 422
    assert office.get("/bank/missing").json["items"] == []


def test_what_is_proposed_is_matched_and_taken_back(office: Person) -> None:
    # Twice the same amount: nothing is beyond doubt, and the cash is proposed for both.
    send(office, statement("2026-11-25,19.80,,甲,存款,1", "2026-11-26,19.80,,乙,存款,2", FILE[2]))
    fee, second, first = (row["id"] for row in office.get("/bank/lines").json["items"])
    missing = office.get("/bank/missing?limit=1").json
    assert missing["next_cursor"]
    shown = office.get(f"/bank/lines/{first}").json
    (proposed,) = shown["proposed"]
    assert [(row["posting"], row["amount_fen"]) for row in shown["candidates"]] == [(proposed[0], 1980)]
    assert office.post(f"/bank/lines/{fee}/match", {"postings": proposed}).status_code == 409
    done = office.post(f"/bank/lines/{first}/match", {"postings": proposed}, key="k")
    assert done.json["matched"] == proposed
    assert done.json["line"]["state"] == "matched"
    assert office.post(f"/bank/lines/{first}/match", {"postings": proposed}, key="k").json == done.json
    assert office.post(f"/bank/lines/{second}/match", {"postings": proposed}).status_code == 422
    back = office.post(f"/bank/lines/{first}/reopening").json
    assert (back["line"]["state"], back["proposed"]) == ("open", [proposed])
    assert office.post(f"/bank/lines/{first}/reopening").status_code == 409
    aside = office.post(f"/bank/lines/{fee}/aside", {"note": "手续费"}).json
    assert (aside["line"]["state"], aside["line"]["note"], aside["candidates"]) == ("set_aside", "手续费", [])
    verbs = set(db.session.query(AuditEntry.verb).filter(AuditEntry.verb.startswith("bank_")))
    assert {verb for (verb,) in verbs} == {"bank_imported", "bank_matched", "bank_reopened", "bank_set_aside"}


def test_a_file_with_faults_stores_nothing_and_names_them(office: Person) -> None:
    answer = send(office, statement("gestern,1,,,,", FILE[0], "2026-11-25,x,,,,"))
    assert answer.status_code == 422
    assert [(one["row"], one["code"]) for one in answer.json["errors"]] == [
        (2, "bad_date"),
        (4, "not_a_number"),
    ]
    assert answer.json["error"]["code"] == "bad_date"
    assert send(office, b"d,x\n2026-11-25,-7\n").json["error"]["code"] == "missing_column"
    assert send(office, b"d,x\n2026-11-25,-7\n", "?day=d&amount=y").json["error"]["param"] == "amount"
    assert send(office, b"d,x\n2026-11-25,-7\n", "?day=d&amount=x").json["new"] == 1
    assert send(office, b"").json["error"]["code"] == "required"
    assert send(office, b"{}", kind="application/json").status_code == 415
    assert lines(office) == [(-700, "open")]
