"""Tokens: issued for a password or by the command, good until revoked, expired or the role is gone."""

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from groupbuy.accounts import service
from groupbuy.accounts.models import Account, AccountRole
from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from tests.api.conftest import PASSWORD, Town
from tests.building import NOW
from tests.support.commands import Run


@pytest.fixture
def phone(town: Town) -> str:
    """Give the first resident a password and return the phone."""
    with transaction():
        account = db.session.get_one(Account, town.resident.account_id)
        service.set_password(account=account, password=PASSWORD, now=NOW, actor="test")
        service.grant_role(account=account, role="supplier", now=NOW, actor="test")
    return account.phone


def sign_in(town: Town, **body: str) -> Any:
    return town.app.test_client().post("/api/v1/tokens", json=body)


def test_a_password_gives_a_token_of_the_highest_role(town: Town, phone: str) -> None:
    answer = sign_in(town, phone=phone, password=PASSWORD)
    assert (answer.status_code, answer.json["role"]) == (201, "supplier")
    assert answer.json.keys() == {"token", "role", "expires_at"}
    assert answer.json["expires_at"].endswith("Z")


def test_a_named_role_is_given(town: Town, phone: str) -> None:
    assert sign_in(town, phone=phone, password=PASSWORD, role="resident").json["role"] == "resident"


def test_a_role_that_is_not_held_is_refused(town: Town, phone: str) -> None:
    answer = sign_in(town, phone=phone, password=PASSWORD, role="operator")
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "role_not_held")


@pytest.mark.check(4)
def test_an_unknown_phone_and_a_wrong_password_look_the_same(town: Town, phone: str) -> None:
    wrong = sign_in(town, phone=phone, password="not this one")
    unknown = sign_in(town, phone="13711112222", password="not this one")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.data == unknown.data


@pytest.mark.check(3)
def test_wrong_passwords_make_the_next_try_wait_and_a_right_one_forgets_them(
    town: Town, phone: str, clock: Any
) -> None:
    for _ in range(5):
        assert sign_in(town, phone=phone, password="not this one").status_code == 401
    refused = sign_in(town, phone=phone, password=PASSWORD)
    assert (refused.status_code, refused.json["error"]["code"]) == (429, "too_many_tries")
    clock.shift(int(refused.headers["Retry-After"]))
    assert sign_in(town, phone=phone, password=PASSWORD).status_code == 201
    assert sign_in(town, phone=phone, password="not this one").status_code == 401


@pytest.mark.check(3)
def test_strangers_cannot_lock_out_who_signed_in_from_here_before(town: Town, phone: str) -> None:
    assert sign_in(town, phone=phone, password=PASSWORD).status_code == 201
    stranger = town.app.test_client()
    for number in range(60):
        elsewhere = {"REMOTE_ADDR": f"10.0.{number // 5}.1"}
        stranger.post(
            "/api/v1/tokens",
            json={"phone": phone, "password": "not this one"},
            environ_overrides=elsewhere,
        )
    assert sign_in(town, phone=phone, password=PASSWORD).status_code == 201


def test_a_revoked_token_ends_at_once(town: Town) -> None:
    buyer = town.buyer
    assert buyer.ask("DELETE", "/tokens/current").status_code == 204
    assert buyer.get("/rounds").status_code == 401


def test_an_expired_token_is_refused(town: Town, clock: Any) -> None:
    buyer = town.buyer
    clock.shift(timedelta(days=10))
    answer = buyer.get("/rounds")
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "bad_token")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.check(29)
def test_a_role_that_was_taken_away_ends_its_tokens_at_once(town: Town) -> None:
    buyer = town.buyer
    with transaction():
        db.session.delete(db.session.get_one(AccountRole, (town.resident.account_id, "resident")))
    assert buyer.get("/rounds").status_code == 401


@pytest.mark.check(15)
def test_a_disabled_account_is_refused_at_once(town: Town) -> None:
    buyer = town.buyer
    with transaction():
        db.session.get_one(Account, town.resident.account_id).active = False
    assert buyer.get("/rounds").status_code == 401


@pytest.mark.check(23)
def test_a_token_with_fewer_scopes_cannot_do_the_rest(town: Town, phone: str) -> None:
    body = {"phone": phone, "password": PASSWORD, "role": "resident", "scopes": ["rounds:read"]}
    client = town.app.test_client()
    token = client.post("/api/v1/tokens", json=body).json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/rounds", headers=headers).status_code == 200
    refused = client.post("/api/v1/orders", json={}, headers=headers)
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "scope_missing")


def test_the_command_issues_a_token_for_one_phone(town: Town, cli_runner: Run) -> None:
    token = cli_runner("issue-token", "--phone", town.resident.phone).stdout.strip()
    answer = town.app.test_client().get("/api/v1/rounds", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


def test_the_command_issues_tokens_for_a_whole_role(town: Town, cli_runner: Run, tmp_path: Path) -> None:
    out = tmp_path / "tokens.csv"
    cli_runner("issue-token", "--all", "resident", "--ttl", "2", "--out", out)
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["code"] for row in rows] == sorted([town.resident.code, town.other_resident.code])
    assert rows[0].keys() == {"phone", "code", "token"}
    for row in rows:
        answer = town.app.test_client().get(
            "/api/v1/rounds", headers={"Authorization": f"Bearer {row['token']}"}
        )
        assert answer.status_code == 200
    assert out.stat().st_mode & 0o777 == 0o600


def test_issuing_is_written_to_the_audit_log_without_the_token(town: Town, cli_runner: Run) -> None:
    token = cli_runner("issue-token", "--phone", town.resident.phone).stdout.strip()
    db.session.rollback()
    entry = db.session.query(AuditEntry).filter_by(verb="token_issued", actor="cli").one()
    assert entry.after["role"] == "resident"
    assert token not in str(entry.after)
