"""Browsers: a session begins anew at sign-in, ends on the server, and needs a CSRF token to write."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf

from groupbuy.accounts import service
from groupbuy.accounts.models import Account
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.http.identity import current_identity, sign_in, sign_out
from tests.api.conftest import PASSWORD, Town
from tests.building import NOW


@pytest.fixture
def browser(town: Town) -> FlaskClient:
    """Return a browser with pages that sign the first resident in and out."""
    _add_pages(town.app, town.resident.account_id)
    return town.app.test_client()


def _add_pages(app: Flask, account_id: int) -> None:
    @app.get("/test/in/<role>")
    def enter(role: str) -> Any:
        return jsonify(sign_in(db.session.get_one(Account, account_id), role).role)

    @app.get("/test/out")
    def leave() -> Any:
        sign_out()
        return jsonify(True)

    @app.get("/test/who")
    def who() -> Any:
        identity = current_identity()
        return jsonify(role=identity.role if identity else None, csrf=generate_csrf())


def role_of(browser: FlaskClient) -> Any:
    return browser.get("/test/who").json["role"]


def cookie(browser: FlaskClient) -> str:
    found = browser.get_cookie("groupbuy")
    assert found is not None
    return found.value


def test_who_signed_in_is_known_by_the_cookie(browser: FlaskClient) -> None:
    assert role_of(browser) is None
    browser.get("/test/in/resident")
    assert role_of(browser) == "resident"


@pytest.mark.check(12)
def test_signing_out_ends_the_session_on_the_server(browser: FlaskClient, town: Town) -> None:
    browser.get("/test/in/resident")
    stolen = cookie(browser)
    browser.get("/test/out")
    thief = town.app.test_client()
    thief.set_cookie("groupbuy", stolen)
    assert role_of(thief) is None


@pytest.mark.check(12)
def test_signing_in_again_makes_another_session(browser: FlaskClient, town: Town) -> None:
    browser.get("/test/in/resident")
    former = cookie(browser)
    browser.get("/test/in/resident")
    other = town.app.test_client()
    other.set_cookie("groupbuy", former)
    assert role_of(other) is None


def test_a_role_that_is_not_held_cannot_be_taken(browser: FlaskClient) -> None:
    assert browser.get("/test/in/operator").status_code == 401
    assert role_of(browser) is None


@pytest.mark.check(7)
def test_a_new_password_ends_the_sessions(browser: FlaskClient, town: Town) -> None:
    browser.get("/test/in/resident")
    with transaction():
        account = db.session.get_one(Account, town.resident.account_id)
        service.set_password(account=account, password=PASSWORD, now=NOW, actor="test")
    assert role_of(browser) is None


@pytest.mark.check(15)
def test_disabling_an_account_ends_its_sessions(browser: FlaskClient, town: Town) -> None:
    browser.get("/test/in/resident")
    with transaction():
        db.session.get_one(Account, town.resident.account_id).active = False
    assert role_of(browser) is None


@pytest.mark.check(14)
def test_a_session_ends_when_nobody_uses_it(browser: FlaskClient, clock: Any) -> None:
    browser.get("/test/in/resident")
    for _ in range(3):
        clock.shift(timedelta(days=13))
        assert role_of(browser) == "resident"
    clock.shift(timedelta(days=15))
    assert role_of(browser) is None


@pytest.mark.check(17)
def test_a_browsers_write_needs_the_csrf_token(browser: FlaskClient) -> None:
    browser.get("/test/in/resident")
    body = {"round": "C1", "lines": [{"product_code": "P1", "quantity": 1}]}
    refused = browser.post("/api/v1/orders", json=body)
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "csrf")
    token = browser.get("/test/who").json["csrf"]
    assert browser.post("/api/v1/orders", json=body, headers={"X-CSRFToken": token}).status_code == 201


@pytest.mark.check(13)
def test_the_cookie_is_kept_from_scripts_and_other_sites(browser: FlaskClient) -> None:
    answer = browser.get("/test/in/resident")
    header = answer.headers["Set-Cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
