"""What a connection has planned outlives the requests that only read, which all end by rolling back."""

import pytest
from flask import Flask
from sqlalchemy import text

from groupbuy.accounts.models import Account
from groupbuy.db import db
from tests import building

# The driver prepares a statement that came so often.
OFTEN = 6
pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("database_kind", ["postgresql"])]


def plans(of: str) -> int:
    """Return how many statements the connection that is used next has planned with such words."""
    asked = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE :words")
    number: int = db.session.execute(asked, {"words": f"%{of}%"}).scalar_one()
    db.session.rollback()
    return number


def read_often(app: Flask) -> None:
    for _ in range(OFTEN):
        with app.app_context():
            db.session.scalar(text("SELECT 42 AS asked_often"))


def test_what_reading_requests_ask_stays_planned(app: Flask) -> None:
    read_often(app)
    assert plans("asked_often") == 1


def test_what_was_written_and_taken_back_is_gone(app: Flask) -> None:
    account = building.add_account("张晓梅")
    read_often(app)
    db.session.get_one(Account, account.id).name = "nobody"
    db.session.flush()
    db.session.rollback()
    assert db.session.get_one(Account, account.id, populate_existing=True).name == "张晓梅"


def test_after_a_failure_everything_is_planned_anew(app: Flask) -> None:
    read_often(app)
    with pytest.raises(Exception, match="division by zero"):
        db.session.execute(text("SELECT 1 / 0"))
    db.session.rollback()
    assert plans("asked_often") == 0
