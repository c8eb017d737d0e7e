"""T17: an evening, compressed: orders come in, rounds close, and every few seconds something breaks."""

import random
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy.engine import make_url

from groupbuy.campaigns.rules import Window
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.kernel.clock import utc_now
from tests import building
from tests.faults import losing, serving, shifting
from tests.faults.books import Outcome
from tests.faults.rushing import WINDOW
from tests.faults.shifting import Scheduler
from tests.faults.stopping import BACK_WITHIN_SECONDS, WAYS, stop
from tests.faults.traffic import Traffic

HOUR = timedelta(hours=1)
PAUSE = (1.0, 4.0)
# The scheduler's clock; an hour ahead it would rightly close the round that the orders are for.
SHIFTS = (0, -3600, -5, 5)
# Placed, told to come again, or the line was cut because the worker died.
PROPER = frozenset({0, 201, 503})


@dataclass
class Evening:
    """What can break, and what came of it."""

    port: int
    scheduler: Scheduler
    traffic: Traffic
    chance: random.Random
    rounds: list[int] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def go_on(self, faults: int) -> None:
        """Let a round become due and something break, again and again; at last all rounds must close."""
        for number in range(faults):
            self.traffic.wait_for_more()
            self.rounds.append(_add_round(number))
            time.sleep(self.chance.uniform(*PAUSE))
            way = self.chance.choice(self._ways())
            way()
            seconds = self.traffic.wait_for_more(1)
            if seconds > BACK_WITHIN_SECONDS:
                self.complaints.append(f"{way.__name__} ({number}): the next order after {seconds:.1f} s")
        self.scheduler.set_clock(0)
        if not shifting.wait_until_closed(self.rounds):
            self.complaints.append("rounds that were due are not closed")

    def _ways(self) -> list[Callable[[], object]]:
        ways: list[Callable[[], object]] = [self._kill_worker, self.scheduler.replace, self._set_clock]
        return ways if db.engine.dialect.name == "sqlite" else [*ways, self._stop_database]

    def _kill_worker(self) -> None:
        while not serving.kill_one(self.port, self.chance.randrange(serving.WORKERS)):
            time.sleep(0.1)

    def _set_clock(self) -> None:
        self.scheduler.set_clock(self.chance.choice(SHIFTS))

    def _stop_database(self) -> None:
        db.session.remove()
        db.engine.dispose()
        stop(Path(str(make_url(str(db.engine.url)).query["host"])), self.chance.choice(WAYS))


def run(app: Flask, *, faults: int) -> Outcome:
    """Pass an evening with so many faults, each drawn from what there is, and compare."""
    with app.app_context(), ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        buyers = losing.open_market(Window(WINDOW.opens_at, WINDOW.closes_at + 3 * HOUR, WINDOW.pickup_date))
        port = stack.enter_context(serving.server())
        scheduler = stack.enter_context(shifting.scheduler(folder))
        traffic = Traffic(port, buyers)
        evening = Evening(port, scheduler, traffic, random.Random(faults))  # noqa: S311 - repeatable, no secret
        with traffic.flowing():
            evening.go_on(faults)
        again = traffic.repeat()
        scheduler.stop()
        outcome = losing.outcome_of(app, faults, traffic, again, PROPER)
    outcome.violations += evening.complaints
    return outcome


def _add_round(number: int) -> int:
    """Add a round that is due at once; return its id."""
    now = utc_now()
    window = Window(now - HOUR, now + timedelta(seconds=1), (now + timedelta(days=1)).date())
    round_id = building.add_round(db.session.query(Product).all(), f"E{number}", window=window).id
    db.session.remove()
    return round_id
