"""Sessions: cookies over https, how long they last, and whose they are."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from time_machine import Traveller

from groupbuy.accounts import queries, tokens
from groupbuy.accounts.models import WebSession
from groupbuy.accounts.rules import STAFF_ROLES, session_limits
from groupbuy.app.factory import create_app
from groupbuy.audit.models import AuditEntry
from groupbuy.config import load_settings
from groupbuy.db import db
from groupbuy.db.transaction import transaction
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


def enter_again(town: Town, who: str, agent: str) -> FlaskClient:
    """Return another browser in which somebody is signed in."""
    with town.browser(who).session_transaction() as session:
        digest = tokens.digest_of(session["_user_id"])
    row = db.session.query(WebSession).filter_by(digest=digest).one()
    with transaction():
        account = queries.get_account(row.account_id)
        secret = tokens.start_session(account=account, role=row.role, device=agent, now=NOW)
    other: FlaskClient = town.app.test_client()
    with other.session_transaction() as session:
        session["_user_id"] = secret
    return other


PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) AppleWebKit/605.1 Mobile MicroMessenger/8.0 Safari/604.1"


@pytest.mark.check(15)
@pytest.mark.parametrize("who", ["resident", "leader", "operator"])
def test_the_own_sessions_are_listed_and_one_is_ended(town: Town, who: str) -> None:
    other = enter_again(town, who, PHONE)
    page = town.browser(who).get("/devices").text
    assert "WeChat · iPhone" in page
    number = re.findall(r'name="session" value="(\d+)"', page)
    assert len(number) == 1
    assert town.browser(who).post("/devices", data={"session": number[0]}).status_code == 303
    assert (is_in(other), is_in(town.browser(who))) == (False, True)
    assert db.session.query(AuditEntry).filter_by(verb="sessions_ended").count() == 1


@pytest.mark.check(15)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_all_other_sessions_are_ended_at_once(town: Town, database_kind: str) -> None:
    others = [enter_again(town, "leader", PHONE) for _ in range(3)]
    town.browser("leader").post("/devices")
    assert [is_in(browser) for browser in (*others, town.browser("leader"))] == [False, False, False, True]


@pytest.mark.check(15, 26)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_session_of_somebody_else_does_not_exist(town: Town, database_kind: str) -> None:
    theirs = db.session.query(WebSession).filter_by(digest=opened(town, "operator")).one().id
    for number in (str(theirs), "0", "-1", "x", "9" * 40):
        assert town.browser("leader").post("/devices", data={"session": number}).status_code == 404, number
    assert is_in(town.browser("operator"))
    assert str(theirs) not in re.findall(r'value="(\d+)"', town.browser("leader").get("/devices").text)
