"""T5: the database is stopped in order, stopped at once, or killed, and started again, under load."""

import os
import random
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from groupbuy.db import db
from groupbuy.db.failures import is_unavailable
from groupbuy.jobs import heartbeats
from groupbuy.kernel.clock import monotonic_seconds, utc_now
from tests.faults import killing
from tests.faults.books import Outcome
from tests.support.postgres import start_again

# The postmaster's own words for: stop in order, stop at once; SIGKILL is nobody's word.
WAYS = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
BACK_WITHIN_SECONDS = 10


def run(app: Flask, *, faults: int) -> Outcome:
    """Stop the cluster of the environment's database and start it again, and compare."""
    with app.app_context(), tempfile.TemporaryDirectory() as folder:
        cluster = Path(str(make_url(str(db.engine.url)).query["host"]))
        place = killing.open_market(4 * faults + 4)
        histories = Path(folder)
        works: list[Callable[[], object]] = [lambda: killing.schedule(app)]
        works += [lambda seed=seed: killing.buy(app, place, histories, seed) for seed in range(2)]
        crew = killing.Crew(app, works)
        late: list[str] = []
        try:
            killing.begin(place, histories)
            # How long a scheduler takes to start is not how long it takes to come back.
            _wait_for_a_beat()
            for number in range(faults):
                time.sleep(random.Random(number).uniform(0.3, 1.0))  # noqa: S311 - no secret
                stop(cluster, WAYS[number % len(WAYS)])
                late += _wait_until_back(number)
        finally:
            crew.dismiss()
        outcome = killing.finish(app, place, histories, faults)
        outcome.violations += late
        return outcome


def _wait_for_a_beat() -> None:
    while heartbeats.last_beat() is None:
        db.session.rollback()
        time.sleep(0.1)


def stop(cluster: Path, way: signal.Signals) -> None:
    """Stop the cluster, wait until its last process has gone, and start it again."""
    os.kill(int((cluster / "data" / "postmaster.pid").read_text().split()[0]), way)
    start_again(cluster)


def _wait_until_back(number: int) -> list[str]:
    """Wait for the scheduler's next sign of life; return a complaint when it comes late."""
    begun, since = monotonic_seconds(), utc_now()
    while monotonic_seconds() - begun < 6 * BACK_WITHIN_SECONDS:
        if _has_ticked(since):
            seconds = monotonic_seconds() - begun
            return [] if seconds < BACK_WITHIN_SECONDS else [f"stop {number}: back after {seconds:.1f} s"]
        time.sleep(0.1)
    return [f"stop {number}: not back"]


def _has_ticked(since: object) -> bool:
    try:
        db.session.rollback()
        db.session.execute(text("SELECT 1"))
        last = heartbeats.last_beat()
        return last is not None and last > since  # type: ignore[operator] # Both are moments.
    except SQLAlchemyError as error:
        if not is_unavailable(error):
            raise
        db.session.rollback()
        return False
