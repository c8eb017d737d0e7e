"""Sessions: cookies over https, how long they last, and whose they are."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from time_machine import Traveller

from groupbuy.accounts import tokens
from groupbuy.accounts.models import WebSession
from groupbuy.accounts.rules import STAFF_ROLES, session_limits
from groupbuy.app.factory import create_app
from groupbuy.config import load_settings
from groupbuy.db import db
from tests.building import NOW
from tests.security.town import Town


@pytest.mark.check(13)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_over_https_the_cookie_is_bound_to_this_host(environment: dict[str, str], database_kind: str) -> None:
    app = create_app(load_settings(environment | {"GROUPBUY_INSECURE_HTTP": "0"}))
    cookie = app.test_client().get("/sign-in", base_url="https://shop.example").headers["Set-Cookie"]
    assert cookie.startswith("__Host-groupbuy=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie, part
    assert "Domain" not in cookie


def opened(town: Town, who: str) -> str:
    """Return the digest of somebody's session."""
    with town.browser(who).session_transaction() as session:
        return tokens.digest_of(session["_user_id"])


def is_in(browser: FlaskClient) -> bool:
    """Tell whether a browser is signed in: whoever is needs not sign in."""
    return browser.get("/sign-in").status_code == 303


@pytest.mark.check(14)
@pytest.mark.parametrize("who", ["operator", "finance", "resident", "leader"])
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_session_ends_after_its_roles_time_however_much_it_is_used(
    town: Town, clock: Traveller, who: str, database_kind: str
) -> None:
    idle, longest = session_limits(who)
    step = idle * 9 // 10
    for _ in range(int(longest / step)):
        clock.shift(step)
        assert is_in(town.browser(who))
    clock.shift(step)
    assert not is_in(town.browser(who))


@pytest.mark.check(14)
def test_staff_are_signed_out_sooner_than_people() -> None:
    assert {session_limits(role) for role in STAFF_ROLES} == {(timedelta(hours=2), timedelta(hours=12))}
    assert session_limits("leader") == session_limits("resident") == (timedelta(days=14), timedelta(days=60))


@pytest.mark.check(12)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_signing_out_on_the_page_ends_the_row_on_the_server(town: Town, database_kind: str) -> None:
    digest = opened(town, "leader")
    town.browser("leader").post("/sign-out")
    row = db.session.query(WebSession).filter_by(digest=digest).one()
    assert row.ended_at == NOW
