"""T5 on the web: the database is stopped or killed and started again while orders come in over HTTP."""

import random
import time
from pathlib import Path

from flask import Flask
from sqlalchemy.engine import make_url

from groupbuy.db import db
from tests.faults import losing, serving
from tests.faults.books import Outcome
from tests.faults.stopping import BACK_WITHIN_SECONDS, WAYS, stop
from tests.faults.traffic import Traffic

# Placed, or told to come again; a restart is nobody's 500, and no worker goes with it.
PROPER = frozenset({201, 503})


def run(app: Flask, *, faults: int) -> Outcome:
    """Stop the cluster of the environment's database again and again, and compare."""
    chance = random.Random(faults)  # noqa: S311 - a repeatable choice, no secret
    late: list[str] = []
    with app.app_context():
        cluster = Path(str(make_url(str(db.engine.url)).query["host"]))
        buyers = losing.open_market()
        db.session.remove()
        db.engine.dispose()
        with serving.server() as port:
            traffic = Traffic(port, buyers)
            with traffic.flowing():
                for number in range(faults):
                    traffic.wait_for_more()
                    time.sleep(chance.uniform(0.1, 0.5))
                    stop(cluster, WAYS[number % len(WAYS)])
                    seconds = traffic.wait_for_more(1)
                    if seconds > BACK_WITHIN_SECONDS:
                        late.append(f"stop {number}: back after {seconds:.1f} s")
                traffic.wait_for_more()
            again = traffic.repeat()
        outcome = losing.outcome_of(app, faults, traffic, again, PROPER)
    outcome.violations += late
    return outcome
