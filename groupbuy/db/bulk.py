"""Many rows at once, on either database."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, func, insert, select, text

from groupbuy.db.session import db

CHUNK = 10_000


def next_ids(table: Table, count: int) -> Sequence[int]:
    """Reserve a run of primary keys for rows that are about to be inserted.

    PostgreSQL's sequence hands each number out once; the embedded database has one writer, who alone
    holds the transaction.
    """
    if count == 0:
        return range(0)
    if db.session.get_bind().dialect.name == "sqlite":
        first = (db.session.scalar(select(func.max(table.c.id))) or 0) + 1
        return range(first, first + count)
    sequence = f"{table.name}_id_seq"
    ids = db.session.scalars(
        text("SELECT nextval(CAST(:sequence AS regclass)) FROM generate_series(1, :count)"),
        {"sequence": f'"{sequence}"', "count": count},
    ).all()
    return ids


def insert_many(table: Table, rows: Iterable[Mapping[str, Any]]) -> int:
    """Insert rows in chunks, in their order; return how many."""
    count = 0
    chunk: list[Mapping[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            db.session.execute(insert(table), chunk)
            count += len(chunk)
            chunk = []
    if chunk:
        db.session.execute(insert(table), chunk)
    return count + len(chunk)
