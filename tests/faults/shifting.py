"""T7: the wall clock is set forward and back by an hour, or five seconds, while rounds close."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
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

HERE = Path(__file__).parent
SHIFTS = (0, -3600, 3600, -5, 5, -3600, 0)
HOUR = timedelta(hours=1)
PER_SHIFT = 2
WITHIN_SECONDS = 30.0


def run(app: Flask, *, faults: int) -> Outcome:
    """Run a real scheduler under a wall clock of ours; after each jump it must close what is due."""
    with app.app_context(), tempfile.TemporaryDirectory() as folder:
        market.stock_up()
        shift = Path(folder) / "shift"
        shift.write_text("0")
        complaints: list[str] = []
        with _scheduler(Path(folder), shift):
            for number in range(faults):
                seconds = SHIFTS[(number + 1) % len(SHIFTS)]
                complaints += _jump(shift, seconds)
        end = utc_now() + 3 * HOUR
        for minute in (0, 1):
            market.tick(app, end + timedelta(minutes=minute))
        outcome = judge([], faults=faults, now=end + timedelta(minutes=2))
        outcome.acknowledged = faults * PER_SHIFT
        outcome.lost = complaints
        return outcome


def _jump(shift: Path, seconds: int) -> list[str]:
    """Set the clock while rounds are due in both times; return a complaint when they close late."""
    now = utc_now() + timedelta(seconds=seconds)
    ids = [market.add_round(opens_at=now - HOUR, closes_at=now) for _ in range(PER_SHIFT)]
    aside = shift.with_suffix(".new")
    aside.write_text(str(seconds))
    aside.rename(shift)
    begun = monotonic_seconds()
    while monotonic_seconds() - begun < WITHIN_SECONDS:
        db.session.rollback()
        open_ = select(func.count()).where(Round.id.in_(ids), Round.state != "closed")
        if not db.session.scalar(open_):
            return []
        time.sleep(0.1)
    return [f"clock at {seconds:+d} s: rounds not closed within {WITHIN_SECONDS:.0f} s"]


@contextmanager
def _scheduler(folder: Path, shift: Path) -> Iterator[None]:
    library = folder / "wall_clock.so"
    source = HERE / "wall_clock.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    environ = os.environ | {"LD_PRELOAD": str(library), "SHIFT_FILE": str(shift)}
    process = subprocess.Popen([sys.executable, "-m", "groupbuy", "scheduler"], env=environ)
    try:
        yield
    finally:
        process.terminate()
        process.wait()
