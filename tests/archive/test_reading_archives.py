"""Archived orders are read as before on every desk, and nobody can change them."""

import re
from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

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
from tests.archive import story
from tests.archive.story import MUCH_LATER
from tests.support.commands import Run


@pytest.fixture(autouse=True)
def clock(app: Flask) -> Iterator[None]:
    app.config["WTF_CSRF_ENABLED"] = False
    with time_machine.travel(MUCH_LATER, tick=False):
        yield


def browser(app: Flask, account: Account, role: str) -> FlaskClient:
    with transaction():
        service.grant_role(account=account, role=role, now=MUCH_LATER, actor="test")
        secret = tokens.start_session(account=account, role=role, device="test", now=MUCH_LATER)
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = secret
    return client


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
            "/admin/commissions",
            "/admin/commissions/statements",
            "/admin/payments/requests",
            "/admin/delivery",
            "/admin/ledger?since=2026-11&until=2026-12",
            *(f"/admin/reports/{one}?{days}" for one in ("sales", "margin-leader", "in-out", "stock")),
        ),
    }
    before = {page: read(client, page) for client, pages in visits.items() for page in pages}
    outcome = in_transaction(lambda: archiving.archive(round_id=old.id, now=MUCH_LATER, actor="test"))
    assert outcome is not None
    assert outcome.waits_for == ()
    for client, pages in visits.items():
        for page in pages:
            assert read(client, page) == before[page], page
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
    assert resident.get(f"/orders/{number}/after-sale").status_code == 404
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
