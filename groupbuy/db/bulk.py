"""Many rows at once, on either database."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    Table,
    any_,
    bindparam,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from groupbuy.db.base import Base, UtcDateTime
from groupbuy.db.driver import driver, told_as_usual
from groupbuy.db.session import db

CHUNK = 10_000
# So many new rows may change what the best plan is.
MANY = 200
# The embedded database takes at most 32,766 parameters in a statement.
KEYS = 5_000

Values = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Upserted:
    """What an upsert did: ids by key, and the keys of rows that are new or were changed."""

    ids: Mapping[Any, int]
    created: frozenset[Any]
    updated: frozenset[Any]


def table_of(model: type[Base]) -> Table:
    """Return a model's table."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model} has no table")
    return table


def next_ids(table: Table, count: int) -> Sequence[int]:
    """Reserve a run of primary keys for rows that are about to be inserted.

    PostgreSQL's sequence hands each number out once; the embedded database has one writer, who alone
    holds the transaction.
    """
    if count == 0:
        return range(0)
    if _embedded():
        first = (db.session.scalar(select(func.max(table.c.id))) or 0) + 1
        return range(first, first + count)
    sequence = f"{table.name}_id_seq"
    ids = db.session.scalars(
        text("SELECT nextval(CAST(:sequence AS regclass)) FROM generate_series(1, :count)"),
        {"sequence": f'"{sequence}"', "count": count},
    ).all()
    return ids


def insert_many(table: Table, rows: Iterable[Mapping[str, Any]]) -> int:
    """Insert rows in their order; all name the same columns. Return how many."""
    source = iter(rows)
    first = next(source, None)
    if first is None:
        return 0
    columns = tuple(first)
    values = (tuple(row[name] for name in columns) for row in source)
    return insert_rows(table, columns, _after(tuple(first.values()), values))


def insert_rows(table: Table, columns: Sequence[str], rows: Iterable[Values]) -> int:
    """Insert rows of values in the order of ``columns``; return how many.

    A column with a constant default that is not named gets it. PostgreSQL takes them by COPY.
    """
    defaults = {
        column.name: column.default.arg
        for column in table.columns
        if column.name not in columns and isinstance(column.default, ScalarElementColumnDefault)
    }
    names = [*columns, *defaults]
    encoded = _encode(table, names, rows, tuple(defaults.values()))
    if _embedded():
        return _execute_many(table, names, encoded)
    count = _copy(table, names, encoded)
    if count >= MANY:
        _tell_planner(table)
    return count


def update_rows(
    table: Table, columns: Sequence[str], rows: Iterable[Values], *, version: bool = False
) -> int:
    """Update rows by their primary key ``id``, which comes first in each row; return how many."""
    change: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
    if version:
        change["version"] = table.c.version + 1
    statement = update(table).where(table.c.id == bindparam("row_id")).values(change)
    names = ["row_id", *(f"new_{name}" for name in columns)]
    count = 0
    for chunk in chunks(rows, CHUNK):
        db.session.execute(statement, [dict(zip(names, row, strict=True)) for row in chunk])
        count += len(chunk)
    return count


def upsert(
    table: Table,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    new: Mapping[str, Any] | None = None,
    version: bool = False,
) -> Upserted:
    """Bring a table to rows known by their first column, each key once; equal rows are left alone.

    ``new`` holds further values of rows that are inserted; ``version`` counts up on those changed.
    """
    new = new or {}
    fields = [table.c[name] for name in columns]
    stored = {
        row[1]: row for row in select_in(select(table.c.id, *fields), fields[0], [row[0] for row in rows])
    }
    fresh = [row for row in rows if row[0] not in stored]
    changed = [(stored[row[0]][0], *row) for row in rows if row[0] in stored and stored[row[0]][1:] != row]
    ids = dict(zip((row[0] for row in fresh), next_ids(table, len(fresh)), strict=True))
    values = ((ids[row[0]], *row, *new.values()) for row in fresh)
    insert_rows(table, ("id", *columns, *new), values)
    update_rows(table, columns, changed, version=version)
    created, updated = frozenset(ids), frozenset(row[1] for row in changed)
    return Upserted(ids | {key: row[0] for key, row in stored.items()}, created, updated)


