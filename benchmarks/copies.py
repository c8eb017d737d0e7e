"""Copies of tables for floors: empty, with the same constraints and indexes under names of their own."""

from sqlalchemy import MetaData, Table

from groupbuy.db import Base


def copy_of(table: Table, *, keys: bool = True) -> Table:
    """Return a table ``floor_…`` like another one; it points at the same tables, at none without ``keys``."""
    metadata = MetaData()
    if keys:
        for other in Base.metadata.tables.values():
            other.to_metadata(metadata)
    copy = table.to_metadata(metadata, name=f"floor_{table.name}")
    if not keys:
        copy.constraints.difference_update(copy.foreign_key_constraints)
        for column in copy.columns:
            column.foreign_keys.clear()
    for one in (*copy.constraints, *copy.indexes):
        # PostgreSQL keeps both in one name space.
        if one.name is not None:
            one.name = f"floor_{one.name}"
    return copy
