"""Whether the database is there and has the tables this version needs."""

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from groupbuy import paths
from groupbuy.db import db
from groupbuy.kernel.errors import GroupbuyError


class NotReady(GroupbuyError):
    """Say why the platform cannot work and what to do about it."""

    status = 503


def require_database(app: Flask) -> None:
    """Raise NotReady unless the tables are of this version or a newer one.

    Newer tables are fine: an upgrade migrates first and restarts the processes one by one.
    """
    scripts = ScriptDirectory(str(paths.migrations_dir()))
    with app.app_context():
        found = _versions()
        db.engine.dispose()
    known = {script.revision for script in scripts.walk_revisions()}
    if not found or (found <= known and found != set(scripts.get_heads())):
        raise NotReady(
            "database_not_ready", "The database has no tables of this version. Run: groupbuy init-db"
        )


def _versions() -> set[str]:
    try:
        with db.engine.connect() as connection:
            return set(MigrationContext.configure(connection).get_current_heads())
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip()
        raise NotReady("database_unreachable", f"The database cannot be reached: {reason}") from error
