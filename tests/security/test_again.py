"""Who opened a session long ago proves again who it is before what a thief would change first."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from groupbuy.accounts.models import Account, UploadDay
from groupbuy.accounts.rules import MAX_FILES
from groupbuy.commissions import withdrawals
from groupbuy.db import db
from groupbuy.http.forgetting import forget_old
from groupbuy.http.identity import Identity
from groupbuy.http.quotas import count_upload
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import TooMany
from groupbuy.leaders.models import Leader
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.work import work_off
from tests.money import earn
from tests.moving.workbook import export
from tests.security.people import PASSWORD, add_staff, code_at, enrol, token
from tests.security.town import Town
from tests.support.gateways import Gateway, running
from tests.web.shopping import Visitor

PHONE = "13812345678"
LATER = timedelta(minutes=16)
ASKED = "/again"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running(Gateway(lambda _request: (202, {}))) as server:
        yield server


@pytest.fixture
def extra_settings(gateway: Gateway) -> dict[str, str]:
    return {"GROUPBUY_SMS_URL": gateway.url}


def signed_in(app: Flask, phone: str = PHONE) -> Visitor:
    """Return a browser in which somebody has signed in by password."""
    visitor = Visitor(app)
    visitor.send("/sign-in?by=password", {"phone": phone, "password": PASSWORD}, to="/sign-in")
    return visitor


def place(answer: object) -> str:
    return str(getattr(answer, "location", "")).partition("?")[0]


@pytest.mark.check(16)
def test_roles_are_given_only_by_who_proved_lately_who_it_is(app: Flask, clock: Traveller) -> None:
    add_staff(PHONE, "operator")
    other = add_staff("13900000001", "warehouse")
    visitor = signed_in(app)
    assert visitor.client.get("/admin/users/new").status_code == 200
    clock.shift(LATER)
    user = f"/admin/users/{other.id}"
    assert place(visitor.client.get("/admin/users/new")) == ASKED
    for deed, fields in (("roles", {"role": "operator", "do": "give"}), ("active", {"active": "0"})):
        assert place(visitor.post(user, fields, to=f"{user}/{deed}")) == ASKED
    # To look is no change.
    assert visitor.client.get(user).status_code == 200
    assert visitor.send("/again", {"password": "not this one"}).status_code == 401
    assert place(visitor.client.get("/admin/users/new")) == ASKED
    assert visitor.post("/again?next=/admin/users/new", {"password": PASSWORD}).location == "/admin/users/new"
    assert visitor.post(user, {"role": "finance", "do": "give"}, to=f"{user}/roles").location == user


@pytest.mark.check(16)
def test_choosing_the_role_again_proves_nothing(app: Flask, clock: Traveller) -> None:
    add_staff(PHONE, "operator")
    visitor = signed_in(app)
    clock.shift(LATER)
    visitor.send("/role", {"role": "operator"})
    assert place(visitor.client.get("/admin/users/new")) == ASKED


@pytest.mark.check(16)
def test_a_code_by_text_message_proves_as_well_but_not_one_for_signing_in(
    app: Flask, clock: Traveller
) -> None:
    add_staff(PHONE, "operator")
    visitor = signed_in(app)
    clock.shift(LATER)
    visitor.send("/again", {}, to="/again?send=1")
    phone, code = visitor.gateway.sent[-1]
    assert phone == PHONE
    thief = Visitor(app)
    assert thief.send("/sign-in", {"phone": PHONE, "code": code}).status_code == 401
    assert visitor.post("/again?next=/admin/users/new", {"code": code}).location == "/admin/users/new"


@pytest.mark.check(10, 16)
def test_whoever_has_a_second_factor_proves_with_it_too(app: Flask, clock: Traveller) -> None:
    add_staff(PHONE, "operator")
    visitor = signed_in(app)
    secret, _ = enrol(visitor)
    clock.shift(LATER)
    assert place(visitor.post("/second-factor", {}, to="/second-factor/off")) == ASKED
    assert visitor.send("/again", {"password": PASSWORD}).status_code == 401
    assert visitor.post("/again", {"password": PASSWORD, "otp": code_at(secret)}).status_code == 303
    assert visitor.client.get("/admin/users/new").status_code == 200


def withdraw(visitor: Visitor, payee: str) -> str:
    wanted = {"amount": "20", "method": "bank", "payee": payee, "payee_name": "王五"}
    return place(visitor.post("/leader/money", wanted))


@pytest.mark.check(16)
def test_a_new_payout_account_asks_again_and_a_known_one_does_not(app: Flask, clock: Traveller) -> None:
    leader = earn(app)
    account = db.session.get_one(Account, leader.account_id)
    add_staff(account.phone, "leader")
    visitor = signed_in(app, account.phone)
    assert withdraw(visitor, "6222") == "/leader/money"
    answer = token(app, account.phone, role="leader")
    clock.shift(LATER)
    assert withdraw(visitor, "6222") == "/leader/money"
    assert withdraw(visitor, "6333") == ASKED
    assert by_token(app, leader, answer.json["token"], "6333") == (403, "sign_in_again")
    assert len(withdrawals.withdrawals_of(leader.id)) == 2
    assert by_token(app, leader, token(app, account.phone, role="leader").json["token"], "6333")[0] == 201


def by_token(app: Flask, leader: Leader, secret: str, payee: str) -> tuple[int, str | None]:
    wanted = {"amount_fen": 2000, "method": "bank", "payee": payee, "payee_name": "王五"}
    answer = app.test_client().post(
        f"/api/v1/leaders/{leader.code}/withdrawals",
        json=wanted,
        headers={"Authorization": f"Bearer {secret}"},
    )
    return answer.status_code, answer.json.get("error", {}).get("code")


@pytest.mark.check(7)
def test_a_new_password_ends_the_other_sessions_and_the_phone_is_told(
    app: Flask, clock: Traveller, gateway: Gateway
) -> None:
    add_staff(PHONE, "operator")
    browsers = [signed_in(app), signed_in(app)]
    clock.shift(timedelta(minutes=1))
    browsers[0].send("/again", {"password": PASSWORD})
    add_staff(PHONE, "operator")
    assert [one.client.get("/devices").status_code for one in browsers] == [303, 303]
    done = list(work_off(handlers_of(app), now=utc_now))
    assert [(one.kind, one.result) for one in done] == [("account_note", "told")]
    (request,) = gateway.requests
    assert PHONE in request.body
    assert "密码已修改" in request.body
    assert PASSWORD not in request.body


@pytest.mark.check(47)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_an_account_sends_so_many_files_a_day(town: Town, clock: Traveller, database_kind: str) -> None:
    content = export()

    def send(who: str) -> int:
        file = {"file": (BytesIO(content), "export.xlsx"), "round": ""}
        return town.browser(who).post("/leader/moving-in", data=file).status_code

    # One was sent while the town was made.
    assert {send("leader") for _ in range(MAX_FILES - 1)} == {303}
    assert (send("leader"), send("other_leader")) == (429, 303)
    db.session.expire_all()
    assert db.session.scalars(select(UploadDay.files).order_by(UploadDay.files)).all() == [1, 1, MAX_FILES]


@pytest.mark.check(47)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_bytes_of_a_day_are_bounded_too_and_begin_anew_at_midnight(
    town: Town, clock: Traveller, database_kind: str
) -> None:
    account = town.leader.account_id
    identity = Identity(account, "leader", frozenset())
    count_upload(identity, 60 * 1024**2)
    with pytest.raises(TooMany):
        count_upload(identity, 60 * 1024**2)
    clock.shift(timedelta(days=1))
    count_upload(identity, 60 * 1024**2)
    forget_old(now=utc_now() + timedelta(days=4))
    assert db.session.scalars(select(UploadDay)).all() == []
