"""The second factor of staff: learned by QR code, asked for at each sign-in, each code good once."""

import re
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from groupbuy.accounts import second_factor
from groupbuy.accounts.models import Account, SecondFactor, WebSession
from groupbuy.accounts.queries import find_account
from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.jobs.models import Job
from tests.money import earn
from tests.security.people import PASSWORD, add_staff, code_at, enrol, token
from tests.support.commands import Run
from tests.web.shopping import Visitor

PHONE = "13812345678"


@pytest.fixture
def extra_settings() -> dict[str, str]:
    return {"GROUPBUY_SECOND_FACTOR": "operator,leader"}


def enter(visitor: Visitor, phone: str = PHONE) -> str:
    """Send phone and password; return where that leads."""
    fields = {"phone": phone, "password": PASSWORD}
    return str(visitor.post("/sign-in?by=password", fields, to="/sign-in").location)


def is_in(visitor: Visitor) -> bool:
    return visitor.client.get("/devices").status_code == 200


@pytest.mark.check(10)
def test_an_obliged_operator_learns_the_factor_and_is_asked_for_it_ever_after(
    app: Flask, visitor: Visitor, clock: Traveller
) -> None:
    add_staff(PHONE, "operator")
    assert enter(visitor) == "/second-factor"
    assert not is_in(visitor)
    secret, recovery = enrol(visitor)
    assert (is_in(visitor), len(set(recovery))) == (True, 10)
    clock.shift(timedelta(minutes=1))
    other = Visitor(app)
    assert enter(other) == "/sign-in/second-step"
    assert not is_in(other)
    assert other.send("/sign-in/second-step", {"otp": "000000"}).status_code == 401
    assert not is_in(other)
    assert other.send("/sign-in/second-step", {"otp": code_at(secret)}).status_code == 200
    assert is_in(other)


@pytest.mark.check(10)
def test_a_code_is_taken_once_and_a_recovery_code_too(app: Flask, visitor: Visitor, clock: Traveller) -> None:
    add_staff(PHONE, "operator")
    enter(visitor)
    secret, recovery = enrol(visitor)
    clock.shift(timedelta(minutes=1))
    otp = code_at(secret)
    for sent, status in ((otp, 201), (otp, 401), (recovery[0].upper(), 201), (recovery[0], 401)):
        assert token(app, PHONE, otp=sent).status_code == status, sent
    clock.shift(timedelta(minutes=5))
    # The code of five minutes ago is no code any more.
    assert token(app, PHONE, otp=otp).status_code == 401


@pytest.mark.check(10)
def test_a_program_is_asked_for_the_factor_by_a_code_of_its_own(
    app: Flask, visitor: Visitor, clock: Traveller
) -> None:
    add_staff(PHONE, "operator")
    refused = token(app, PHONE)
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "second_factor_required")
    enter(visitor)
    enrol(visitor)
    missing = token(app, PHONE)
    error = missing.json["error"]
    assert (missing.status_code, error["code"], error["param"]) == (401, "otp_needed", "otp")


@pytest.mark.check(10)
def test_guessing_the_six_digits_has_to_wait(app: Flask, visitor: Visitor, clock: Traveller) -> None:
    add_staff(PHONE, "operator")
    enter(visitor)
    secret, _ = enrol(visitor)
    clock.shift(timedelta(minutes=1))
    answers = [token(app, PHONE, otp=f"00000{digit}").status_code for digit in range(6)]
    assert answers == [401] * 5 + [429]
    assert token(app, PHONE, otp=code_at(secret)).status_code == 429


@pytest.mark.check(10)
def test_the_table_alone_makes_no_codes(app: Flask, visitor: Visitor, clock: Traveller) -> None:
    add_staff(PHONE, "operator")
    enter(visitor)
    secret, _ = enrol(visitor)
    seed = db.session.scalars(select(SecondFactor.seed)).one()
    assert second_factor.secret_of(seed=seed, key="another installation's key") != secret
    assert secret not in seed


@pytest.mark.check(10)
def test_another_operator_switches_a_lost_factor_off_and_the_phone_hears_of_it(
    app: Flask, visitor: Visitor, clock: Traveller, run_cli: Run
) -> None:
    add_staff(PHONE, "operator")
    enter(visitor)
    enrol(visitor)
    account = find_account(PHONE)
    assert account is not None
    run_cli("reset-factor", "--phone", PHONE)
    db.session.rollback()
    assert db.session.scalars(select(SecondFactor)).first() is None
    verbs = set(db.session.scalars(select(AuditEntry.verb)))
    assert {"second_factor_on", "second_factor_off"} <= verbs
    told = [job.payload["what"] for job in db.session.scalars(select(Job).where(Job.kind == "account_note"))]
    assert sorted(told) == ["factor_off", "factor_on"]
    assert enter(Visitor(app)) == "/second-factor"


@pytest.mark.check(10)
def test_a_sign_in_without_obligation_stays_as_it_was(app: Flask, visitor: Visitor, clock: Traveller) -> None:
    add_staff(PHONE, "warehouse")
    assert enter(visitor) == "/"
    assert token(app, PHONE).status_code == 201


@pytest.mark.check(10)
def test_an_obliged_leader_names_no_payout_account_without_the_factor(
    app: Flask, visitor: Visitor, clock: Traveller
) -> None:
    leader = earn(app)
    account = db.session.get_one(Account, leader.account_id)
    add_staff(account.phone, "leader")
    answer = token(app, account.phone, role="leader")
    wanted = {"amount_fen": 5000, "method": "bank", "payee": "6222", "payee_name": "王五"}
    headers = {"Authorization": f"Bearer {answer.json['token']}"}
    path = f"/api/v1/leaders/{leader.code}/withdrawals"
    refused = app.test_client().post(path, json=wanted, headers=headers)
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "second_factor_required")
    assert db.session.query(WebSession).count() == 0


def test_codes_are_those_of_the_rfc() -> None:
    # RFC 6238, appendix B, SHA-1, cut to six digits.
    app = pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    assert [app.at(at) for at in (59, 1111111109, 20000000000)] == ["287082", "081804", "353130"]
    assert re.fullmatch(r"\d{6}", app.at(0))
