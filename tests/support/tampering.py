"""Do to the books what the database refuses, as somebody would who owns it."""

from sqlalchemy import text

from groupbuy.analytics.invariants_guards import REFUSED
from groupbuy.db import db


def tamper(*statements: str) -> None:
    """Take the triggers away and carry out statements, in the running transaction."""
    for table, deeds in REFUSED.items():
        of = f" ON {table}" if db.engine.name == "postgresql" else ""
        for deed in deeds:
            db.session.execute(text(f"DROP TRIGGER {table}_{deed}{of}"))
    for statement in statements:
        db.session.execute(text(statement))
