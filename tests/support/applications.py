"""The application in the test's own process, on a database of its own."""

import contextvars
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.app.factory import create_app
from groupbuy.config import Settings, load_settings
from groupbuy.db import db
from tests.support.compiling import compiled_once

SECRET_KEY = "a key for tests only, 32 characters or more"


class SeparateClient(FlaskClient):
    """Handle each request as a server does, apart from the application context of the test.

    Within that context a request would share ``g`` and the session with the test: who signed in
    would stay signed in, and the test would see rows that nobody committed.
    """

    def open(self, *arguments: Any, **options: Any) -> Any:
        """Send a request; what the test read before is read anew afterwards."""
        db.session.rollback()
        return contextvars.Context().run(super().open, *arguments, **options)


@pytest.fixture
def extra_settings() -> dict[str, str]:
    """Return settings beside the usual ones; a test file may define its own."""
    return {}


@pytest.fixture
def environment(database_url: str, tmp_path: Path, extra_settings: Mapping[str, str]) -> dict[str, str]:
    """Return the GROUPBUY_ variables of this test, for its application and its commands alike."""
    return {
        "GROUPBUY_DATABASE_URL": database_url,
        "GROUPBUY_INSTANCE": str(tmp_path / "instance"),
        "GROUPBUY_SECRET_KEY": SECRET_KEY,
        "GROUPBUY_INSECURE_HTTP": "1",
        "GROUPBUY_RATE_LIMITS": "off",
        **extra_settings,
    }


@pytest.fixture
def settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings of this test."""
    return load_settings(environment)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """Yield the application, its context pushed, on a migrated database without rows."""
    app = create_app(settings)
    app.testing = True
    app.test_client_class = SeparateClient
    with app.app_context(), compiled_once(db.engine):
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client that keeps its cookies; ``app.test_client()`` makes another person."""
    return app.test_client()
