"""The bank's statement from a file to its matches, on the pages of finance."""

from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.commissions import withdrawing
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.documents.reading import read_table
from groupbuy.finance import rules, service
from groupbuy.finance.models import BankLine
from groupbuy.finance.rules import Entry
from groupbuy.flows.bank_file import read_statement
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
    named = read_statement(
        read_table(b"d,x\n2026-11-25,-7\n2026-11-25,\n"), columns={"day": "d", "amount": "x"}
    )
    assert [row.amount_fen for row in named] == [-700]


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
