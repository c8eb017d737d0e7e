"""The floor of an import: reading the file, and inserting the same rows into copies of the tables."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook
from sqlalchemy import Table, select

from benchmarks.copies import copy_of
from groupbuy.accounts.models import Account, AccountRole
from groupbuy.catalog.models import Product
from groupbuy.db import Base, db
from groupbuy.db.bulk import insert_rows, table_of
from groupbuy.db.transaction import transaction
from groupbuy.finance.models import Posting
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order, OrderLine

# What an import fills with about as many rows as its file has.
TABLES: dict[str, tuple[type[Base], ...]] = {
    "products": (Product,),
    "residents": (Account, AccountRole, Resident),
    "orders": (Order, OrderLine, Posting),
}


def measure(kind: str, file: Path, clock: Callable[[], float], *, keys: bool = True) -> float:
    """Return the seconds to read a file and to insert what its import has made of it.

    The copies have the constraints and indexes of the tables, also what points at other tables unless
    ``keys`` is false.
    """
    begin = clock()
    if file.suffix == ".xlsx":
        CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    else:
        with file.open(encoding="utf-8", newline="") as lines:
            for _ in csv.reader(lines):
                pass
    reading = clock() - begin
    return reading + sum(_insert(table_of(model), clock, keys=keys) for model in TABLES[kind])


def _insert(table: Table, clock: Callable[[], float], *, keys: bool) -> float:
    rows: Sequence[Any] = db.session.execute(select(table)).all()
    db.session.rollback()
    copy = copy_of(table, keys=keys)
    with transaction():
        copy.create(db.session.connection())
    begin = clock()
    with transaction():
        insert_rows(copy, copy.columns.keys(), rows)
    seconds = clock() - begin
    with transaction():
        copy.drop(db.session.connection())
    return seconds
