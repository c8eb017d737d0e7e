"""The floor of an import: reading the file, and inserting the same rows into bare copies of the tables."""

import csv
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Table, select

from groupbuy.db import db
from groupbuy.db.bulk import insert_rows, table_of
from groupbuy.db.transaction import transaction
from groupbuy.orders.models import Order, OrderLine


def measure(orders_file: Path) -> float:
    """Return the seconds to read the file and to insert what the import has made of it."""
    begin = time.perf_counter()
    with orders_file.open(encoding="utf-8", newline="") as file:
        for _ in csv.reader(file):
            pass
    reading = time.perf_counter() - begin
    return reading + sum(_insert(table_of(model)) for model in (Order, OrderLine))


def _insert(table: Table) -> float:
    rows: Sequence[Any] = db.session.execute(select(table).order_by(table.c.id)).all()
    db.session.rollback()
    bare = table.to_metadata(MetaData(), name=f"floor_{table.name}")
    # The copy keeps checks, primary key and uniqueness, but not what points at other tables.
    for constraint in list(bare.foreign_key_constraints):
        bare.constraints.discard(constraint)
    for index in bare.indexes:
        index.name = f"floor_{index.name}"
    with transaction():
        for column in bare.columns:
            column.foreign_keys.clear()
        bare.create(db.session.connection())
    begin = time.perf_counter()
    with transaction():
        insert_rows(bare, bare.columns.keys(), rows)
    return time.perf_counter() - begin
