"""Forms that arrive again: the key that comes with each leads to what it has made already."""

from typing import Any, TypeVar

from sqlalchemy import select

from groupbuy.db.base import Base
from groupbuy.db.session import db

T = TypeVar("T", bound=Base)


def own_key(owner: int | str, key: str | None) -> str | None:
    """Return a key as its owner's rows keep it, so that nobody can take another's."""
    return None if key is None else f"{owner}:{key}"


def first_of(model: type[T], key: str | None) -> T | None:
    """Return the row of a table with ``submission_key`` that a key has made already, None without a key."""
    columns: Any = model
    return None if key is None else db.session.scalar(select(model).where(columns.submission_key == key))
