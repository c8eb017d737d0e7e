"""T4 and T10: schedulers and buyers are killed, or halted past their lease and continued, under load."""

import os
import random
import signal
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from flask import Flask

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.jobs import service as jobs
from groupbuy.kernel.clock import utc_now
from groupbuy.scheduler import keeper, process
from groupbuy.scheduler.process import SchedulerProcess
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.work import Handler
from tests.faults import market
from tests.faults.books import Outcome, judge
from tests.faults.buyers import Buyer, History, Market, read_histories

HOUR = timedelta(hours=1)
SCHEDULERS = 2
BUYERS = 2
ROUND_EVERY = timedelta(seconds=0.5)
SHORT_LEASE = timedelta(seconds=1)
# A close takes longer than it has to, so that faults hit it in the middle.
DAWDLE_SECONDS = 0.1
# How often a buyer may be the victim; a process that has just been started acknowledges little.
BUYERS_TOO = 0.3


def kill_often(app: Flask, *, faults: int) -> Outcome:
    """Kill schedulers and buyers at random moments, start others in their place, and compare."""
    chance = random.Random(faults)  # noqa: S311 - repeatable, no secret

    def hurt(crew: "Crew") -> None:
        time.sleep(chance.uniform(0.02, 0.25))
        crew.replace(chance.choice(crew.children[: SCHEDULERS + (chance.random() < BUYERS_TOO)]))

    return _run(app, faults, 0.15, hurt)


def halt_often(app: Flask, *, faults: int) -> Outcome:
    """Halt one scheduler past its lease, let the others go on, continue it, and compare."""
    jobs.LEASE = SHORT_LEASE
    keeper.RENEW_SECONDS = SHORT_LEASE.total_seconds() / 3
    chance = random.Random(faults)  # noqa: S311 - repeatable, no secret

    def hurt(crew: "Crew") -> None:
        time.sleep(chance.uniform(0.02, 0.25))
        victim = crew.children[chance.randrange(SCHEDULERS)]
        os.kill(victim, signal.SIGSTOP)
        time.sleep(SHORT_LEASE.total_seconds() * chance.uniform(1.1, 1.6))
        os.kill(victim, signal.SIGCONT)

    return _run(app, faults, 1.6, hurt)


class Crew:
    """The processes at work; the first ones are schedulers."""

    def __init__(self, app: Flask, works: list[Callable[[], object]]) -> None:
        self._app = app
        self._works = works
        self.children = [market.fork(app, work) for work in works]

    def replace(self, child: int) -> None:
        """Kill one and start another that does the same."""
        place = self.children.index(child)
        market.kill(child)
        self.children[place] = market.fork(self._app, self._works[place])

    def dismiss(self) -> None:
        """Kill all."""
        for child in self.children:
            market.kill(child)


def _run(app: Flask, faults: int, seconds_each: float, hurt: Callable[[Crew], None]) -> Outcome:
    with app.app_context(), tempfile.TemporaryDirectory() as folder:
        rounds = timedelta(seconds=faults * seconds_each + 3) // ROUND_EVERY
        place = open_market(rounds)
        histories = Path(folder)
        works: list[Callable[[], object]] = [lambda: schedule(app)] * SCHEDULERS
        works += [lambda seed=seed: buy(app, place, histories, seed) for seed in range(BUYERS)]
        crew = Crew(app, works)
        try:
            begin(place, histories)
            for _ in range(faults):
                hurt(crew)
        finally:
            crew.dismiss()
        return finish(app, place, histories, faults)


def open_market(rounds: int) -> Market:
    """Make rounds that sell until ``begin`` sets their cut-offs."""
    place = market.stock_up()
    now = utc_now()
    ids = [market.add_round(opens_at=now - HOUR, closes_at=now + HOUR) for _ in range(rounds)]
    return Market(ids, place.residents, place.codes)


def begin(place: Market, histories: Path) -> None:
    """Wait until orders come in, then let the rounds close one after the other."""
    while not any(deed.outcome == "ok" for deed in read_histories(histories)):
        time.sleep(0.1)
    with transaction():
        first = utc_now() + timedelta(seconds=1)
        for number, round_id in enumerate(place.rounds):
            db.session.get_one(Round, round_id).closes_at = first + number * ROUND_EVERY


def finish(app: Flask, place: Market, histories: Path, faults: int) -> Outcome:
    """Restart after all: leases have run out, and rounds are due that nobody has closed; then compare."""
    end = utc_now() + timedelta(minutes=2) + len(place.rounds) * ROUND_EVERY
    for minute in range(3):
        market.tick(app, end + timedelta(minutes=minute))
    return judge(read_histories(histories), faults=faults, now=end + timedelta(minutes=3))


def schedule(app: Flask) -> None:
    process.handlers_of = _dawdling  # type: ignore[attr-defined] # The closes of this process only.
    SchedulerProcess(app).run(is_over=_never)


def _dawdling(app: Flask) -> dict[str, Handler]:
    handlers = dict(handlers_of(app))
    close = handlers[process.CLOSE_JOB]

    def record(*arguments: object) -> str:
        result = close.record(*arguments)  # type: ignore[arg-type] # Passed on as they come.
        time.sleep(DAWDLE_SECONDS)
        return result

    return handlers | {process.CLOSE_JOB: Handler(record=record, patience=close.patience)}


def _never(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def buy(app: Flask, place: Market, folder: Path, seed: int) -> None:
    history = History(folder / f"{os.getpid()}.history")
    chance = random.Random(os.getpid())  # noqa: S311 - no secret
    with app.app_context():
        buyer = Buyer(place, history.write, now=utc_now, seed=seed * 10_000_000 + os.getpid())
        while True:
            buyer.act(chance.choice(place.rounds))
            time.sleep(0.005)
