"""What is sent over the API is counted before anything is done with it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from groupbuy.accounts.models import UploadDay
from groupbuy.db import db
from tests.api.conftest import Person, Town
from tests.finance.test_banking import paid_out, statement
from tests.support.locks import wait_until_somebody_waits

LONG_S = 30
LINE = statement("2026-11-25,,50.00,王五,代付 A778,1")
FAULTY = statement("gestern,1,,,,")


@pytest.fixture
def office(app: Flask) -> Person:
    """Return somebody of finance; ¥50.00 went to a leader."""
    paid_out(app)
    nobody: Any = None
    return Town(app, nobody, nobody, nobody, nobody, nobody).staff("finance")


def send(office: Person, content: bytes, key: str = "") -> tuple[int, Any]:
    """Send a statement of the bank."""
    headers = {"Authorization": f"Bearer {office.token}", "Content-Type": "text/csv"}
    headers |= {"Idempotency-Key": key} if key else {}
    # A client of its own: one cannot be used by two threads.
    app = office.client.application
    with app.app_context():
        answer = app.test_client().post("/api/v1/bank/statements", data=content, headers=headers)
    return answer.status_code, answer.json


def counted() -> int:
    """Return how many files were counted."""
    db.session.rollback()
    return sum(db.session.scalars(select(UploadDay.files)))


@contextmanager
def nobody_writes_bank_lines() -> Iterator[None]:
    """Let a statement that comes in wait until the block ends."""
    with db.engine.connect() as connection:
        connection.execute(text("LOCK TABLE bank_line IN EXCLUSIVE MODE"))
        yield
        connection.rollback()


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_second_file_of_a_sender_does_not_wait_until_the_first_is_stored(
    office: Person, database_kind: str
) -> None:
    with ThreadPoolExecutor(2) as pool:
        with nobody_writes_bank_lines():
            first = pool.submit(send, office, LINE)
            wait_until_somebody_waits()
            second = pool.submit(send, office, FAULTY)
            assert second.result(LONG_S)[0] == 422
            assert not first.done()
        assert first.result(LONG_S)[0] == 201
    assert counted() == 2


def test_a_file_is_counted_whatever_becomes_of_it_and_a_repeat_is_none(office: Person) -> None:
    first = send(office, LINE, key="k")
    assert send(office, LINE, key="k") == first
    assert counted() == 1
    assert send(office, FAULTY)[0] == 422
    assert counted() == 2
