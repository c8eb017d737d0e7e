"""Payout files over the API, and what is rejected though it is in one."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from threading import Barrier

import pytest
import time_machine
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import func, select

from groupbuy.audit.models import AuditEntry
from groupbuy.commissions import payout_files, withdrawals, withdrawing
from groupbuy.commissions.models import PayoutBatch
from groupbuy.commissions.withdrawing import Payee
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.leaders.models import Leader
from tests import building
from tests.api.conftest import Person, person_of
from tests.money import PAYEE, SETTLED, ask, earn
from tests.support.commands import Run
from tests.support.refusals import code_of
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


def approved(leader: Leader, amount: int, payee: Payee = PAYEE) -> str:
    number = ask(leader, amount, payee=payee).number
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


def test_a_payout_file_of_one_way_leaves_the_others_for_their_own(app: Flask, cli_runner: Run) -> None:
    leader, finance = earn(app), clerk(app)
    office = appoint(app, building.add_account("财务二"), "finance", SETTLED)
    by_bank = approved(leader, 2000)
    by_alipay, by_wechat = (
        approved(leader, 2100, Payee(way, "a@b.cn", "王五")) for way in ("alipay", "wechat")
    )
    queue = office.get("/admin/withdrawals?method=alipay").text
    assert (by_alipay in queue, by_bank in queue, "收款方式为支付宝的提现" in queue) == (True, False, True)
    assert office.post("/admin/withdrawals/batch", data={"method": "alipay"}).status_code == 303
    made = finance.post("/payout-files?method=bank").json
    assert (made["payouts"], made["net_fen"]) == (1, 2000)
    assert cli_runner("payouts", "make", "--method", "wechat", "--json").json["net_fen"] == 2100
    found = [[row.number for row in payout_files.withdrawals_in(file)] for file in (1, 2, 3)]
    assert found == [[by_alipay], [by_bank], [by_wechat]]
    assert finance.post("/payout-files?method=bank").json["error"]["code"] == "nothing_to_pay"
    assert finance.post("/payout-files?method=cheque").json["error"]["param"] == "method"
    assert office.post("/admin/withdrawals/batch", data={"method": "cheque"}).status_code == 422


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
    batch = in_transaction(lambda: payout_files.make(now=SETTLED, actor=FINANCE).id)
    unknowing = office.post(path, data={"reason": "账号不对", "batch": ""})
    assert unknowing.status_code == 422
    assert f"打款文件 {batch} 中" in unknowing.text
    assert f'name="batch" type="hidden" value="{batch}"' in unknowing.text
    assert office.post(path, data={"reason": "账号不对", "batch": str(batch)}).status_code == 303
    assert withdrawals.money_of(leader.id).available_fen == 9900
    assert db.session.scalar(select(PayoutBatch.net_fen)) == 2000


def test_results_of_the_bank_are_entered_together_some_failed(app: Flask) -> None:
    leader, finance = earn(app), clerk(app)
    first, second, third = (approved(leader, amount) for amount in (2000, 2100, 2200))
    batch = finance.post("/payout-files").json["id"]
    said = [{"number": first, "proof": "流水 1"}, {"number": second, "reason": "户名不符"}]
    done = finance.post(
        f"/payout-files/{batch}/results", {"results": [*said, {"number": "W0", "proof": "x"}]}
    )
    assert (done.json["open"], done.json["paid"], done.json["rejected"]) == (1, 1, 1)
    assert [(one["number"], one["code"]) for one in done.json["left_out"]] == [("W0", "unknown_withdrawal")]
    again = finance.post(f"/payout-files/{batch}/results", {"results": said}).json
    assert [(one["number"], one["code"]) for one in again["left_out"]] == [(second, "wrong_state")]
    assert withdrawals.money_of(leader.id).available_fen == 9900 - 2000 - 2200
    for wrong in ({"number": third}, {"number": third, "proof": "a", "reason": "b"}):
        answer = finance.post(f"/payout-files/{batch}/results", {"results": [said[0], wrong]})
        assert (answer.status_code, answer.json["error"]["param"]) == (422, "results[1].proof")
    unknown = finance.post("/payout-files/99/results", {"results": said})
    assert unknown.json["error"]["code"] == "unknown_batch"


def test_finance_follows_a_payout_file_on_the_page(app: Flask) -> None:
    leader = earn(app)
    office = appoint(app, building.add_account("财务"), "finance", SETTLED)
    first, second, third = (approved(leader, amount) for amount in (2000, 2100, 2200))
    made = office.post("/admin/withdrawals/batch")
    assert (made.status_code, made.location) == (303, "/admin/withdrawals?batch=1")
    assert office.post("/admin/withdrawals/batch").status_code == 409
    listed = office.get("/admin/payout-files").text
    assert ("财务" in listed, "¥63.00" in listed, "/admin/withdrawals?batch=1" in listed) == (
        True,
        True,
        True,
    )
    page = office.get("/admin/withdrawals?batch=1").text
    assert all(text in page for text in (first, second, third, "/admin/withdrawals/batch/1.xlsx"))
    path = "/admin/payout-files/1/results"
    assert path in page
    assert office.get(path).text.count("checked") == 3
    assert office.post(path, data={"paid": [first]}).status_code == 422
    assert office.post(path, data={}).status_code == 422
    assert office.post(path, data={"paid": [first], "proof": "流水 1"}).status_code == 303
    sent = {"paid": [second], "proof": "流水 2", "reason": "账号不存在"}
    assert office.post(path, data=sent).location == "/admin/withdrawals?batch=1"
    assert withdrawals.money_of(leader.id).available_fen == 9900 - 2000 - 2100
    assert path not in office.get("/admin/withdrawals?batch=1").text
    assert office.get("/admin/payout-files/99/results").status_code == 404
    assert office.get("/admin/withdrawals?batch=99").status_code == 404


def test_of_two_files_made_at_once_one_takes_all(app: Flask) -> None:
    leader = earn(app)
    for amount in (2000, 2100, 2200):
        approved(leader, amount)
    gate = Barrier(4)

    def make(_number: int) -> str:
        with app.app_context():
            gate.wait()
            return code_of(in_transaction, lambda: payout_files.make(now=SETTLED, actor=FINANCE))

    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(make, range(4)))
    assert found == ["done", "nothing_to_pay", "nothing_to_pay", "nothing_to_pay"]
    assert db.session.scalars(select(PayoutBatch.payouts)).all() == [3]


def test_payout_files_on_the_command_line(app: Flask, cli_runner: Run, tmp_path: Path) -> None:
    leader = earn(app)
    first, second, _third = (approved(leader, amount) for amount in (2000, 2100, 2200))
    assert cli_runner("payouts", "make", "--as", "13800009999", check=False).exit_code == 1
    made = cli_runner("payouts", "make", "--json").json
    assert (made["payouts"], made["net_fen"]) == (3, 6300)
    again = cli_runner("payouts", "make", check=False)
    assert (again.exit_code, "No approved withdrawal" in again.stderr) == (1, True)
    cli_runner("payouts", "take", "1", str(tmp_path / "file.csv"))
    assert first in (tmp_path / "file.csv").read_text("utf-8-sig")
    assert cli_runner("payouts", "take", "1", str(tmp_path / "file.pdf"), check=False).exit_code == 2
    assert cli_runner("payouts", "results", "1", check=False).exit_code == 2
    assert cli_runner("payouts", "results", "1", "--paid", first, check=False).exit_code == 2
    cli_runner("payouts", "results", "1", "--failed", f"{second}=户名不符", "--rest-paid", "流水 9")
    states = [one["state"] for one in cli_runner("payouts", "show", "1", "--json").json["withdrawals"]]
    assert states == ["paid", "rejected", "paid"]
    late = cli_runner("payouts", "results", "1", "--paid", f"{second}=流水 9", check=False)
    assert (late.exit_code, f"left out {second}" in late.stdout) == (1, True)
    assert "2 paid  1 rejected" in cli_runner("payouts", "list").stdout
    assert "流水 9" in cli_runner("payouts", "show", "1").stdout
    assert cli_runner("payouts", "show", "9", check=False).exit_code == 1
