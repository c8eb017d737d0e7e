"""What a leader owes is paid back or written off, and then the leader may leave."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.analytics import leader_statement, month_open
from groupbuy.analytics.invariants import check_all
from groupbuy.audit.models import AuditEntry
from groupbuy.commissions import debts
from groupbuy.commissions.debt_models import DebtSettlement
from groupbuy.commissions.debts import Wish
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.finance import queries, rules
from groupbuy.flows import banking
from groupbuy.flows.bank_file import BankRow
from groupbuy.kernel.errors import BadInput, GroupbuyError, RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.messaging.models import Message
from tests import building, money
from tests.api.conftest import Person, person_of
from tests.flows.test_letting_go import leave, obstacles, pay_out, refund
from tests.money import SETTLED
from tests.support.commands import Run
from tests.support.refusals import code_of
from tests.support.seats import appoint

OTHER = "account:90"


@pytest.fixture(autouse=True)
def without_tokens(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False


def in_debt(app: Flask, units: int = 10) -> int:
    """Return a leader who owes ¥0.99 for each of some units: ¥9.90."""
    leader = money.earn(app)
    pay_out(app, leader, 9900)
    refund(units)
    return leader.id


def settle(leader_id: int, wish: Wish, *, actor: str = "account:1", key: str | None = None) -> str:
    """Settle a debt; return the state."""
    usual: dict[str, Any] = {"now": SETTLED, "actor": actor, "submission_key": key}
    return in_transaction(
        lambda: debts.settle(leader=db.session.get_one(Leader, leader_id), wish=wish, **usual).state
    )


def repay(leader_id: int, fen: int, **more: Any) -> str:
    return settle(leader_id, Wish("repaid", fen, "流水 7", "bank"), **more)


def write_off(leader_id: int, fen: int, **more: Any) -> str:
    return settle(leader_id, Wish("written_off", fen, "联系不上"), **more)


def decide(number: int, *, agree: bool = True, actor: str = OTHER) -> str:
    usual: dict[str, Any] = {"now": SETTLED, "actor": actor, "reason": "再等等"}
    return in_transaction(lambda: debts.decide(settlement_id=number, agree=agree, **usual).state)


def books_hold() -> None:
    """Check that the books agree with themselves and with what was done."""
    found = [one for one in check_all(now=SETTLED, at_rest=True) if one.name.startswith("ledger")]
    assert "ledger_debts" in {one.name for one in found}
    assert not [(one.name, one.examples) for one in found if one.violations]


def test_a_leader_who_has_paid_back_a_part_and_is_let_off_the_rest_may_leave(app: Flask) -> None:
    leader = in_debt(app)
    assert repay(leader, 600) == "done"
    with pytest.raises(RuleBroken, match=r"debt ¥3\.90\."):
        leave()
    assert write_off(leader, 390) == "done"
    assert queries.balance(rules.BANK) == -9900 + 600
    assert queries.balance(rules.BAD_DEBTS) == 390
    rows = leader_statement.statement(leader, "2026-11")[-2:]
    assert [(row.source, row.step, row.settled_fen) for row in rows] == [
        ("debt_settlement", "repaid", 600),
        ("debt_settlement", "written_off", 390),
    ]
    books_hold()
    assert leave() == "exited"


def test_the_same_form_again_counts_once(app: Flask) -> None:
    leader = in_debt(app)
    for _ in range(3):
        assert repay(leader, 400, key="form") == "done"
    assert debts.debt_of(leader) == 590
    assert db.session.query(DebtSettlement).count() == 1
    assert db.session.query(AuditEntry).filter_by(verb="debt_repaid").count() == 1


def test_more_than_is_owed_is_neither_taken_nor_written_off(app: Flask) -> None:
    leader = in_debt(app)
    for deed in (repay, write_off):
        with pytest.raises(RuleBroken, match=r"only ¥9\.90"):
            deed(leader, 991)
    other = building.add_leader("L2", community="阳光花园")
    with pytest.raises(RuleBroken, match=r"only ¥0\.00"):
        repay(other.id, 1)
    assert debts.debt_of(leader) == 990


@pytest.mark.parametrize(
    ("wish", "param"),
    [
        (Wish("repaid", 0, "x", "bank"), "amount_fen"),
        (Wish("repaid", -5, "x", "bank"), "amount_fen"),
        (Wish("repaid", 10**14 + 1, "x", "bank"), "amount_fen"),
        (Wish("repaid", 5, " ", "bank"), "words"),
        (Wish("repaid", 5, "x" * 201, "bank"), "words"),
        (Wish("repaid", 5, "x"), "way"),
        (Wish("written_off", 5, ""), "words"),
        (Wish("forgiven", 5, "x"), "deed"),
    ],
)
def test_bad_wishes_are_refused_at_their_fields(app: Flask, wish: Wish, param: str) -> None:
    leader = building.add_leader()
    with pytest.raises(BadInput) as refused:
        settle(leader.id, wish)
    assert refused.value.param == param


def test_a_large_write_off_waits_for_a_second_person(app: Flask) -> None:
    leader = in_debt(app)
    money.dial(second_person_fen=500)
    assert write_off(leader, 600) == "asked"
    assert debts.debt_of(leader) == 990
    with pytest.raises(RuleBroken) as refused:
        decide(1, actor="account:1")
    assert refused.value.code == "second_person"
    assert [decide(1), decide(1)] == ["done", "done"]
    assert debts.debt_of(leader) == 390
    with pytest.raises(RuleBroken) as late:
        decide(1, agree=False)
    assert late.value.code == "decided_meanwhile"
    books_hold()


def test_the_leader_is_told_once_how_much_of_the_debt_is_gone_and_what_is_left(app: Flask) -> None:
    leader = in_debt(app)
    money.dial(second_person_fen=500)
    assert [repay(leader, 390, key="form") for _ in range(2)] == ["done", "done"]
    assert write_off(leader, 600) == "asked"
    told = select(Message).where(Message.event.startswith("debt_")).order_by(Message.id)
    (paid,) = db.session.scalars(told).all()
    assert paid.recipient == f"leader:{leader}"
    assert [word in paid.body for word in ("¥3.90", "流水 7", "¥6.00")] == [True] * 3
    assert [decide(2), decide(2)] == ["done", "done"]
    _paid, off = db.session.scalars(told).all()
    # Why it is written off is the platform's own business.
    assert [word in off.body for word in ("¥6.00", "¥0.00", "联系不上")] == [True, True, False]


def test_a_write_off_that_waits_stands_among_what_is_to_be_decided(app: Flask) -> None:
    leader = in_debt(app)
    money.dial(second_person_fen=500)
    write_off(leader, 600)
    with time_machine.travel(SETTLED, tick=False):
        desk = appoint(app, building.add_account("运营"), "operator", SETTLED)
        assert "/admin/debts/settled?state=asked" in desk.get("/admin/").text
        office = appoint(app, building.add_account("财务"), "finance", SETTLED)
        assert "/admin/debts/settled?state=asked" in office.get("/admin/ledger/close?period=2026-11").text
    open_now = {one.kind: (one.count, one.amount_fen) for one in month_open.open_of("2026-11", SETTLED)}
    assert open_now["debt_write_off"] == (1, 600)
    decide(1)
    assert "debt_write_off" not in {one.kind for one in month_open.open_of("2026-11", SETTLED)}


def test_parts_that_one_person_writes_off_count_together(app: Flask) -> None:
    leader = in_debt(app)
    money.dial(second_person_fen=500)
    assert [write_off(leader, 300), write_off(leader, 300)] == ["done", "asked"]
    assert repay(leader, 600) == "done"
    with pytest.raises(RuleBroken) as refused:
        decide(2)
    assert refused.value.code == "above_debt"
    assert decide(2, agree=False, actor="account:1") == "rejected"
    books_hold()


def at_once(app: Flask, *works: Callable[[], str]) -> list[str]:
    """Do all at the same moment; return what each came to, or the code of its refusal."""
    gate = Barrier(len(works))

    def one(work: Callable[[], str]) -> str:
        with app.app_context():
            gate.wait()
            try:
                return work()
            except GroupbuyError as broken:
                return broken.code

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def test_of_a_repayment_and_a_write_off_at_once_the_debt_bears_one(app: Flask) -> None:
    leader = in_debt(app)
    found = at_once(app, lambda: repay(leader, 990), lambda: write_off(leader, 990))
    assert sorted(found) == ["above_debt", "done"]
    db.session.rollback()
    assert debts.debt_of(leader) == 0
    books_hold()


def test_a_form_sent_twice_at_once_counts_once(app: Flask) -> None:
    leader = in_debt(app)
    found = at_once(app, *[lambda: repay(leader, 300, key="form")] * 2)
    assert found == ["done", "done"]
    db.session.rollback()
    assert debts.debt_of(leader) == 690


def test_of_two_who_decide_at_once_one_does(app: Flask) -> None:
    leader = in_debt(app)
    money.dial(second_person_fen=0)
    assert write_off(leader, 990) == "asked"
    found = at_once(app, lambda: decide(1), lambda: decide(1, agree=False, actor="account:91"))
    assert sorted(found) in (["decided_meanwhile", "done"], ["decided_meanwhile", "rejected"])
    db.session.rollback()
    books_hold()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.tuples(st.sampled_from((repay, write_off)), st.integers(1, 3000)), max_size=5))
def test_what_is_settled_never_comes_to_more_than_the_debt(app: Flask, parts: list[tuple[Any, int]]) -> None:
    leader = db.session.scalar(select(Leader.id)) or in_debt(app, units=90)
    for deed, fen in parts:
        left = debts.debt_of(leader)
        said = code_of(deed, leader, fen)
        assert said == ("done" if fen <= left else "above_debt")
        assert debts.debt_of(leader) == left - fen * (said == "done") >= 0


def test_the_pages_settle_a_debt_and_the_exit_leads_to_them(app: Flask) -> None:
    leader = in_debt(app)
    money.dial(second_person_fen=500)
    assert "/admin/debts?leader=L1" in obstacles(app)
    with time_machine.travel(SETTLED, tick=False):
        clerk, other = (
            appoint(app, building.add_account(name), "finance", SETTLED) for name in ("财务", "出纳")
        )
        listed = clerk.get("/admin/debts?leader=L1").text
        assert "¥9.90" in listed
        assert 'href="/admin/debts/L1"' in listed
        form = {"deed": "cash", "amount": "3.90", "words": "收据 12", "submission_key": "one"}
        assert clerk.post("/admin/debts/L1", data=form).status_code == 303
        assert clerk.post("/admin/debts/L1", data=form).status_code == 303
        assert queries.balance(rules.CASH_DESK) == 390
        over = clerk.post("/admin/debts/L1", data=form | {"amount": "6.01", "submission_key": "two"})
        assert over.status_code == 422
        assert "¥6.00" in over.text
        rest = {"deed": "written_off", "amount": "6", "words": "联系不上", "submission_key": "three"}
        assert clerk.post("/admin/debts/L1", data=rest).status_code == 303
        assert clerk.post("/admin/debts/settled/2/agree", data={}).status_code == 422
        assert "联系不上" in other.get("/admin/debts/settled/2/agree").text
        assert other.post("/admin/debts/settled/2/agree", data={}).status_code == 303
        assert "agree" not in other.get("/admin/debts/settled").text
    db.session.rollback()
    assert debts.debt_of(leader) == 0


def person(app: Flask, name: str) -> Person:
    account = building.add_account(name)
    appoint(app, account, "finance", SETTLED)
    return person_of(app, account.id, "finance")


def test_debts_over_the_api(app: Flask) -> None:
    leader = in_debt(app)
    money.dial(second_person_fen=500)
    with time_machine.travel(SETTLED + timedelta(minutes=1), tick=False):
        clerk, other = (person(app, name) for name in ("财务", "出纳"))
        assert clerk.get("/debts").json["items"] == [{"leader": "L1", "name": "团长L1", "debt_fen": 990}]
        wish = {"deed": "repaid", "amount_fen": 390, "words": "流水 7", "way": "bank", "submission_key": "a"}
        first, again = (clerk.post("/leaders/L1/debt-settlements", wish) for _ in range(2))
        assert first.status_code == again.status_code == 201
        assert first.json == again.json
        for wrong, code in (
            ({"amount_fen": 601, "submission_key": "b"}, "above_debt"),
            ({"way": None, "submission_key": "c"}, "unknown_way"),
        ):
            assert clerk.post("/leaders/L1/debt-settlements", wish | wrong).json["error"]["code"] == code
        rest = {"deed": "written_off", "amount_fen": 600, "words": "联系不上"}
        asked = clerk.post("/leaders/L1/debt-settlements", rest).json
        assert asked["state"] == "asked"
        path = f"/debt-settlements/{asked['id']}/decide"
        assert clerk.post(path, {"agree": True}).json["error"]["code"] == "second_person"
        assert other.post(path, {"agree": False}).json["error"]["code"] == "required"
        assert other.post(path, {"agree": True}).json["state"] == "done"
        listed = clerk.get("/debt-settlements?leader=L1&limit=1").json
        assert [one["id"] for one in listed["items"]] == [asked["id"]]
        more = clerk.get(f"/debt-settlements?leader=L1&cursor={listed['next_cursor']}").json
        assert [one["id"] for one in more["items"]] == [first.json["id"]]
        assert clerk.get("/debts").json["items"] == []
    db.session.rollback()
    assert debts.debt_of(leader) == 0


def test_debts_on_the_command_line(app: Flask, cli_runner: Run) -> None:
    leader = in_debt(app)
    money.dial(second_person_fen=500)
    for phone, name in (("13800000091", "财务"), ("13800000092", "出纳")):
        appoint(app, building.add_account(name, phone), "finance", SETTLED)
    assert cli_runner("debts", "list", "--json").json == [{"leader": "L1", "name": "团长L1", "debt_fen": 990}]
    with time_machine.travel(SETTLED, tick=False):
        for _ in range(2):
            cli_runner(
                "debts", "repaid", "L1", "3.90", "--proof", "流水 7", "--key", "a", "--as", "13800000091"
            )
        nobody = cli_runner("debts", "write-off", "L1", "6", "--reason", "联系不上", check=False)
        assert (nobody.exit_code, "--as" in nobody.stderr) == (1, True)
        over = cli_runner("debts", "repaid", "L1", "6.01", "--proof", "x", check=False)
        assert (over.exit_code, "¥6.00" in over.stderr) == (1, True)
        wish = ("debts", "write-off", "L1", "6", "--reason", "联系不上", "--as", "13800000091", "--json")
        asked = cli_runner(*wish).json
        number = str(asked["id"])
        assert asked["state"] == "asked"
        assert cli_runner("debts", "agree", number, "--as", "13800000091", check=False).exit_code == 1
        cli_runner("debts", "reject", number, "--reason", "再等等", "--as", "13800000092")
        again = str(cli_runner(*wish).json["id"])
        assert "done" in cli_runner("debts", "agree", again, "--as", "13800000092").stdout
    states = [one["state"] for one in cli_runner("debts", "settled", "--json").json]
    assert states == ["done", "rejected", "done"]
    assert cli_runner("debts", "list").stdout.strip() == "There are none."
    assert debts.debt_of(leader) == 0


def test_what_came_at_the_bank_is_matched_with_its_line(app: Flask) -> None:
    leader = in_debt(app)
    repay(leader, 990)
    ours = db.session.execute(banking.missing()).all()
    assert [(row.fen, row.proof) for row in ours if row.Posting.cause_kind == debts.CAUSE] == [
        (990, "流水 7")
    ]
    row = BankRow("k", SETTLED.date(), 990, "王五", "还款", "流水 7")
    taken = in_transaction(lambda: banking.take_in(rows=[row], now=SETTLED, actor="t"))
    assert (taken.new, taken.matched) == (1, 1)
