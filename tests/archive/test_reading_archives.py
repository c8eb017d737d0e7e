"""Archived orders are read as before on every desk, and nobody can change them."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from groupbuy.accounts import queries as accounts
from groupbuy.accounts import service, tokens
from groupbuy.accounts.models import Account
from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import leaving
from groupbuy.flows.archive import archiving
from groupbuy.flows.archive.reading import everything
from groupbuy.http.old_rounds import ENDPOINTS
from groupbuy.orders.models import Order, OrderDoor
from tests import building
from tests.api.conftest import Person
from tests.archive import story
from tests.archive.story import MUCH_LATER
from tests.support.commands import Run
from tests.support.seats import appoint


@pytest.fixture(autouse=True)
def clock(app: Flask) -> Iterator[None]:
    app.config["WTF_CSRF_ENABLED"] = False
    with time_machine.travel(MUCH_LATER, tick=False):
        yield


def browser(app: Flask, account: Account, role: str) -> FlaskClient:
    return appoint(app, account, role, MUCH_LATER)


def person(app: Flask, role: str) -> Person:
    """Return somebody new with a token."""
    account = building.add_account(role)
    with transaction():
        service.grant_role(account=account, role=role, now=MUCH_LATER, actor="test")
        token, _ = tokens.issue_token(
            account=account, role=role, now=MUCH_LATER, actor="test", lifetime=timedelta(days=1)
        )
    return Person(app.test_client(), token)


def read(client: FlaskClient, address: str) -> str:
    """Return what a page or file says, without the notice that it is in the archive and what may be done."""
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.text[:2000])
    text = re.sub(r'<(section|div) class="notice.*?</\1>', "", answer.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", text)


def test_every_endpoint_that_is_named_is_one(app: Flask) -> None:
    assert ENDPOINTS - set(app.view_functions) == set()


def test_pages_and_reports_say_the_same_before_and_after(app: Flask, run_cli: Run) -> None:
    market = story.market()
    old, (_first, second) = story.live(app, market, "C1")
    story.live(app, market, "C2", weeks=1)
    number, resident_id = second.number, second.resident_id
    account_id = market.residents[1].account_id
    days = "since=2026-11-01&until=2026-12-31"
    visits = {
        browser(app, accounts.get_account(account_id), "resident"): ("/orders",),
        browser(app, accounts.get_account(market.leader.account_id), "leader"): (
            f"/leader/orders?q={number}",
            "/leader/commission",
            "/leader/commission/C1",
            "/leader/rounds",
            "/leader/rounds/C1",
            "/leader/money/2026-11",
            "/leader/ranking",
        ),
        browser(app, building.add_account("运营"), "operator"): (
            f"/admin/orders?q={number}",
            "/admin/orders?export=csv",
            "/admin/after-sales",
            "/admin/residents",
            "/admin/commissions",
            "/admin/commissions/statements",
            "/admin/payments/requests",
            "/admin/delivery",
            "/admin/ledger?since=2026-11&until=2026-12",
            *(f"/admin/reports/{one}?{days}" for one in ("sales", "margin-leader", "in-out", "stock")),
        ),
    }
    before = {page: read(client, page) for client, pages in visits.items() for page in pages}
    commands = (("report", "C1"), ("rounds", "show", "C1"))
    said = [run_cli(*command).stdout for command in commands]
    outcome = in_transaction(lambda: archiving.archive(round_id=old.id, now=MUCH_LATER, actor="test"))
    assert outcome is not None
    assert outcome.waits_for == ()
    for client, pages in visits.items():
        for page in pages:
            assert read(client, page) == before[page], page
    assert [run_cli(*command).stdout for command in commands] == said
    resident, leader, operator = visits
    for client, page in (
        (resident, f"/orders/{number}"),
        (leader, f"/leader/orders/{number}"),
        (operator, f"/admin/orders/{number}"),
        (operator, "/admin/rounds/C1"),
    ):
        assert "已归档" in client.get(page).text, page
    assert resident.get(f"/orders/{number}/sales-note.pdf").data.startswith(b"%PDF")
    assert operator.get("/admin/rounds/C1/papers/matrix.xlsx").status_code == 200
    assert resident.post(f"/orders/{number}/cancel").status_code == 404
    for client, page in ((resident, f"/orders/{number}"), (leader, f"/leader/orders/{number}")):
        shown = client.get(f"{page}/after-sale").text
        assert ("坏了" in shown, "已归档" in shown, 'name="kind"' in shown) == (True, True, False), page
        assert client.post(f"{page}/after-sale").status_code == 404
    assert "已归档" in resident.get(f"/orders/{number}/invoice").text
    assert resident.post(f"/orders/{number}/invoice").status_code == 404
    assert "C1" in read(operator, "/admin/archive?where=in")
    for command in (("audit",), ("ledger", "check", "--at-rest")):
        done = run_cli(*command)
        assert done.exit_code == 0, done.stdout

    with transaction():
        data = leaving.own_data(account_id=account_id, now=MUCH_LATER, actor="test")
    assert data["orders"][0]["number"] == number
    with transaction():
        leaving.leave(account_id=account_id, now=MUCH_LATER, actor="test")
    with everything():
        assert set(db.session.scalars(select(Order.remark).where(Order.resident_id == resident_id))) == {None}
        assert db.session.scalars(select(OrderDoor)).all() == []
    assert operator.post("/admin/archive/C1/back").status_code == 303
    assert operator.post("/admin/archive/C1/back").status_code == 409
    verbs = db.session.scalars(select(AuditEntry.verb).where(AuditEntry.subject == "C1")).all()
    assert {"round_archived", "round_brought_back"} <= set(verbs)
    assert len(story.here()) == 4
    assert story.wrong() == []


def test_who_polls_rounds_makes_no_views_for_the_archive(app: Flask) -> None:
    market = story.market()
    old, (_first, second) = story.live(app, market, "C1")
    _later, (third, *_rest) = story.live(app, market, "C2", weeks=1)
    operator = person(app, "operator")
    archived, paths = f"/orders/{second.number}", ("/rounds", "/rounds/C1", f"/orders/{third.number}")
    as_it_was = operator.get(archived).json
    before = [operator.get(path).json for path in paths]
    assert in_transaction(lambda: archiving.archive(round_id=old.id, now=MUCH_LATER, actor="test"))
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert [operator.get(path).json for path in paths] == before
    assert asked
    assert [statement for statement in asked if "VIEW" in statement] == []
    assert operator.get(archived).json == as_it_was
    assert operator.get("/orders/0000000000000").status_code == 404


def test_whoever_asks_for_young_orders_makes_no_views_for_the_archive(app: Flask) -> None:
    market = story.market()
    old, (_first, second) = story.live(app, market, "C1")
    story.live(app, market, "C2", weeks=1)
    round_, (third, fourth) = story.begin(market, "C3", weeks=2)
    newcomer = building.add_resident(market.leader, "赵先生", room="102")
    fifth = building.place(round_, newcomer, {"P1": 1}, now=building.NOW + 2 * story.WEEK)
    resident = browser(app, accounts.get_account(newcomer.account_id), "resident")
    leader = browser(app, accounts.get_account(market.leader.account_id), "leader")
    operator, program = browser(app, building.add_account("运营"), "operator"), person(app, "operator")
    young = (
        (resident, "/orders"),
        (resident, f"/orders/{fifth.number}"),
        (resident, "/me/wallet"),
        (leader, f"/leader/orders/{third.number}"),
        (operator, f"/admin/orders/{fourth.number}"),
        (program, f"/orders/{fourth.number}/payments"),
    )
    mine = [second.number, fourth.number]
    before = [client.get(path).status_code for client, path in young]
    outcome = in_transaction(lambda: archiving.archive(round_id=old.id, now=MUCH_LATER, actor="test"))
    assert outcome is not None
    assert outcome.waits_for == ()
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert [client.get(path).status_code for client, path in young] == before == [200] * len(young)
    assert asked
    assert [statement for statement in asked if "VIEW" in statement] == []
    # Who has an order there sees it in the list and by its number.
    owner = browser(app, accounts.get_account(market.residents[1].account_id), "resident")
    assert all(number in owner.get("/orders").text for number in mine)
    assert "已归档" in owner.get(f"/orders/{mine[0]}").text
    assert [statement for statement in asked if "CREATE TEMPORARY VIEW" in statement]


def test_a_view_is_made_where_its_table_is_named_and_again_after_a_savepoint_was_undone(
    app: Flask,
) -> None:
    market = story.market()
    old, (_first, second) = story.live(app, market, "C1")
    story.live(app, market, "C2", weeks=1)
    number = second.number
    outcome = in_transaction(lambda: archiving.archive(round_id=old.id, now=MUCH_LATER, actor="test"))
    assert outcome is not None
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def found() -> bool:
        return db.session.scalar(select(Order.id).where(Order.number == number)) is not None

    with everything():
        with db.session.begin_nested() as savepoint:
            assert found()
            savepoint.rollback()
        assert (found(), found()) == (True, True)
        db.session.rollback()
        assert found()
    made = [name for statement in asked for name in re.findall(r"CREATE TEMPORARY VIEW (\S+)", statement)]
    assert made == ['"order"'] * 3
    assert not found()


def test_documents_of_an_archived_round_are_made_where_it_lies(
    app: Flask, run_cli: Run, tmp_path: Path
) -> None:
    market = story.market()
    old, _orders = story.live(app, market, "C1")
    _newer, orders = story.live(app, market, "C2", weeks=1)
    left = [order.number for order in orders]
    before = run_cli("documents", "C1", "--out", str(tmp_path / "before"), "--json")
    in_transaction(lambda: archiving.archive(round_id=old.id, now=MUCH_LATER, actor="test"))
    assert story.here() == left
    after = run_cli("documents", "C1", "--out", str(tmp_path / "after"), "--json")
    assert json.loads(after.stdout) == json.loads(before.stdout)
    files = [tmp_path / "after" / entry["path"] for entry in json.loads(after.stdout)["files"]]
    assert len(files) == 6
    assert all(file.stat().st_size for file in files)
    assert story.here() == left


def test_an_operator_archives_and_brings_back_over_the_api_and_on_the_page(app: Flask) -> None:
    market = story.market()
    story.live(app, market, "C1")
    story.live(app, market, "C2", weeks=1)
    young, _orders = story.begin(market, "C3", weeks=2)
    building.close(app, young, building.CLOSES + 2 * story.WEEK)
    program = person(app, "operator")
    assert program.post("/archive/C9").status_code == 404
    assert program.post("/archive/C3").json["error"]["code"] == "not_old"
    done = program.post("/archive/C1", key="k")
    assert (done.json["orders"], done.json["waits_for"]) == (2, [])
    assert program.post("/archive/C1", key="k").json == done.json
    assert program.post("/archive/C1").json["error"]["code"] == "already_archived"
    assert [row["round"] for row in program.get("/archive?where=in&limit=1").json["items"]] == ["C1"]
    sheet = program.get("/rounds/C1/documents/pickup_sheet/L1.xlsx")
    assert (sheet.status_code, sheet.data[:2]) == (200, b"PK")
    back = program.post("/archive/C1/back").json
    assert back["rows"] == done.json["rows"]
    assert program.post("/archive/C1/back").status_code == 409
    (row,) = program.get("/archive?where=waits").json["items"]
    assert (row["round"], row["archived_at"], row["waits_for"]) == ("C1", None, [])
    page = browser(app, building.add_account("运营"), "operator")
    assert page.post("/admin/archive/C1/now").status_code == 303
    assert "2 个订单已归档" in page.get("/admin/archive").text
    assert page.post("/admin/archive/C1/now").status_code == 409
