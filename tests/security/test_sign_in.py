"""Signing in: how passwords are kept, chosen and guessed at."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import extract_parameters
from flask import Flask
from sqlalchemy import func, select

from groupbuy.accounts import codes, passwords
from groupbuy.accounts.models import Account
from groupbuy.accounts.rules import COMMON_PASSWORDS, LONGEST_DELAY_S, check_password, guess_delay_s
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.kernel.errors import BadInput, TooMany, Unavailable
from tests.building import NOW

PHONE = "13812345678"
# RFC 9106, second recommended option: 64 MiB and three passes.
LEAST_MEMORY_KIB, LEAST_PASSES = 65_536, 3


@pytest.mark.check(1)
def test_passwords_are_kept_as_argon2id_with_enough_work() -> None:
    kept = passwords.hash_password("Sonnenblume-7")
    assert kept.startswith("$argon2id$")
    found = extract_parameters(kept)
    assert (found.memory_cost, found.time_cost) >= (LEAST_MEMORY_KIB, LEAST_PASSES)
    assert passwords.hash_password("Sonnenblume-7") != kept


@pytest.mark.check(1)
def test_only_so_many_hashes_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "LONGEST_WAIT_S", 0.01)
    entered, leave = threading.Barrier(3), threading.Event()

    def hold() -> None:
        with passwords._turn():
            entered.wait()
            leave.wait()

    holders = [threading.Thread(target=hold) for _ in range(2)]
    for holder in holders:
        holder.start()
    entered.wait()
    with pytest.raises(Unavailable):
        passwords.hash_password("Sonnenblume-7")
    leave.set()
    for holder in holders:
        holder.join()


@pytest.mark.check(2)
@pytest.mark.parametrize(
    "password", ["", "1234567", *sorted(COMMON_PASSWORDS)[:5], "PASSWORD1", PHONE, "x" * 129]
)
def test_a_password_that_is_short_common_or_the_phone_is_refused(password: str) -> None:
    with pytest.raises(BadInput):
        check_password(password, phone=PHONE)


@pytest.mark.check(2)
@pytest.mark.parametrize(
    "password", ["x" * 7 + "y", "correct horse battery staple " * 2, "密码密码密码密码", " 8 chars "]
)
def test_length_is_all_that_is_asked_for(password: str) -> None:
    check_password(password, phone=PHONE)
    check_password("q" * 64, phone=PHONE)


@pytest.mark.check(3)
def test_each_wrong_guess_waits_longer_up_to_a_quarter_of_an_hour() -> None:
    delays = [guess_delay_s(failures, free=5) for failures in range(40)]
    assert delays[:5] == [0] * 5
    assert delays[5:9] == [2, 4, 8, 16]
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_DELAY_S == 900


@pytest.mark.check(4)
def test_an_unknown_phone_costs_the_same_hash_as_a_known_one() -> None:
    nobody, known = map(extract_parameters, (passwords._NOBODY, passwords.hash_password("Sonnenblume-7")))
    assert replace(nobody, salt_len=known.salt_len) == known
    assert not passwords.password_matches(None, "Sonnenblume-7")


@pytest.mark.check(6)
def test_codes_are_limited_in_all(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "IN_ALL", ((timedelta(minutes=1), 3),))
    asked = {"purpose": "sign_in", "visit": "v", "now": NOW}
    with transaction():
        for number in range(3):
            codes.make_code(phone=f"1380000000{number}", address=f"10.0.0.{number}", **asked)
    with pytest.raises(TooMany), transaction():
        codes.make_code(phone="13800000009", address="10.0.0.9", **asked)


@pytest.mark.check(11)
def test_a_fresh_installation_has_no_account_at_all(app: Flask) -> None:
    assert db.session.scalar(select(func.count()).select_from(Account)) == 0
