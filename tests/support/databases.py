"""A fresh, migrated database for every test, on SQLite and on PostgreSQL, with real commits.

The tables are migrated once per run and database kind; a test gets a copy of that.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from groupbuy.app.factory import create_app
from groupbuy.app.migrating import migrate_database
from groupbuy.config import load_settings
from groupbuy.db import db
from tests.support.postgres import Cluster, start_cluster
from tests.support.run_folder import once_per_run, run_folder

TEMPLATE = "template"
KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Run the test on each kind of database; a test may parametrise this to choose one."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest) -> str:
    """Return the URL of a database of this test alone, with all tables and no rows."""
    return str(request.getfixturevalue(f"{database_kind}_url"))


@pytest.fixture
def empty_database_url(database_kind: str, request: pytest.FixtureRequest) -> str:
    """Return the URL of a database of this test alone, without any table."""
    return str(request.getfixturevalue(f"empty_{database_kind}_url"))


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """Return the URL of an SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Return the URL of a copy of the migrated SQLite file."""
    return f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'test.db')}"


@pytest.fixture
def empty_postgresql_url(cluster: Cluster, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a PostgreSQL database without tables."""
    yield from _postgresql_database(cluster, tmp_path, "template1")


@pytest.fixture
def postgresql_url(postgresql_template: Cluster, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a copy of the migrated PostgreSQL database."""
    yield from _postgresql_database(postgresql_template, tmp_path, TEMPLATE)


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    """Return the migrated SQLite file of the run, in one file without a log beside it."""
    path = run_folder() / "template.db"
    with once_per_run("sqlite") as folder:
        if folder:
            _migrate(f"sqlite:///{path}", folder)
            with sqlite3.connect(path) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
    return path


@pytest.fixture(scope="session")
def postgresql_template(cluster: Cluster) -> Cluster:
    """Return the cluster with its migrated database."""
    with once_per_run("postgresql") as folder:
        if folder:
            _administer(cluster, "CREATE DATABASE {}", TEMPLATE)
            _migrate(cluster.url(TEMPLATE), folder)
    return cluster


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """Return the PostgreSQL server of the run, started by whoever needs it first."""
    with once_per_run("postgres") as folder:
        if folder:
            start_cluster(folder)
    return Cluster(run_folder() / "postgres")


def _migrate(url: str, instance: Path) -> None:
    app = create_app(load_settings({"GROUPBUY_DATABASE_URL": url, "GROUPBUY_INSTANCE": str(instance)}))
    migrate_database(app)
    with app.app_context():
        db.engine.dispose()


def _postgresql_database(cluster: Cluster, tmp_path: Path, template: str) -> Iterator[str]:
    # The folder of a test is its own among all workers; its name ends in a number.
    name = f"{tmp_path.parent.name}_{tmp_path.name}_{template}"[-60:]
    # Copying the files takes half of the time that writing them through the log takes.
    _administer(cluster, "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
    yield cluster.url(name)
    _administer(cluster, "DROP DATABASE {} WITH (FORCE)", name)


def _administer(cluster: Cluster, statement: str, *names: str) -> None:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
