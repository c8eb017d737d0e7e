"""Signing in by phone: codes, passwords, roles, and where it leads."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from groupbuy.accounts import service as accounts
from groupbuy.accounts.models import Account, PhoneCode
from groupbuy.accounts.queries import find_account
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.members.models import Resident
from groupbuy.web.signin.visit import own_path
from tests import building
from tests.building import NOW
from tests.web.shopping import Visitor

PHONE = "13812345678"


def give_password(account: Account, password: str) -> None:
    with transaction():
        accounts.grant_role(account=account, role="resident", now=NOW, actor="test")
        accounts.set_password(account=account, password=password, now=NOW, actor="test")


@pytest.mark.check(59)
def test_a_new_phone_signs_up_and_is_a_resident_with_consent(visitor: Visitor) -> None:
    leader = building.add_leader("L1")
    answer = visitor.sign_up(PHONE, leader)
    assert (answer.status_code, answer.request.path) == (200, "/")
    account = find_account(PHONE)
    assert account is not None
    resident = db.session.scalars(select(Resident).where(Resident.account_id == account.id)).one()
    assert (resident.name, resident.room, resident.leader_id) == ("李女士", "3-2-501", leader.id)
    assert (resident.consent_version, resident.consent_at) == ("2026-11", NOW)


def test_a_known_phone_is_let_in_by_a_code_however_it_is_written(visitor: Visitor) -> None:
    give_password(building.add_account("王女士", PHONE), "correct horse")
    assert visitor.sign_in(f" +86 {PHONE[:3]} {PHONE[3:7]} {PHONE[7:]}").request.path == "/"
    assert visitor.client.get("/sign-in").status_code == 303


def test_a_password_lets_in(visitor: Visitor) -> None:
    give_password(building.add_account("王女士", PHONE), "correct horse")
    fields = {"phone": PHONE, "password": "correct horse"}
    assert visitor.post("/sign-in?by=password", fields, to="/sign-in").status_code == 303


@pytest.mark.check(5)
def test_nothing_but_the_digest_of_a_code_is_stored(visitor: Visitor) -> None:
    visitor.ask_for_code(PHONE)
    (phone, code), row = visitor.gateway.sent[0], db.session.scalars(select(PhoneCode)).one()
    assert (phone, len(code), code.isdigit()) == (PHONE, 6, True)
    assert code not in (row.digest, row.visit)
    assert row.expires_at <= NOW + timedelta(minutes=5)


@pytest.mark.check(5)
def test_a_code_is_good_once(visitor: Visitor) -> None:
    visitor.sign_in(PHONE)
    answer = visitor.send("/sign-in", {"phone": PHONE, "code": visitor.gateway.sent[-1][1]})
    assert answer.status_code == 401
    assert "验证码不正确或已失效" in answer.text


@pytest.mark.check(5)
def test_a_code_ends_after_five_minutes(visitor: Visitor, clock: Traveller) -> None:
    visitor.ask_for_code(PHONE)
    clock.shift(timedelta(minutes=5))
    answer = visitor.send("/sign-in", {"phone": PHONE, "code": visitor.gateway.sent[-1][1]})
    assert answer.status_code == 401


@pytest.mark.check(5)
def test_five_wrong_tries_end_a_code(visitor: Visitor) -> None:
    visitor.ask_for_code(PHONE)
    right = visitor.gateway.sent[-1][1]
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert visitor.send("/sign-in", {"phone": PHONE, "code": wrong}).status_code == 401
    assert visitor.send("/sign-in", {"phone": PHONE, "code": right}).status_code == 401


@pytest.mark.check(5)
def test_a_code_is_good_only_in_the_browser_that_asked_and_for_its_phone(
    app: Flask, visitor: Visitor
) -> None:
    visitor.ask_for_code(PHONE)
    code = visitor.gateway.sent[-1][1]
    assert Visitor(app).send("/sign-in", {"phone": PHONE, "code": code}).status_code == 401
    assert visitor.send("/sign-in", {"phone": "13912345678", "code": code}).status_code == 401
    assert visitor.send("/sign-in", {"phone": PHONE, "code": code}).request.path == "/sign-up"


@pytest.mark.check(6)
def test_codes_are_sent_once_a_minute_and_five_times_an_hour(visitor: Visitor, clock: Traveller) -> None:
    for _ in range(5):
        assert visitor.ask_for_code(PHONE).status_code == 200
        refused = visitor.ask_for_code(PHONE)
        assert refused.status_code == 429
        assert "秒后再获取验证码" in refused.text
        clock.shift(timedelta(minutes=1, seconds=1))
    assert visitor.ask_for_code(PHONE).status_code == 429
    assert len(visitor.gateway.sent) == 5


@pytest.mark.check(6)
def test_one_address_cannot_ask_for_codes_without_end(app: Flask, visitor: Visitor) -> None:
    answers = [visitor.ask_for_code(f"138000000{number:02d}").status_code for number in range(12)]
    assert answers == [200] * 10 + [429] * 2


@pytest.mark.check(4)
def test_an_unknown_phone_and_a_wrong_password_look_the_same(visitor: Visitor) -> None:
    give_password(building.add_account("王女士", PHONE), "correct horse")
    pages = []
    for phone in (PHONE, "13900000000"):
        fields = {"phone": phone, "password": "wrong horse"}
        answer = visitor.send("/sign-in?by=password", fields, to="/sign-in")
        pages.append((answer.status_code, _without_secrets(answer.text)))
    assert pages[0] == pages[1]
    assert pages[0][0] == 401


@pytest.mark.check(4)
def test_a_code_is_sent_whether_or_not_the_phone_is_known(app: Flask, visitor: Visitor) -> None:
    give_password(building.add_account("王女士", PHONE), "correct horse")
    pages = [Visitor(app).ask_for_code(phone).text for phone in (PHONE, "13900000000")]
    assert _without_secrets(pages[0]) == _without_secrets(pages[1])


def _without_secrets(page: str) -> str:
    return "".join(line for line in page.splitlines() if "csrf" not in line and 'name="phone"' not in line)


@pytest.mark.check(12)
def test_signing_out_ends_the_session_on_the_server(app: Flask, visitor: Visitor) -> None:
    visitor.sign_up(PHONE, building.add_leader("L1"))
    stolen = visitor.client.get_cookie("groupbuy")
    assert stolen is not None
    assert visitor.send("/me", {}, to="/sign-out").status_code == 200
    thief = app.test_client()
    thief.set_cookie("groupbuy", stolen.value)
    assert thief.get("/me").location.startswith("/sign-in")


def test_an_account_with_several_roles_chooses(visitor: Visitor) -> None:
    phone = building.add_leader("L1", name="王秀兰").phone
    with transaction():
        account = find_account(phone)
        assert account is not None
        accounts.grant_role(account=account, role="resident", now=NOW, actor="test")
    answer = visitor.sign_in(phone)
    assert answer.request.path == "/role"
    assert "团长" in answer.text
    assert visitor.send("/role", {"role": "operator"}).status_code == 422
    assert visitor.post("/role", {"role": "resident"}).status_code == 303


def test_a_disabled_account_is_not_let_in(visitor: Visitor) -> None:
    account = building.add_account("王女士", PHONE)
    with transaction():
        db.session.add(account)
        account.active = False
    assert visitor.sign_in(PHONE).status_code == 403


@pytest.mark.check(59)
def test_a_sign_up_without_consent_keeps_what_was_typed(visitor: Visitor) -> None:
    leader = building.add_leader("L1")
    visitor.sign_in(PHONE)
    answer = visitor.send("/sign-up", {"name": "李女士", "room": "3-2-501", "leader": leader.code})
    assert answer.status_code == 422
    assert 'value="李女士"' in answer.text
    assert "请先同意隐私政策" in answer.text
    assert find_account(PHONE) is None


@pytest.mark.parametrize(
    "path",
    [
        *("//evil.example", "/\\evil.example", "/%09/evil.example", "https://evil.example", "evil", ""),
        *("/a\nb", "javascript:alert(1)", "/%5cevil.example", "///evil", "/\tevil"),
    ],
)
@pytest.mark.check(49)
def test_no_path_leads_to_another_site(path: str) -> None:
    assert own_path(path) is None


@pytest.mark.parametrize("path", ["/cart", "/r/C1?l=L1", "/orders/X/code"])
@pytest.mark.check(49)
def test_an_own_path_is_kept(path: str) -> None:
    assert own_path(path) == path
