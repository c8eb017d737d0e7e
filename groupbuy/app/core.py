"""The application without its edges: settings and database, all that most commands need."""

import contextlib
import os
import secrets
from pathlib import Path

from flask import Flask

from groupbuy import paths
from groupbuy.app import tables
from groupbuy.app.addresses import Groupbuy
from groupbuy.app.settings import NAME
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.db.session import engine_options, prepare_engine

__all__ = ["create_core", "tables"]


def create_core(settings: Settings) -> Flask:
    """Build the application for the settings but for pages and API; touches no table.

    Those two take seconds to load, and no command but ``serve`` needs them.
    """
    settings.instance.mkdir(parents=True, exist_ok=True)
    app = Groupbuy(
        "groupbuy",
        instance_path=str(settings.instance),
        template_folder=str(paths.templates_dir()),
        static_folder=str(paths.static_dir()),
    )
    app.config.update(
        SECRET_KEY=settings.secret_key or _kept_secret(settings.instance / "secret_key"),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url, pgbouncer=settings.pgbouncer),
    )
    app.extensions[NAME] = settings
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    return app


def _kept_secret(path: Path) -> str:
    """Return the installation's own key, made on first use and readable by its user only."""
    if not path.exists():
        aside = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        # Of two processes that start together one finds the other's key, and never half of it.
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
        aside.unlink()
    return path.read_text(encoding="ascii")
