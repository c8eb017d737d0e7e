"""What is of no use any more is forgotten, and only that."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from groupbuy.accounts import codes, queries, tokens
from groupbuy.accounts.models import ApiToken, PhoneCode, WebSession
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.http import forgetting
from groupbuy.http.models import IdempotencyKey
from tests.api.conftest import Town
from tests.building import NOW


def test_answers_are_forgotten_after_a_week(town: Town) -> None:
    town.buyer.order({"P1": 1}, key="k1")
    assert not forgetting.any_old(now=NOW + timedelta(days=7))
    later = NOW + timedelta(days=8)
    assert forgetting.any_old(now=later)
    with transaction():
        forgetting.forget_old(now=later)
    assert db.session.scalars(select(IdempotencyKey)).all() == []


@pytest.mark.check(14)
def test_sessions_tokens_and_codes_are_forgotten_a_while_after_their_end(town: Town) -> None:
    with transaction():
        account = queries.get_account(town.resident.account_id)
        secret = tokens.start_session(account=account, role="resident", device="phone", now=NOW)
        tokens.issue_token(
            account=account, role="resident", now=NOW, actor="test", lifetime=timedelta(days=1)
        )
        codes.make_code(phone=account.phone, purpose="sign_in", visit="v", address="::1", now=NOW)
    assert kept(NOW + timedelta(days=1)) == [1, 1, 1]
    assert kept(NOW + timedelta(days=3)) == [1, 1, 0]
    with transaction():
        tokens.end_session(digest=tokens.digest_of(secret), now=NOW)
    assert kept(NOW + timedelta(days=9)) == [0, 0, 0]


def test_a_session_that_was_never_ended_is_forgotten_after_its_longest_time(town: Town) -> None:
    with transaction():
        account = queries.get_account(town.resident.account_id)
        tokens.start_session(account=account, role="resident", device="phone", now=NOW)
    assert not forgetting.any_old(now=NOW + timedelta(days=66))
    assert forgetting.any_old(now=NOW + timedelta(days=68))
    assert kept(NOW + timedelta(days=66))[0] == 1
    assert kept(NOW + timedelta(days=68))[0] == 0


def kept(now: datetime) -> list[int]:
    """Forget what is old at a moment; return how many sessions, tokens and codes are left."""
    with transaction():
        forgetting.forget_old(now=now)
    return [db.session.query(table).count() for table in (WebSession, ApiToken, PhoneCode)]
