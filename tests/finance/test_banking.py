"""The bank's statement from a file to its matches, on the pages of finance."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from groupbuy.commissions import withdrawing
from groupbuy.db import db
from groupbuy.db.bulk import insert_rows, table_of
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.documents.faults import UnreadableTable
from groupbuy.documents.reading import read_table
from groupbuy.finance import rules, service
from groupbuy.finance.models import BankLine, Posting
from groupbuy.finance.rules import Entry
from groupbuy.flows import bank_reading, banking
from groupbuy.flows.bank_file import BankRow, idle_rows, layout, read_statement
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import plain_yuan
from tests import building
from tests.money import SETTLED, ask, earn
from tests.payments.test_paying_pages import browser
from tests.support.commands import Run

HEADERS = "交易日期,收入金额,支出金额,对方户名,摘要,交易流水号"


def statement(*rows: str, headers: str = HEADERS) -> bytes:
    return "\n".join([headers, *rows]).encode()


def test_lines_are_read_with_their_sign_and_two_alike_are_two() -> None:
    rows = read_statement(
        read_table(
            statement('20261125,,"1,234.50",王五,代付,A778', "2026/11/26,19.80,,,,", "2026/11/26,19.80,,,,")
        ),
        columns={},
    )
    assert [(row.day.day, row.amount_fen) for row in rows] == [(25, -123450), (26, 1980), (26, 1980)]
    assert len({row.key for row in rows}) == 3
    named = read_statement(read_table(b"d,x\n2026-11-25,-7\n"), columns={"day": "d", "amount": "x"})
    assert [row.amount_fen for row in named] == [-700]
    # What the bank takes back of an income stands below zero there; some write expenses below zero too.
    turned = read_statement(
        read_table("交易日期,收入,支出\n2026-11-25,-7,\n2026-11-25,,-8\n".encode()), columns={}
    )
    assert [row.amount_fen for row in turned] == [-700, -800]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_a_file_is_read_as_banks_write_it(encoding: str) -> None:
    above = "账号：6222 0000,,,,,\n币种：人民币,起止日期：2026-11-01 至 2026-11-30,,,,"
    content = f"{above}\n{statement('20261125,,50.00,王五,代付,A778', 'gestern,1,,,,').decode()}"
    with pytest.raises(UnreadableTable) as caught:
        read(content.encode(encoding))
    # Rows are counted from the top of the file, as a spreadsheet does.
    assert [fault.row for fault in caught.value.faults] == [5]
    (row,) = read(content.replace("gestern,1", ",").encode(encoding))
    assert (row.amount_fen, row.who, row.words) == (-5000, "王五", "代付")


def test_the_header_is_found_by_the_name_that_somebody_says() -> None:
    (row,) = read("日期说明\n哪天,多少\n20261125,7\n".encode("gbk"), day="哪天", amount="多少")
    assert row.amount_fen == 700


@pytest.mark.parametrize(
    "last", ["合计：,69.80,50.00,,,", ",合计,69.80,50.00,,", " 本页合计,,,,,", "TOTAL,1,1,,,"]
)
def test_a_row_that_adds_the_others_up_is_passed_over_and_named(last: str) -> None:
    table = read_table(statement("2026-11-25,,50.00,王五,代付,A778", last), layout=layout({}))
    (row,) = read_statement(table, columns={})
    assert (row.amount_fen, idle_rows(table, columns={})) == (-5000, [3])


@pytest.mark.parametrize(
    "row",
    ["2026-11-25,,,,,", "2026-11-25,-,,王五,代付,A778", "2026-11-25,5,5,,,", "2026-11-25,,,,代付 余额,"],
)
def test_a_row_with_a_day_and_no_amount_is_named(row: str) -> None:
    with pytest.raises(UnreadableTable) as caught:
        read(statement("2026-11-25,,50.00,王五,代付,A778", row))
    assert [(one.row, one.code) for one in caught.value.faults] == [(3, "no_amount")]


@pytest.mark.parametrize(
    "row",
    [
        "2026-11-25,,,,期初余额,",
        "承前页,,,,,",
        "2026-11-30,,,,期末余额：,",
        "2026-11-25,0.00,0,,利息税,",
        ",0.00,,,,",
    ],
)
def test_a_balance_and_a_zero_move_nothing_and_are_passed_over_and_named(row: str) -> None:
    table = read_table(statement("2026-11-25,,50.00,王五,代付,A778", row), layout=layout({}))
    assert [one.amount_fen for one in read_statement(table, columns={})] == [-5000]
    assert idle_rows(table, columns={}) == [3]


def test_a_movement_with_a_day_is_none_that_adds_others_up_whatever_its_words() -> None:
    rows = read(statement("2026-11-25,,50.00,合计,合计,合计"))
    assert len(rows) == 1


def test_a_damaged_file_is_not_taken_for_one_of_another_encoding() -> None:
    with pytest.raises(BadInput, match="which columns"):
        read("交易日期,收入\n20261125,1\n".encode() + b"\xa1\xa1")
    with pytest.raises(BadInput, match="not in UTF-8"):
        read(statement("20261125,1,,,,") + b"\xff")


def read(content: bytes, **columns: str) -> list[BankRow]:
    return read_statement(read_table(content, layout=layout(columns)), columns=columns)


@pytest.mark.parametrize(
    ("content", "columns", "message"),
    [
        (b"a,b\n1,2\n", {}, "which columns"),
        (statement("2026-11-25,1,,,,"), {"day": "天"}, "no column 天"),
        (statement("gestern,1,,,,"), {}, "no day"),
        (statement("2026-11-25,1.005,,,,"), {}, "no amount"),
        (statement("2026-11-25,99999999999999,,,,"), {}, "no amount"),
    ],
)
def test_what_cannot_be_read_is_named(content: bytes, columns: dict[str, str], message: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_statement(read_table(content), columns=columns)
    assert message in str(caught.value)


@given(fen=st.lists(st.integers(-(10**9), 10**9).filter(bool), max_size=20))
def test_every_amount_comes_through_to_the_fen(fen: list[int]) -> None:
    text = "\n".join(["日期,金额", *(f"2026-11-25,{plain_yuan(one)}" for one in fen)])
    rows = read_statement(read_table(text.encode()), columns={})
    assert [row.amount_fen for row in rows] == fen
    assert len({row.key for row in rows}) == len(fen)


@pytest.fixture
def office(app: Flask) -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = False
    return browser(app, building.add_account("财务"), "finance")


def paid_out(app: Flask) -> None:
    """Pay ¥50.00 out to a leader, and take in ¥19.80 of cash."""
    row = ask(earn(app), 5000)
    number = row.number
    in_transaction(lambda: withdrawing.approve(number=number, now=SETTLED, actor="a"))
    in_transaction(lambda: withdrawing.note_paid(number=number, proof="A778", now=SETTLED, actor="a"))
    cash = Entry(rules.CASH_DESK, rules.cash(1), 1980, "cash_handover", "1")
    in_transaction(lambda: service.post([cash], at=SETTLED, actor="a"))


def send(office: FlaskClient, content: bytes) -> str:
    office.post("/admin/bank", data={"file": (BytesIO(content), "流水.csv")})
    return office.get("/admin/bank").text


def states() -> list[tuple[int, str]]:
    db.session.rollback()
    db.session.expire_all()
    return [(row.amount_fen, row.state) for row in db.session.query(BankLine).order_by(BankLine.id)]


def test_a_statement_is_taken_in_once_and_matched_by_itself(app: Flask, office: FlaskClient) -> None:
    paid_out(app)
    file = statement("2026-11-25,,50.00,王五,代付 A778,1", "2026-11-26,,3.00,银行,手续费,2")
    assert "新增 2 笔，自动匹配 1 笔" in send(office, file)
    assert "新增 0 笔，自动匹配 0 笔" in send(office, file)
    assert states() == [(-5000, "matched"), (-300, "open")]
    missing = office.get("/admin/bank/missing").text
    assert "¥19.80" in missing
    assert "A778" not in missing
    assert "手续费" in office.get("/admin/bank?state=open").text


def test_a_person_matches_sets_aside_and_takes_back(app: Flask, office: FlaskClient) -> None:
    paid_out(app)
    # The bank has both in one amount less its fee of another line: nothing is beyond doubt.
    send(office, statement("2026-12-25,19.80,,,现金存款,1", "2026-12-26,,3.00,银行,手续费,2"))
    page = office.get("/admin/bank/1").text
    posting = page.split('name="postings" value="')[1].split('"')[0]
    assert "¥19.80" in page
    assert office.post("/admin/bank/2", data={"postings": posting}).status_code == 422
    assert office.post("/admin/bank/1", data={}).status_code == 422
    assert office.post("/admin/bank/1", data={"postings": posting}).status_code == 303
    assert office.post("/admin/bank/2", data={"do": "aside"}).status_code == 422
    assert office.post("/admin/bank/2", data={"do": "aside", "note": "手续费"}).status_code == 303
    assert states() == [(1980, "matched"), (-300, "set_aside")]
    assert office.post("/admin/bank/1/reopen").status_code == 303
    assert states()[0] == (1980, "open")
    assert office.post("/admin/bank/1/reopen").status_code == 409


def test_a_file_that_is_no_statement_says_so_beside_its_form(office: FlaskClient) -> None:
    answer = office.post("/admin/bank", data={"file": (BytesIO(b"a,b\n1,2\n"), "x.csv")})
    assert answer.status_code == 422
    assert "请指明日期列和金额列" in answer.text
    answer = office.post("/admin/bank", data={"file": (BytesIO(statement("gestern,1,,,,")), "x.csv")})
    assert "第 2 行：不是日期" in answer.text


def test_the_command_line_takes_a_statement_in(app: Flask, run_cli: Run, tmp_path: Path) -> None:
    paid_out(app)
    file = tmp_path / "bank.csv"
    file.write_bytes(statement("2026-11-25,,50.00,王五,A778,1", "2026-11-26,,3.00,银行,手续费,2"))
    done = run_cli("bank", str(file), check=False)
    assert done.exit_code == 1
    assert "2 lines, 2 new, 1 matched" in done.stdout
    assert "not at the bank  2026-11-25         19.80" in done.stdout
    file.write_bytes(statement("gestern,,50.00,王五,A778,1", "2026-11-26,,3.005,银行,手续费,2"))
    bad = run_cli("bank", str(file), check=False)
    assert (bad.exit_code, bad.stdout) == (1, "")
    assert [line.split(":")[0] for line in bad.stderr.splitlines()] == ["Row 2", "Row 3"]


MANY = 20_000


def crowd(app: Flask) -> None:
    """Leave 20,000 payments to suppliers and as many lines unmatched: four of an amount in the same days."""
    pairs = [divmod(number // 2, 200) for number in range(MANY)]
    moments = [SETTLED - timedelta(days=slot % 25 * 16) for slot, _ in pairs]
    postings = (
        (
            *(rules.supplier(1), rules.BANK, 1000 + fen, "supplier_payment", str(10**9 + number), "paid"),
            *(moments[number], "a", rules.period_of(moments[number])),
        )
        for number, (_, fen) in enumerate(pairs)
    )
    names = ("debit_account", "credit_account", "amount_fen", "cause_kind", "cause_id", "part", "at", "actor")
    with transaction():
        insert_rows(table_of(Posting), (*names, "period"), postings)
    rows = [
        BankRow(f"k{number}", moments[number].date(), -1000 - fen, "甲", "转账", "")
        for number, (_, fen) in enumerate(pairs)
    ]
    asked: list[str] = []

    def note(*args: Any) -> None:
        asked.append(args[2])

    event.listen(db.engine, "before_cursor_execute", note)
    taken = in_transaction(lambda: banking.take_in(rows=rows, now=SETTLED, actor="a"))
    event.remove(db.engine, "before_cursor_execute", note)
    assert (taken.new, taken.matched) == (MANY, 0)
    assert len([one for one in asked if "posting" in one]) == 2


def test_among_twenty_thousand_unmatched_lines_only_near_movements_leave_the_database(app: Flask) -> None:
    crowd(app)
    alone = Entry(rules.supplier(1), rules.BANK, 777, "supplier_payment", "1", "paid")
    in_transaction(lambda: service.post([alone], at=SETTLED, actor="a"))
    row = BankRow("k", SETTLED.date(), -777, "甲", "转账", "x")
    taken = in_transaction(lambda: banking.take_in(rows=[row], now=SETTLED, actor="a"))
    assert (taken.new, taken.matched) == (1, 1)
    line = db.session.query(BankLine).filter_by(key="k5").one()
    near = banking.expected(BankLine.id == line.id)
    assert [one.amount_fen for one in near] == [line.amount_fen] * 4
    proposed = bank_reading.proposals(line)
    found = bank_reading.candidates(line, proposed)
    assert len(found) == bank_reading.MOST_CANDIDATES
    assert [one.Posting.id for one in found][: len(proposed)] == sorted(
        posting for one in proposed for posting in one.postings
    )
    assert abs(found[-1].fen - line.amount_fen) <= 1
