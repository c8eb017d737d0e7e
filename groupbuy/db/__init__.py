"""The database: base class, column types, session. Transactions are for edges."""

from groupbuy.db.base import Base, BigInt, UtcDateTime
from groupbuy.db.session import db

__all__ = ["Base", "BigInt", "UtcDateTime", "db"]
