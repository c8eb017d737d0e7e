"""Waiting, on PostgreSQL, until somebody waits for a lock."""

import time

from sqlalchemy import text

from groupbuy.db import db


def wait_until_somebody_waits() -> None:
    """Return as soon as a transaction of this database waits for a lock; raise TimeoutError after long."""
    waits = text(
        "SELECT count(*) FROM pg_locks WHERE NOT granted"
        " AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
    )
    for _ in range(600):
        with db.engine.connect() as connection:
            if connection.scalar(waits):
                return
        time.sleep(0.05)
    raise TimeoutError("nobody waits for a lock")
