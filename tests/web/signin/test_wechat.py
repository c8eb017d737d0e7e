"""Signing in with WeChat, against a server that speaks its protocol; linking needs both proofs."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from time_machine import Traveller

from groupbuy.accounts import service as accounts
from groupbuy.accounts import wechat
from groupbuy.accounts.queries import find_account
from groupbuy.db.transaction import transaction
from tests import building
from tests.building import NOW
from tests.support.gateways import Gateway, Request, running
from tests.web.shopping import Visitor

PHONE, OTHER = "13812345678", "13912345678"
OPENID = "oZ4XD6abcdefghijklmnopqrstuv"
IN_WECHAT = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"}
CODES = {"good": OPENID, "other": "oOtherPersonOfWechat00000000"}


def exchange(request: Request) -> tuple[int, object]:
    """Answer as api.weixin.qq.com does: errors too come with status 200."""
    asked = {key: values[0] for key, values in parse_qs(urlsplit(request.path).query).items()}
    known = (asked["appid"], asked["secret"], asked["grant_type"]) == ("wxapp", "shh", "authorization_code")
    if not known or asked["code"] not in CODES:
        return 200, {"errcode": 40029, "errmsg": "invalid code"}
    return 200, {
        "access_token": "t",
        "expires_in": 7200,
        "openid": CODES[asked["code"]],
        "scope": "snsapi_base",
    }


@pytest.fixture
def wechat_site() -> Iterator[Gateway]:
    with running(Gateway(exchange)) as gateway:
        yield gateway


@pytest.fixture
def extra_settings(wechat_site: Gateway) -> dict[str, str]:
    return {
        "GROUPBUY_WECHAT_APP_ID": "wxapp",
        "GROUPBUY_WECHAT_SECRET": "shh",
        "GROUPBUY_WECHAT_BASE_URL": wechat_site.url,
        "GROUPBUY_BASE_URL": "https://tuan.example",
    }


def begin(visitor: Visitor, next_: str = "") -> str:
    """Go to WeChat and return the state."""
    answer = visitor.client.get("/wechat", query_string={"next": next_})
    assert answer.status_code == 303
    return parse_qs(urlsplit(answer.location).query)["state"][0]


def come_back(visitor: Visitor, state: str, code: str = "good"):  # type: ignore[no-untyped-def]  # a TestResponse.
    return visitor.follow(visitor.client.get("/wechat/back", query_string={"code": code, "state": state}))


def linked_resident(visitor: Visitor) -> None:
    """Sign up from WeChat, and out again."""
    come_back(visitor, begin(visitor))
    visitor.sign_up(PHONE, building.add_leader("L1"))
    visitor.send("/me", {}, to="/sign-out")


def test_the_browser_is_sent_to_wechat_as_it_documents(visitor: Visitor, wechat_site: Gateway) -> None:
    answer = visitor.client.get("/wechat")
    parts = urlsplit(answer.location)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == wechat_site.url + "/connect/oauth2/authorize"
    assert parts.fragment == "wechat_redirect"
    asked = parse_qs(parts.query)
    assert list(asked) == ["appid", "redirect_uri", "response_type", "scope", "state"]
    assert asked["redirect_uri"] == ["https://tuan.example/wechat/back"]
    assert (asked["scope"], asked["response_type"]) == (["snsapi_base"], ["code"])
    assert wechat_site.requests == []


def test_the_button_is_shown_in_wechat_only(visitor: Visitor) -> None:
    assert "微信登录" not in visitor.get("/sign-in")
    assert "微信登录" in visitor.client.get("/sign-in", headers=IN_WECHAT).text


@pytest.mark.check(9)
def test_wechat_alone_lets_nobody_in(visitor: Visitor) -> None:
    answer = come_back(visitor, begin(visitor))
    assert answer.request.path == "/sign-in"
    assert visitor.client.get("/me").status_code == 303
    assert wechat.account_of(OPENID) is None


@pytest.mark.check(9)
def test_after_both_proofs_wechat_is_enough(app: Flask, visitor: Visitor) -> None:
    linked_resident(visitor)
    again = Visitor(app)
    assert come_back(again, begin(again, "/me")).request.path == "/me"
    assert "李女士" in again.get("/me")


@pytest.mark.check(8)
def test_a_state_is_good_once(visitor: Visitor) -> None:
    linked_resident(visitor)
    state = begin(visitor)
    come_back(visitor, state)
    visitor.send("/me", {}, to="/sign-out")
    assert come_back(visitor, state).request.path == "/sign-in"


@pytest.mark.check(8)
def test_a_state_of_another_browser_is_refused_before_anybody_is_asked(
    app: Flask, visitor: Visitor, wechat_site: Gateway
) -> None:
    stranger = Visitor(app)
    state = begin(stranger)
    begin(visitor)
    for wrong in (state, "", "ü"):
        assert come_back(visitor, wrong).request.path == "/sign-in"
    assert wechat_site.requests == []


@pytest.mark.check(8)
def test_a_state_ends_after_ten_minutes(visitor: Visitor, clock: Traveller, wechat_site: Gateway) -> None:
    state = begin(visitor)
    clock.shift(timedelta(minutes=10))
    come_back(visitor, state)
    assert wechat_site.requests == []


@pytest.mark.check(8)
@pytest.mark.parametrize("code", ["wrong", "", "x" * 600])
def test_a_code_that_is_not_good_signs_nobody_in(visitor: Visitor, code: str) -> None:
    answer = come_back(visitor, begin(visitor, "/cart"), code)
    assert answer.request.path == "/sign-in"


@pytest.mark.parametrize("content", ["<html>", "[]", {"openid": 7}, {"openid": "<b>"}, ""])
def test_an_answer_that_makes_no_sense_is_a_refusal(
    visitor: Visitor, wechat_site: Gateway, content: object
) -> None:
    wechat_site.answer = lambda _request: (200, content)
    answer = come_back(visitor, begin(visitor))
    assert (answer.status_code, answer.request.path) == (200, "/sign-in")
    assert "微信" in answer.text


def test_a_signed_in_resident_links_and_unlinks(visitor: Visitor) -> None:
    visitor.sign_up(PHONE, building.add_leader("L1"))
    assert "绑定微信" in visitor.client.get("/me", headers=IN_WECHAT).text
    assert come_back(visitor, begin(visitor, "/me")).request.path == "/me"
    account = find_account(PHONE)
    assert account is not None
    assert wechat.is_linked(account.id)
    visitor.send("/me", {}, to="/wechat/unlink")
    assert wechat.account_of(OPENID) is None


@pytest.mark.check(9)
def test_a_wechat_user_of_another_account_is_not_taken_over(app: Flask, visitor: Visitor) -> None:
    linked_resident(visitor)
    thief = Visitor(app)
    thief.sign_up(OTHER, building.add_leader("L2"))
    assert "其他账号" in come_back(thief, begin(thief, "/me")).text
    owner = wechat.account_of(OPENID)
    assert owner is not None
    assert owner.phone == PHONE


def test_who_leaves_is_forgotten(visitor: Visitor) -> None:
    linked_resident(visitor)
    with transaction():
        account = find_account(PHONE)
        assert account is not None
        accounts.anonymise(account=account)
    assert wechat.account_of(OPENID) is None


@pytest.mark.check(10)
def test_staff_cannot_come_in_by_wechat(visitor: Visitor) -> None:
    linked_resident(visitor)
    with transaction():
        account = find_account(PHONE)
        assert account is not None
        accounts.grant_role(account=account, role="operator", now=NOW, actor="test")
    assert come_back(visitor, begin(visitor)).request.path == "/sign-in"


@pytest.mark.check(10)
def test_staff_are_not_linked(visitor: Visitor) -> None:
    with transaction():
        account = accounts.account_for(phone=PHONE, name="小陈", now=NOW)
        accounts.grant_role(account=account, role="operator", now=NOW, actor="test")
    come_back(visitor, begin(visitor))
    visitor.sign_in(PHONE)
    assert wechat.account_of(OPENID) is None
