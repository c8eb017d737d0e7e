"""Inserts that know what to do about a row that is there already, on either database."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from groupbuy.db.base import Base
from groupbuy.db.session import db


def insert_into(model: type[Base]) -> Any:
    """Return an INSERT with ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    embedded = db.session.get_bind().dialect.name == "sqlite"
    return sqlite_insert(model) if embedded else postgresql_insert(model)
