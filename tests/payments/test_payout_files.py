"""Payout files over the API, and what is rejected though it is in one."""

from io import BytesIO

import pytest
import time_machine
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import func, select

from groupbuy.audit.models import AuditEntry
from groupbuy.commissions import withdrawals, withdrawing
from groupbuy.commissions.models import PayoutBatch
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.leaders.models import Leader
from tests import building
from tests.api.conftest import Person, person_of
from tests.money import SETTLED, ask, earn
from tests.support.seats import appoint

FINANCE = "account:90"


@pytest.fixture(autouse=True)
def clock(app: Flask) -> object:
    app.config["WTF_CSRF_ENABLED"] = False
    with time_machine.travel(SETTLED, tick=False):
        yield


def clerk(app: Flask) -> Person:
    account = building.add_account("财务")
    appoint(app, account, "finance", SETTLED)
    return person_of(app, account.id, "finance")


def approved(leader: Leader, amount: int) -> str:
    number = ask(leader, amount).number
    in_transaction(lambda: withdrawing.approve(number=number, now=SETTLED, actor=FINANCE))
    return number


def decide(finance: Person, number: str, **body: object) -> tuple[int, str | None]:
    answer = finance.post(f"/withdrawals/{number}/decide", body)
    return answer.status_code, (answer.json.get("error") or {}).get("code")


def test_a_payout_file_is_made_once_listed_taken_and_followed(app: Flask) -> None:
    leader, finance = earn(app), clerk(app)
    first, second = approved(leader, 2000), approved(leader, 3000)
    made, again = (finance.post("/payout-files", {}, key="friday") for _ in range(2))
    assert (made.status_code, made.json) == (201, again.json)
    assert finance.post("/payout-files", {}).json["error"]["code"] == "nothing_to_pay"
    batch = made.json["id"]
    waiting = {"payouts": 2, "net_fen": 5000, "open": 2, "paid": 0, "rejected": 0}
    assert made.json.items() >= waiting.items()
    rows = finance.get(f"/withdrawals?payout_file={batch}").json["items"]
    assert [(row["number"], row["payout_file"]) for row in rows] == [(second, batch), (first, batch)]
    assert decide(finance, first, deed="paid", words="流水 778") == (200, None)
    assert decide(finance, second, deed="reject", words="户名不符", confirmed=True) == (200, None)
    now = finance.get(f"/payout-files/{batch}").json
    assert now == made.json | {"open": 0, "paid": 1, "rejected": 1}
    assert finance.get("/payout-files").json == {"items": [now], "next_cursor": None}
    assert finance.get("/withdrawals?payout_file=99").json["items"] == []


def test_a_payout_file_is_taken_by_finance_only_and_logged(app: Flask) -> None:
    leader, finance = earn(app), clerk(app)
    number = approved(leader, 2000)
    batch = finance.post("/payout-files").json["id"]
    book = load_workbook(BytesIO(finance.get(f"/payout-files/{batch}.xlsx").data))
    assert number in str(list(book.worksheets[0].values))
    text = finance.get(f"/payout-files/{batch}.csv").text
    assert number in text
    assert "20.00" in text
    verbs = select(func.count()).where(AuditEntry.verb == "payout_file_taken")
    assert db.session.scalar(verbs) == 2
    account = db.session.get_one(Leader, leader.id).account_id
    assert account is not None
    head = person_of(app, account, "leader")
    for path in ("/payout-files", f"/payout-files/{batch}", f"/payout-files/{batch}.csv"):
        assert head.get(path).status_code == 403
    assert finance.get("/payout-files/99.csv").json["error"]["code"] == "unknown_batch"


def test_payout_files_come_in_pages(app: Flask) -> None:
    leader, finance = earn(app), clerk(app)
    made = []
    for amount in (2000, 2100, 2200):
        approved(leader, amount)
        made.append(finance.post("/payout-files").json["id"])
    page = finance.get("/payout-files?limit=2").json
    rest = finance.get(f"/payout-files?limit=2&cursor={page['next_cursor']}").json
    assert [row["id"] for row in page["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


def test_what_is_in_a_payout_file_is_rejected_only_knowingly(app: Flask) -> None:
    leader, finance = earn(app), clerk(app)
    number = approved(leader, 2000)
    finance.post("/payout-files")
    assert decide(finance, number, deed="reject", words="账号不对") == (409, "in_file")
    assert withdrawals.money_of(leader.id).available_fen == 9900 - 2000
    assert decide(finance, number, deed="reject", words="账号不对", confirmed=True) == (200, None)
    assert withdrawals.money_of(leader.id).available_fen == 9900
    # What is decided is not asked about once more.
    assert decide(finance, number, deed="reject", words="账号不对") == (409, "wrong_state")


def test_a_page_that_did_not_know_of_the_payout_file_asks_again(app: Flask) -> None:
    leader = earn(app)
    office = appoint(app, building.add_account("财务"), "finance", SETTLED)
    path = f"/admin/withdrawals/{approved(leader, 2000)}/reject"
    assert "打款文件" not in office.get(path).text
    batch = in_transaction(lambda: withdrawing.make_batch(now=SETTLED, actor=FINANCE).id)
    unknowing = office.post(path, data={"reason": "账号不对", "batch": ""})
    assert unknowing.status_code == 422
    assert f"打款文件 {batch} 中" in unknowing.text
    assert f'name="batch" type="hidden" value="{batch}"' in unknowing.text
    assert office.post(path, data={"reason": "账号不对", "batch": str(batch)}).status_code == 303
    assert withdrawals.money_of(leader.id).available_fen == 9900
    assert db.session.scalar(select(PayoutBatch.net_fen)) == 2000
