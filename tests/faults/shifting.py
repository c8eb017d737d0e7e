"""T7: the wall clock is set forward and back by an hour, or five seconds, while rounds close."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.kernel.clock import monotonic_seconds, utc_now
from tests.faults import market
from tests.faults.books import Outcome, judge
from tests.faults.preloading import compiled

SHIFTS = (0, -3600, 3600, -5, 5, -3600, 0)
HOUR = timedelta(hours=1)
PER_SHIFT = 2
WITHIN_SECONDS = 30.0


def run(app: Flask, *, faults: int) -> Outcome:
    """Run a real scheduler under a wall clock of ours; after each jump it must close what is due."""
    with app.app_context(), tempfile.TemporaryDirectory() as folder:
        market.stock_up()
        complaints: list[str] = []
        with scheduler(Path(folder)) as clock:
            for number in range(faults):
                seconds = SHIFTS[(number + 1) % len(SHIFTS)]
                complaints += _jump(clock, seconds)
        end = utc_now() + 3 * HOUR
        for minute in (0, 1):
            market.tick(app, end + timedelta(minutes=minute))
        outcome = judge([], faults=faults, now=end + timedelta(minutes=2))
        outcome.acknowledged = faults * PER_SHIFT
        outcome.lost = complaints
        return outcome


def _jump(clock: "Scheduler", seconds: int) -> list[str]:
    """Set the clock while rounds are due in both times; return a complaint when they close late."""
    now = utc_now() + timedelta(seconds=seconds)
    ids = [market.add_round(opens_at=now - HOUR, closes_at=now) for _ in range(PER_SHIFT)]
    clock.set_clock(seconds)
    if wait_until_closed(ids):
        return []
    return [f"clock at {seconds:+d} s: rounds not closed within {WITHIN_SECONDS:.0f} s"]


class Scheduler:
    """A real scheduler under a wall clock of ours."""

    def __init__(self, folder: Path) -> None:
        self._shift = folder / "shift"
        self.set_clock(0)
        library = compiled("wall_clock", folder)
        self._environ = os.environ | {"LD_PRELOAD": str(library), "SHIFT_FILE": str(self._shift)}
        self._process = self._start()

    def set_clock(self, seconds: int) -> None:
        """Set its wall clock so far from ours, at once."""
        aside = self._shift.with_suffix(".new")
        aside.write_text(str(seconds))
        aside.rename(self._shift)

    def replace(self) -> None:
        """Kill it as kill -9 does, and start another one."""
        self._process.kill()
        self._process.wait()
        self._process = self._start()

    def stop(self) -> None:
        """End it in order."""
        self._process.terminate()
        self._process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, "-m", "groupbuy", "scheduler"], env=self._environ)


@contextmanager
def scheduler(folder: Path) -> Iterator[Scheduler]:
    """Run a scheduler while the block runs."""
    made = Scheduler(folder)
    try:
        yield made
    finally:
        made.stop()


def wait_until_closed(ids: Sequence[int]) -> bool:
    """Wait until rounds are closed; False when that takes too long."""
    begun = monotonic_seconds()
    while monotonic_seconds() - begun < WITHIN_SECONDS:
        db.session.rollback()
        if not db.session.scalar(select(func.count()).where(Round.id.in_(ids), Round.state != "closed")):
            return True
        time.sleep(0.1)
    return False
