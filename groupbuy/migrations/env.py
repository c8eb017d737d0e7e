"""Alembic's entry: migrate the application's database."""

import time
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError

from groupbuy.db.session import WRITES
from groupbuy.db.transaction import RETRYABLE

database = current_app.extensions["migrate"].db

# A migration locks whole tables, in an order that may not be that of the orders coming in. It gives way
# before PostgreSQL looks for deadlocks (after 1 s) and would end one of them, and begins again: now with
# the table that every order writes first, so that the next orders wait while they hold nothing else.
WAIT_BRIEFLY = "SET lock_timeout = '500ms'"
ORDERS_WAIT = "LOCK TABLE offer_stock IN ACCESS EXCLUSIVE MODE"
GAVE_WAY = ("55P03", *RETRYABLE)
ATTEMPTS = 120
PAUSE_SECONDS = 0.5


def _run() -> None:
    """Migrate; each migration is a transaction, so another attempt goes on where this one gave way.

    So a target has to be named: one relative to now ("-2") would be counted anew.
    """
    for attempt in range(ATTEMPTS - 1):
        try:
            _migrate(alone=attempt > 0)
            return
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in GAVE_WAY:
                raise
            time.sleep(PAUSE_SECONDS)
    _migrate(alone=True)


def _migrate(*, alone: bool) -> None:
    with database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # These settings are for no one else: the connection does not go back to the pool.
            connection.detach()
            # A migration of a large table may take its time; waiting for a lock may not.
            connection.execute(text("SET statement_timeout = 0"))
            connection.execute(text(WAIT_BRIEFLY))
            connection.commit()
            if alone:
                event.listen(connection, "begin", lambda begun: begun.exec_driver_sql(ORDERS_WAIT))
        else:
            # The embedded database changes a table by making it anew and dropping the old one, which rows
            # that refer to it would forbid. Only outside of a transaction does this statement work.
            _driver(connection).execute("PRAGMA foreign_keys = OFF")
            # A migration that reads first and writes later would be refused when somebody has written since.
            connection = connection.execution_options(**{WRITES: True})
        context.configure(
            connection=connection,
            target_metadata=database.metadatas[None],
            render_as_batch=True,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if connection.dialect.name == "sqlite":
            _keep_references(connection)


def _keep_references(connection: Connection) -> None:
    """Look whether every reference still leads somewhere, and guard them again."""
    broken = _driver(connection).execute("PRAGMA foreign_key_check").fetchall()
    _driver(connection).execute("PRAGMA foreign_keys = ON")
    if broken:
        raise RuntimeError(f"a migration left references that lead nowhere: {broken[:5]}")


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


_run()
