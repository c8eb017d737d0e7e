"""A copy of the embedded database while it is in use."""

import os
import sqlite3
from pathlib import Path

from groupbuy.db.session import db
from groupbuy.kernel.errors import RuleBroken

PAGES_AT_ONCE = 2_000


def copy_embedded(target: Path) -> int:
    """Write a consistent copy of the embedded database to a new file and return its size in bytes.

    The copy is written aside and renamed when it is whole. Raise RuleBroken ``not_embedded`` on
    PostgreSQL, which has pg_dump, and ``already_exists`` for a file that is there.
    """
    engine = db.engine
    if engine.dialect.name != "sqlite" or not engine.url.database:
        raise RuleBroken("not_embedded", "This database is backed up with pg_dump; see docs/deploy.md.")
    if target.exists():
        raise RuleBroken("already_exists", f"{target} is there already; choose another name.")
    aside = target.with_name(f".{target.name}.part")
    aside.unlink(missing_ok=True)
    _copy(engine.url.database, aside)
    with aside.open("rb+") as file:
        os.fsync(file.fileno())
    aside.rename(target)
    return target.stat().st_size


def _copy(source: str, target: Path) -> None:
    reader, writer = sqlite3.connect(source), sqlite3.connect(target)
    try:
        # In steps, so that orders go on being written; SQLite begins again what was changed meanwhile.
        reader.backup(writer, pages=PAGES_AT_ONCE)
        writer.execute("PRAGMA journal_mode=DELETE")
    finally:
        reader.close()
        writer.close()