def ids_for(table: Table, column: str, keys: Collection[str], *, make: bool = False) -> dict[str, int]:
    """Return the ids of rows by a unique text; with ``make`` rows that are missing are inserted."""
    field = table.c[column]
    found = {row[0]: row[1] for row in select_in(select(field, table.c.id), field, keys)}
    missing = [key for key in dict.fromkeys(keys) if key not in found] if make else []
    fresh = dict(zip(missing, next_ids(table, len(missing)), strict=True))
    insert_rows(table, (column, "id"), fresh.items())
    return found | fresh


def select_in(
    statement: Select[*tuple[Any, ...]], column: SQLColumnExpression[Any], keys: Collection[Any]
) -> Iterator[Any]:
    """Run a query for each part of many keys, texts or numbers; the parts follow the order of the keys."""
    for part in chunks(sorted(set(keys)), KEYS):
        yield from db.session.execute(statement.where(one_of(column, part)))


def one_of(column: SQLColumnExpression[Any], keys: list[Any]) -> ColumnElement[bool]:
    """Return the condition that a column has one of many values, handed over as one parameter."""
    if _embedded():
        values = func.json_each(json.dumps(keys)).table_valued("value")
        return column.in_(select(values.c.value))
    kind = String if isinstance(keys[0], str) else BigInteger
    return column == any_(literal(keys, ARRAY(kind)))


def chunks(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Cut rows into lists of at most ``size``."""
    source = iter(rows)
    while chunk := list(islice(source, size)):
        yield chunk


def _embedded() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"


def _after(first: Values, rest: Iterable[Values]) -> Iterator[Values]:
    yield first
    yield from rest


def _encode(
    table: Table, names: Sequence[str], rows: Iterable[Values], tail: tuple[Any, ...]
) -> Iterator[tuple[Any, ...]]:
    """Yield rows as the driver wants them; most columns need nothing."""
    encoders = _encoders(table, names)
    if not encoders:
        yield from ((*row, *tail) for row in rows)
        return
    for row in rows:
        values = [*row, *tail]
        for index, encoder in encoders:
            values[index] = encoder(values[index])
        yield tuple(values)


def _encoders(table: Table, names: Sequence[str]) -> list[tuple[int, Callable[[Any], Any]]]:
    dialect = db.session.get_bind().dialect
    made = ((index, table.c[name].type.dialect_impl(dialect)) for index, name in enumerate(names))
    pairs = ((index, kind, kind.bind_processor(dialect)) for index, kind in made)
    # The moment of an import is the same in all its rows, and writing one as text takes long.
    return [
        (index, lru_cache(CHUNK)(encoder) if isinstance(kind, UtcDateTime) else encoder)
        for index, kind, encoder in pairs
        if encoder is not None
    ]


def _execute_many(table: Table, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> int:
    marks = ", ".join("?" * len(names))
    statement = f"INSERT INTO {_target(table, names)} VALUES ({marks})"  # noqa: S608 - names come from the table
    connection = db.session.connection()
    count = 0
    for chunk in chunks(rows, CHUNK):
        connection.exec_driver_sql(statement, chunk)
        count += len(chunk)
    return count


def _copy(table: Table, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> int:
    statement = f"COPY {_target(table, names)} FROM STDIN"
    count = 0
    # A chunk is complete before its COPY begins: whoever makes the rows may have to ask the database.
    for chunk in chunks(rows, CHUNK):
        with told_as_usual(statement), driver().cursor() as cursor, cursor.copy(statement) as copy:
            for row in chunk:
                copy.write_row(row)
        count += len(chunk)
    return count


def _tell_planner(table: Table) -> None:
    """Let PostgreSQL count at once: a plan for an empty table is ten times slower on a full one."""
    name = db.session.get_bind().dialect.identifier_preparer.format_table(table)
    db.session.connection().exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {name}")


def _target(table: Table, names: Sequence[str]) -> str:
    quote = db.session.get_bind().dialect.identifier_preparer
    return f"{quote.format_table(table)} ({', '.join(quote.quote(name) for name in names)})"
