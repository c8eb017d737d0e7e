"""A database that is away is told from a fault of ours."""

import sqlite3

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from groupbuy.db import db
from groupbuy.db.failures import is_unavailable


@pytest.mark.parametrize(
    "error",
    [
        PoolTimeout(),
        OperationalError("", {}, sqlite3.OperationalError("database is locked")),
        OperationalError("", {}, sqlite3.OperationalError("database or disk is full")),
        DatabaseError("", {}, sqlite3.DatabaseError("database disk image is malformed")),
        OperationalError("", {}, psycopg.OperationalError("connection refused")),
        OperationalError("", {}, psycopg.errors.LockNotAvailable()),
        OperationalError("", {}, psycopg.errors.AdminShutdown()),
        OperationalError("", {}, psycopg.errors.DeadlockDetected()),
        OperationalError("", {}, psycopg.errors.QueryCanceled()),
        OperationalError("", {}, psycopg.errors.TooManyConnections()),
    ],
)
def test_a_database_that_is_away_or_busy_is_unavailable(error: Exception) -> None:
    assert is_unavailable(error)


@pytest.mark.parametrize("error", [ValueError("database is locked"), KeyError("x")])
def test_other_faults_are_not(error: Exception) -> None:
    assert not is_unavailable(error)


@pytest.mark.parametrize(
    "statement", ["SELEKT 1", "SELECT * FROM no_such_table", "INSERT INTO round VALUES (1)"]
)
def test_a_wrong_statement_is_a_fault_of_ours(app: Flask, statement: str) -> None:
    with pytest.raises(DBAPIError) as caught:
        db.session.execute(text(statement))
    assert not is_unavailable(caught.value)
