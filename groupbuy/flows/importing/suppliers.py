"""Importing suppliers."""

from datetime import datetime

from groupbuy.catalog import bulk
from groupbuy.flows.importing import cells
from groupbuy.flows.importing.kind import Counts, Kind, counts_of
from groupbuy.flows.importing.layout import Column
from groupbuy.flows.importing.sheet import Sheet


def load(sheet: Sheet, _now: datetime) -> Counts:
    """Check suppliers and bring what is stored to them."""
    rows = list(sheet.rows())
    sheet.refuse_repeats(rows, "code")
    if sheet.faults:
        return Counts()
    return counts_of(bulk.upsert_suppliers(sheet.fields, sheet.tuples(rows)))


SUPPLIERS = Kind(
    "suppliers",
    (
        Column("code", cells.code, required=True),
        Column("name", cells.name, required=True, exact=True),
        Column("contact", cells.name, exact=True),
        Column("phone", cells.any_phone),
        Column("email", cells.email),
        Column("min_order_yuan", cells.amount, "min_order_fen", blank=0),
    ),
    load,
)
