"""Two parallel requests with the same key have one effect and one answer."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from groupbuy.db import db
from groupbuy.orders.models import Order
from tests.api.conftest import Person, Town


@pytest.mark.parametrize("quantity", [1, 5, 6])
@pytest.mark.check(36, 38)
def test_twenty_requests_at_once_under_one_key_are_one(town: Town, quantity: int) -> None:
    token = town.buyer.token
    db.session.rollback()

    def once(_: int) -> tuple[int, bytes]:
        with town.app.app_context():
            answer = Person(town.app.test_client(), token).order({"P1": quantity}, key="the-same")
        return answer.status_code, answer.data

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(once, range(20)))
    assert len(answers) == 1
    assert answers.pop()[0] == (409 if quantity == 6 else 201)
    assert db.session.scalar(select(func.count()).select_from(Order)) == (0 if quantity == 6 else 1)
