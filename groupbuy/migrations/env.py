"""Alembic's entry: migrate the application's database."""

from alembic import context
from flask import current_app
from sqlalchemy import text

database = current_app.extensions["migrate"].db


def _run() -> None:
    with database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # A migration of a large table may take its time; waiting for a lock still ends.
            connection.execute(text("SET statement_timeout = 0"))
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=database.metadatas[None],
            render_as_batch=True,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


_run()
