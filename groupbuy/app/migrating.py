"""Bringing the tables to the newest version."""

from flask import Flask
from flask_migrate import Migrate, upgrade

from groupbuy import paths
from groupbuy.db import Base, db


def migrate_database(app: Flask) -> None:
    """Bring the tables to the newest version; running it again changes nothing."""
    if "migrate" not in app.extensions:
        init_migrations(app)
    with app.app_context():
        upgrade()
        if missing := set(Base.metadata.tables) - set(db.inspect(db.engine).get_table_names()):
            raise RuntimeError(f"migrations do not make {sorted(missing)}")


def init_migrations(app: Flask) -> None:
    """Tell an application where its migrations are and how they are compared with its tables."""
    Migrate(app, db, directory=str(paths.migrations_dir()), render_as_batch=True, compare_type=True)
