"""The application: settings, database and all parts joined."""

import contextlib
import os
import secrets
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate, upgrade

from groupbuy import paths
from groupbuy.api.register import register_api
from groupbuy.app.documents import render_attachment, sheets_of
from groupbuy.app.outside import code_sender_of, wechat_of
from groupbuy.app.round_zip import zip_round
from groupbuy.app.settings import NAME
from groupbuy.config import Settings
from groupbuy.db import Base, db
from groupbuy.db.session import engine_options, prepare_engine
from groupbuy.http.setup import init_http
from groupbuy.web.setup import init_web


def create_app(settings: Settings) -> Flask:
    """Build the application for the settings; touches no table."""
    settings.instance.mkdir(parents=True, exist_ok=True)
    app = Flask(
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
    Migrate(app, db, directory=str(paths.migrations_dir()), render_as_batch=True, compare_type=True)
    with app.app_context():
        prepare_engine(db.engine)
    init_http(app, settings)
    register_api(app, render=render_attachment)
    init_web(
        app,
        settings,
        code_sender=code_sender_of(settings),
        wechat=wechat_of(settings),
        render=render_attachment,
        zip_round=zip_round,
        sheets_of=sheets_of,
    )
    return app


def migrate_database(app: Flask) -> None:
    """Bring the tables to the newest version; running it again changes nothing."""
    with app.app_context():
        upgrade()
        if missing := set(Base.metadata.tables) - set(db.inspect(db.engine).get_table_names()):
            raise RuntimeError(f"migrations do not make {sorted(missing)}")


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
