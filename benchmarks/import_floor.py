"""The floor of an import: reading the file, and inserting the same rows into bare copies of the tables."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook
from sqlalchemy import MetaData, Table, select

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


def measure(kind: str, file: Path, clock: Callable[[], float]) -> float:
    """Return the seconds to read a file and to insert what its import has made of it."""
    begin = clock()
    if file.suffix == ".xlsx":
        CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    else:
        with file.open(encoding="utf-8", newline="") as lines:
            for _ in csv.reader(lines):
                pass
    reading = clock() - begin
    return reading + sum(_insert(table_of(model), clock) for model in TABLES[kind])


def _insert(table: Table, clock: Callable[[], float]) -> float:
    rows: Sequence[Any] = db.session.execute(select(table)).all()
    db.session.rollback()
    bare = table.to_metadata(MetaData(), name=f"floor_{table.name}")
    # The copy keeps checks, primary key and uniqueness, but not what points at other tables.
    for constraint in list(bare.foreign_key_constraints):
        bare.constraints.discard(constraint)
    for constraint in bare.constraints:
        # PostgreSQL keeps them in one name space with the indexes.
        if constraint.name is not None:
            constraint.name = f"floor_{constraint.name}"
    for index in bare.indexes:
        index.name = f"floor_{index.name}"
    with transaction():
        for column in bare.columns:
            column.foreign_keys.clear()
        bare.create(db.session.connection())
    begin = clock()
    with transaction():
        insert_rows(bare, bare.columns.keys(), rows)
    seconds = clock() - begin
    with transaction():
        bare.drop(db.session.connection())
    return seconds
