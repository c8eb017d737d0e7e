"""Faults at the size that CI has time for; ``scripts/faults`` injects them at full size."""

from pathlib import Path

import pytest

from groupbuy.app.factory import create_app
from groupbuy.app.migrating import migrate_database
from groupbuy.config import load_settings
from groupbuy.db import db
from tests.faults.conftest import Inject
from tests.support.postgres import start_cluster, stop_cluster
from tests.support.run_folder import run_folder


@pytest.mark.parametrize(
    ("name", "size", "least"),
    [
        ("T1", 20, 21),
        ("T4W", 4, 4),
        ("T12", 600, 6),
        ("T15", 1, 1),
        ("T16", 1, 2),
        ("T2", 8, 8),
        ("T3", 23, 15),
        ("T4", 20, 20),
        ("T6", 200, 200),
        ("T10", 2, 2),
        ("T13", 12, 12),
        ("T13M", 4, 15),
    ],
    ids=[
        "T1 many buyers at once",
        "T4 kill -9 of web workers",
        "T12 lost answers",
        "T15 backup under load",
        "T16 migrations under load",
        "T2 orders while closing",
        "T3 death at database events",
        "T4 kill -9",
        "T6 calls of a payment channel",
        "T10 halted past the lease",
        "T13 the model",
        "T13 the model of all money",
    ],
)
@pytest.mark.check(38)
def test_nothing_is_lost_or_doubled(inject: Inject, name: str, size: int, least: int) -> None:
    outcome = inject(name, size)
    assert outcome.clean, outcome
    assert outcome.faults >= least
    assert outcome.acknowledged > 0


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("name", ["T5", "T5W"])
def test_nothing_is_lost_when_the_database_is_stopped_or_killed(
    inject: Inject, tmp_path: Path, name: str
) -> None:
    folder = run_folder() / f"{tmp_path.parent.name}-{tmp_path.name}-stopped"
    cluster = start_cluster(folder, ("fsync=off",))
    try:
        url = cluster.url("postgres")
        environ = {"GROUPBUY_DATABASE_URL": url, "GROUPBUY_INSTANCE": str(tmp_path / "instance")}
        app = create_app(load_settings(environ))
        migrate_database(app)
        with app.app_context():
            db.engine.dispose()
        outcome = inject(name, 3, **environ)
    finally:
        stop_cluster(folder)
    assert outcome.clean, outcome
    assert outcome.faults == 3
