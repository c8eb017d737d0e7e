"""``groupbuy settlement``: a supplier's statement made, shown and paid without a page."""

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.audit.service import COMMAND_LINE
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.finance.dials import set_dials
from groupbuy.settlements import adjusting, paying
from tests import building
from tests.settlements.bought import LATER, NOW, Bought, deduct, keep, wrong
from tests.support.commands import Run
from tests.support.seats import appoint


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


def test_a_statement_is_made_shown_and_paid_in_parts(bought: Bought, cli_runner: Run) -> None:
    code, owed = bought.supplier.code, ("settlement", "owed", "--json")
    deduct(bought, 498)
    db.session.remove()
    # 7 × ¥5.00 + 6 × ¥3.33 less ¥4.98
    (row,) = cli_runner(*owed).json
    assert (row["supplier_code"], row["owed_fen"], row["open_fen"]) == (code, 5000, 5000)
    assert cli_runner("settlement", "list").stdout == "There are no statements.\n"
    made = cli_runner("settlement", "make", code, "--json").json
    assert (made["bought_fen"], made["adjusted_fen"], made["total_fen"], made["paid_fen"]) == (
        5498,
        -498,
        5000,
        0,
    )
    assert "Nothing is owed" in cli_runner("settlement", "make", code, check=False).stderr
    number = made["number"]
    pay = ("settlement", "pay", number, "--proof", "流水 1", "--json")
    refused = cli_runner(*pay, check=False)
    assert (refused.exit_code, "Only an approved statement is paid." in refused.stderr) == (1, True)
    with transaction():
        paying.approve(number=number, now=LATER, actor="account:2")
    db.session.remove()
    for _ in range(2):
        assert cli_runner(*pay, "--amount", "30", "--key", "a").json["paid_fen"] == 3000
    for amount in ("20.01", "-1", "1.234", "viel"):
        assert cli_runner(*pay, "--amount", amount, check=False).exit_code == 1
    assert "paid ¥30.00" in cli_runner("settlement", "list", "--supplier", code, "--unpaid").stdout
    for _ in range(2):
        assert cli_runner(*pay, "--key", "b").json["paid_fen"] == 5000
    assert cli_runner(*pay, check=False).exit_code == 1
    shown = cli_runner("settlement", "show", number, "--json").json
    assert [one["amount_fen"] for one in shown["items"]] == [5498, -498]
    assert [one["amount_fen"] for one in shown["payments"]] == [3000, 2000]
    assert "paid ¥20.00  流水 1" in cli_runner("settlement", "show", number).stdout
    assert cli_runner("settlement", "list", "--unpaid", "--json").json == []
    assert cli_runner(*owed).json[0]["owed_fen"] == bought.owed == 0
    keep(LATER)
    assert wrong() == []


def test_statements_that_are_due_are_made_once_and_what_does_not_exist_is_named(
    bought: Bought, cli_runner: Run
) -> None:
    assert bought.owed == 5498
    with transaction():
        adjusting.set_terms(
            supplier=bought.supplier, cycle="month", due_days=10, rebates=[], now=NOW, actor="account:1"
        )
    db.session.remove()
    last = cli_runner("settlement", "make", bought.supplier.code, "--until", "2027-12-31", check=False)
    assert "until today at most" in last.stderr
    with time_machine.travel("2026-12-01T00:05:00+08:00", tick=False):
        for count in (1, 0):
            assert cli_runner("settlement", "due").stdout == f"{count} statements were made.\n"
    for command in (("make", "nobody"), ("show", "nothing"), ("list", "--supplier", "nobody")):
        assert "There is no" in cli_runner("settlement", *command, check=False).stderr


def test_above_the_limit_two_persons_with_names_have_to_agree(
    bought: Bought, cli_runner: Run, app: Flask
) -> None:
    with transaction():
        set_dials(values={"second_person_fen": 100}, now=NOW, actor="account:1")
    account, code = building.add_account("财务"), bought.supplier.code
    appoint(app, account, "finance", LATER)
    phone, name = account.phone, f"account:{account.id}"
    db.session.remove()
    number = cli_runner("settlement", "make", code, "--json").json["number"]
    with transaction():
        paying.approve(number=number, now=LATER, actor=name)
    db.session.remove()
    pay = ("settlement", "pay", number, "--proof", "流水 1")
    assert "--as" in cli_runner(*pay, check=False).stderr
    assert "Another person" in cli_runner(*pay, "--as", phone, check=False).stderr
    second = building.add_account("财务二")
    appoint(app, second, "finance", LATER)
    phone = second.phone
    db.session.remove()
    assert "paid ¥54.98" in cli_runner(*pay, "--as", phone).stdout
    by_shell = select(AuditEntry.subject, AuditEntry.after).where(AuditEntry.actor == COMMAND_LINE)
    (row,) = db.session.execute(by_shell.where(AuditEntry.verb == "acted_as"))
    assert (row.subject, row.after["command"].endswith("settlement pay")) == (str(second.id), True)
    paid = select(AuditEntry.actor).where(AuditEntry.verb == "settlement_paid")
    assert db.session.scalars(paid).all() == [f"account:{second.id}"]
