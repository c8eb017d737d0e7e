"""Alembic's entry: migrate the application's database."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from groupbuy.db.session import WRITES

database = current_app.extensions["migrate"].db


def _run() -> None:
    with database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # A migration of a large table may take its time; waiting for a lock still ends.
            connection.execute(text("SET statement_timeout = 0"))
            connection.commit()
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
