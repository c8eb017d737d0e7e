"""Sums that come back as whole numbers on either database."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, cast, func

from groupbuy.db.session import db


def total(column: Any) -> ColumnElement[int]:
    """Return the sum of a column of whole numbers, 0 over no rows.

    PostgreSQL adds up bigint as numeric, which Python would get as Decimal.
    """
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


def by_key(statement: Select[*tuple[Any, ...]]) -> dict[int, int]:
    """Return the rows of a two-column statement as a dictionary."""
    rows: list[tuple[int, int]] = [(row[0], row[1]) for row in db.session.execute(statement)]
    return dict(rows)
