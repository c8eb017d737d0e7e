"""Forms that arrive again: the key that comes with each leads to what it has made already."""

from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from groupbuy.db.base import Base
from groupbuy.db.session import db
from groupbuy.kernel.errors import RunAgain

T = TypeVar("T", bound=Base)


def own_key(owner: int | str, key: str | None) -> str | None:
    """Return a key as its owner's rows keep it, so that nobody can take another's."""
    return None if key is None else f"{owner}:{key}"


def first_of(model: type[T], key: str | None) -> T | None:
    """Return the row of a table with ``submission_key`` that a key has made already, None without a key."""
    columns: Any = model
    return None if key is None else db.session.scalar(select(model).where(columns.submission_key == key))


def store_first(row: Base) -> None:
    """Store a new row with a ``submission_key``; raise RunAgain where the key was stored meanwhile."""
    keyed: Any = row
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        if first_of(type(row), keyed.submission_key) is None:
            raise
        raise RunAgain from None
