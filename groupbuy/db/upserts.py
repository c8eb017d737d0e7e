"""Inserts that know what to do about a row that is there already, on either database."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, Result, func, literal, select
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from groupbuy.db.base import Base
from groupbuy.db.session import db


def insert_into(model: type[Base]) -> SqliteInsert | PostgresqlInsert:
    """Return an INSERT with ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    embedded = db.session.get_bind().dialect.name == "sqlite"
    return sqlite_insert(model) if embedded else postgresql_insert(model)


def run_for_all(statement: Any, rows: Sequence[Mapping[str, Any]]) -> Result[*tuple[Any, ...]]:
    """Run such an INSERT for many rows, at least one, that name the same columns.

    PostgreSQL gets each column as one value: so many parameters take it longer than to store the rows.
    """
    if db.session.get_bind().dialect.name == "sqlite":
        return db.session.execute(statement, list(rows))
    first, *rest = rows[0]
    columns = [_as_one(statement.table.c[name], [row[name] for row in rows]) for name in rest]
    # One column at least tells how many rows there are.
    numbered = func.unnest(_array(statement.table.c[first], [row[first] for row in rows]))
    return db.session.execute(statement.from_select([first, *rest], select(numbered, *columns)))


def _as_one(column: Column[Any], values: list[Any]) -> ColumnElement[Any]:
    if values.count(values[0]) == len(values):
        return literal(values[0], column.type)
    return func.unnest(_array(column, values))


def _array(column: Column[Any], values: list[Any]) -> ColumnElement[Any]:
    return literal(values, ARRAY(column.type))
