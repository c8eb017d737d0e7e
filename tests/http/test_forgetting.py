"""What is of no use any more is forgotten, and only that."""

from datetime import timedelta

from sqlalchemy import select

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
