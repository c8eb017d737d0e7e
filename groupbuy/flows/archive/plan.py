"""What hangs on an order, table by table, and the statements that move a round's rows of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, TableClause, column, select, table

from groupbuy.db import Base

PREFIX = "archived_"


@dataclass(frozen=True, slots=True)
class Part:
    """A table whose rows go with an order: by which column they belong to a row of which other table."""

    name: str
    column: str
    owner: str = "order"

    @property
    def columns(self) -> Sequence[str]:
        """Return the names of the columns."""
        return tuple(Base.metadata.tables[self.name].columns.keys())


# What is referred to comes before what refers to it.
PARTS: Sequence[Part] = (
    Part("order", "round_id", ""),
    Part("after_sale_case", "order_id"),
    Part("channel_payment", "order_id"),
    Part("invoice_request", "order_id"),
    Part("order_aside", "order_id"),
    Part("order_books", "order_id"),
    Part("order_carriage", "order_id"),
    Part("order_door", "order_id"),
    Part("order_fee", "order_id"),
    Part("order_review", "order_id"),
    Part("refund", "order_id"),
    Part("refund_request", "order_id"),
    Part("rerouted_order", "order_id"),
    Part("channel_refund", "payment_id", "channel_payment"),
    Part("invoice_file", "request_id", "invoice_request"),
    Part("red_invoice_file", "request_id", "invoice_request"),
    Part("order_line", "order_id"),
    Part("after_sale_line", "case_id", "after_sale_case"),
    Part("after_sale_replacement", "case_id", "after_sale_case"),
    Part("commission_entry", "order_line_id", "order_line"),
    Part("line_change", "order_line_id", "order_line"),
    Part("line_pickup", "order_line_id", "order_line"),
    Part("line_substitute", "order_line_id", "order_line"),
    Part("line_tolerance", "order_line_id", "order_line"),
    Part("line_weight", "order_line_id", "order_line"),
    Part("lot_reply", "order_line_id", "order_line"),
    Part("perishable_line", "order_line_id", "order_line"),
    Part("substitution", "from_line_id", "order_line"),
)
BY_NAME = {part.name: part for part in PARTS}
Naming = Callable[[str], str]


def working(name: str) -> str:
    """Return the name of a table with the rows that people work with."""
    return name


def archived(name: str) -> str:
    """Return the name of the table with a table's archived rows."""
    return PREFIX + name


@lru_cache
def table_named(part: Part, naming: Naming) -> TableClause:
    """Return a part's table under one of its two names, always as the same object."""
    return table(naming(part.name), *(column(name) for name in part.columns))


def of_round(part: Part, round_id: int, naming: Naming) -> ColumnElement[bool]:
    """Return the condition that a row of a part's table belongs to a round."""
    mine = table_named(part, naming).c[part.column]
    if not part.owner:
        return mine == round_id
    return mine.in_(_owners(BY_NAME[part.owner], round_id, naming))


def _owners(part: Part, round_id: int, naming: Naming) -> Select[Any]:
    return select(table_named(part, naming).c.id).where(of_round(part, round_id, naming)).correlate(None)


def strays(round_id: int) -> Iterator[Select[Any]]:
    """Yield queries for rows that refer to a round's rows without belonging to it themselves."""
    for part in PARTS:
        mine = table_named(part, working)
        for key in Base.metadata.tables[part.name].foreign_keys:
            owner = BY_NAME.get(key.column.table.name)
            if owner is None or (owner.name, key.parent.name) == (part.owner, part.column):
                continue
            refers = mine.c[key.parent.name].in_(_owners(owner, round_id, working))
            yield select(mine.c[part.column]).where(refers, ~of_round(part, round_id, working))


def newest(round_id: int) -> Iterator[Select[Any]]:
    """Yield queries for the newest row of each table that numbers its rows, if it is of the round."""
    for part in PARTS:
        if "id" in part.columns:
            mine, every = table_named(part, working), table_named(part, working).alias("every")
            above = select(every.c.id).where(every.c.id > mine.c.id).exists()
            yield select(mine.c.id).where(of_round(part, round_id, working), ~above)
