"""Inserts that know what to do about a row that is there already, on either database."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, Result, Select, func, literal, select, true
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from groupbuy.db.base import Base
from groupbuy.db.session import db

Columns = Mapping[Column[Any], list[Any]]


def insert_into(model: type[Base]) -> SqliteInsert | PostgresqlInsert:
    """Return an INSERT with ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    embedded = db.session.get_bind().dialect.name == "sqlite"
    return sqlite_insert(model) if embedded else postgresql_insert(model)


def run_for_all(statement: Any, rows: Sequence[Mapping[str, Any]]) -> Result[*tuple[Any, ...]]:
    """Run such an INSERT for many rows, at least one, that name the same columns.

    PostgreSQL gets each column as one value, SQLite all that differs as one text: so many parameters take
    either longer than to store the rows.
    """
    columns = {statement.table.c[name]: [row[name] for row in rows] for name in rows[0]}
    embedded = db.session.get_bind().dialect.name == "sqlite"
    source = _from_text(columns) if embedded else _from_arrays(columns)
    return db.session.execute(statement.from_select([column.name for column in columns], source))


def _from_arrays(columns: Columns) -> Select[*tuple[Any, ...]]:
    (first, values), *rest = columns.items()
    # One column at least tells how many rows there are.
    numbered = func.unnest(_array(first, values))
    return select(numbered, *(_as_one(column, some) for column, some in rest))


def _as_one(column: Column[Any], values: list[Any]) -> ColumnElement[Any]:
    return literal(values[0], column.type) if _are_one(values) else func.unnest(_array(column, values))


def _are_one(values: list[Any]) -> bool:
    return values.count(values[0]) == len(values)


def _array(column: Column[Any], values: list[Any]) -> ColumnElement[Any]:
    return literal(values, ARRAY(column.type))


def _from_text(columns: Columns) -> Select[*tuple[Any, ...]]:
    differing = [column for column, values in columns.items() if not _are_one(values)]
    stored = [_stored(column, columns[column]) for column in differing]
    count = len(next(iter(columns.values())))
    rows = list(zip(*stored, strict=True)) if stored else [()] * count
    each = func.json_each(json.dumps(rows)).table_valued("value")
    places = {column.name: f"$[{place}]" for place, column in enumerate(differing)}
    chosen = [
        func.json_extract(each.c.value, places[column.name])
        if column.name in places
        else literal(values[0], column.type)
        for column, values in columns.items()
    ]
    # SQLite takes ON CONFLICT for a condition of the join where there is no WHERE.
    return select(*chosen).select_from(each).where(true())


def _stored(column: Column[Any], values: list[Any]) -> list[Any]:
    """Return values as the embedded database stores them."""
    dialect = db.session.get_bind().dialect
    stored = column.type.dialect_impl(dialect).bind_processor(dialect)
    return values if stored is None else [stored(one) for one in values]
