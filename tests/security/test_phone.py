"""Another mobile number: proved by a code, told to the former one, and safe when two want the same."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from groupbuy.accounts.models import Account
from groupbuy.accounts.queries import find_account
from groupbuy.accounts.telling import message
from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import renumbering
from groupbuy.jobs.models import Job
from groupbuy.kernel.errors import RuleBroken
from groupbuy.leaders.service import leader_for
from groupbuy.members.service import resident_for
from tests import building
from tests.building import NOW
from tests.security.people import add_staff, token
from tests.security.test_again import ASKED, LATER, place, signed_in
from tests.support.commands import Run
from tests.web.shopping import Visitor

PHONE, NEW, TAKEN = "13812345678", "13987654321", "13711112222"


def told() -> list[Any]:
    """Return phones and texts that were told of a new number."""
    jobs = db.session.scalars(select(Job).where(Job.kind == "account_note")).all()
    return [message(job.payload) for job in jobs if job.payload["what"] == "phone"]


@pytest.mark.check(16)
def test_an_own_number_is_changed_with_a_code_and_everything_that_shows_it_follows(
    app: Flask, clock: Traveller
) -> None:
    add_staff(PHONE, "operator")
    account = find_account(PHONE)
    assert account is not None
    with transaction():
        leader = leader_for(account=account, name="王女士", code="L7", now=NOW)
        own = resident_for(account=account, name="王女士", leader_code="L7", now=NOW)
    resident = building.add_resident(leader)
    add_staff(TAKEN, "warehouse")
    visitor, other = signed_in(app), signed_in(app)
    clock.shift(LATER)
    assert place(visitor.client.get("/phone")) == ASKED
    visitor = signed_in(app)
    assert "138****5678" in visitor.get("/phone")
    assert visitor.send("/phone", {"phone": "123"}, to="/phone?send=1").status_code == 422
    assert visitor.send("/phone", {"phone": NEW, "code": "123456"}).status_code == 401
    # A number in use is sent a code like any other; only who holds it learns that it cannot be used.
    for phone, status, ends_at in ((TAKEN, 409, "/phone"), (NEW, 200, "/devices")):
        assert visitor.send("/phone", {"phone": phone}, to="/phone?send=1").status_code == 200
        sent, code = visitor.gateway.sent[-1]
        assert sent == phone
        answer = visitor.send("/phone", {"phone": phone, "code": code})
        assert (answer.status_code, answer.request.path) == (status, ends_at)
    db.session.expire_all()
    assert [account.phone, leader.phone, own.phone] == [NEW, NEW, NEW]
    assert resident.phone != NEW
    assert [one.client.get("/devices").status_code for one in (visitor, other)] == [200, 303]
    (note,) = told()
    assert note[0] == PHONE
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "phone_changed")).one()
    assert (entry.before, entry.after) == ({"phone": "138****5678"}, {"phone": "139****4321"})


@pytest.mark.check(16)
def test_an_operator_changes_it_for_somebody_who_reads_out_the_code(app: Flask, clock: Traveller) -> None:
    add_staff(PHONE, "operator")
    other = add_staff(TAKEN, "warehouse")
    page, visitor = f"/admin/users/{other.id}/phone", signed_in(app)
    visitor.send(page, {"phone": NEW}, to=f"{page}?send=1")
    code = visitor.gateway.sent[-1][1]
    # A code is good for the account for which it was sent.
    assert visitor.send("/phone", {"phone": NEW, "code": code}).status_code == 401
    assert visitor.post(page, {"phone": NEW, "code": code}).location == f"/admin/users/{other.id}"
    assert find_account(NEW) is not None
    assert told()[0][0] == TAKEN
    clock.shift(LATER)
    assert place(visitor.client.get(page)) == ASKED


@pytest.mark.check(16)
def test_a_program_changes_it_with_a_fresh_token_and_five_tries(app: Flask, clock: Traveller) -> None:
    add_staff(PHONE, "operator")
    visitor = Visitor(app)
    bearer = {"Authorization": f"Bearer {token(app, PHONE).json['token']}"}

    def ask(method: str, path: str, **body: str) -> tuple[int, Any]:
        answer = visitor.client.open(f"/api/v1{path}", method=method, json=body, headers=bearer)
        return answer.status_code, answer.json

    assert ask("POST", "/account/phone-code", phone=NEW) == (202, {"phone": "139****4321"})
    code = visitor.gateway.sent[-1][1]
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert ask("PUT", "/account/phone", phone=NEW, code=wrong)[0] == 401
    assert ask("PUT", "/account/phone", phone=NEW, code=code)[0] == 401
    clock.shift(timedelta(minutes=2))
    ask("POST", "/account/phone-code", phone=NEW)
    proved = {"phone": NEW, "code": visitor.gateway.sent[-1][1]}
    # The second time stands for an answer that was lost: the code is used up, the number is there.
    for _ in range(2):
        assert ask("PUT", "/account/phone", **proved) == (200, {"phone": "139****4321"})
    clock.shift(LATER)
    status, body = ask("POST", "/account/phone-code", phone=TAKEN)
    assert (status, body["error"]["code"]) == (403, "sign_in_again")


@pytest.mark.check(16)
def test_whoever_runs_the_server_changes_a_number_that_is_lost(app: Flask, run_cli: Run) -> None:
    for phone in (PHONE, TAKEN):
        add_staff(phone, "operator")
    refused = run_cli("change-phone", "--phone", PHONE, "--to", TAKEN, check=False)
    assert "This number cannot be used for this account." in refused.stderr
    assert "no mobile number" in run_cli("change-phone", "--phone", PHONE, "--to", "123", check=False).stderr
    assert "no account" in run_cli("change-phone", "--phone", NEW, "--to", PHONE, check=False).stderr
    run_cli("change-phone", "--phone", PHONE, "--to", NEW)
    db.session.rollback()
    assert [find_account(phone) is None for phone in (PHONE, NEW)] == [True, False]
    assert [phone for phone, _ in told()] == [PHONE]


@pytest.mark.check(16)
def test_of_two_who_want_the_same_number_at_once_one_gets_it(app: Flask) -> None:
    ids = [building.add_account(f"甲{number}").id for number in range(6)]

    def change(account_id: int) -> str:
        work = partial(renumbering.change_phone, account_id=account_id, phone=NEW, now=NOW, actor="test")
        with app.app_context():
            try:
                in_transaction(work)
            except RuleBroken as error:
                return error.code
            return "changed"

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(change, ids)) == ["changed"] + ["phone_taken"] * 5
    db.session.expire_all()
    assert db.session.query(Account).where(Account.phone == NEW).count() == 1
