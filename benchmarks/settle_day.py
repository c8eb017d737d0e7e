"""Freeze and settle a day's commission, as ratios against bare SQL that stores the same rows.

Processor seconds of this process and of the database: others use the machine too.

Run ``benchmarks/settle_day --help``.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import text

from benchmarks.close_round import AFTER, KINDS, _groupbuy, _row
from benchmarks.databases import database
from benchmarks.import_files import Clock
from benchmarks.made_up_week import CODE, Size, write_files
from benchmarks.settle_floor import Floor
from groupbuy.app import settings_of
from groupbuy.app.factory import create_app
from groupbuy.campaigns.queries import get_round
from groupbuy.commissions import settling
from groupbuy.config import load_settings
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.finance.dials import dials
from groupbuy.payments import books
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle

TURNS = 3
PICKED = AFTER + timedelta(hours=20)


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leaders", type=int, default=1000)
    parser.add_argument("--orders", type=int, default=333_000)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args()
    size = Size(chosen.leaders, chosen.orders, chosen.lines)
    print(f"{size.leaders:,} leaders, {size.orders:,} orders, {size.lines:,} lines on {chosen.database}")
    with tempfile.TemporaryDirectory() as folder, database(chosen.database, Path(folder)) as url:
        os.environ["GROUPBUY_DATABASE_URL"] = url
        os.environ["GROUPBUY_INSTANCE"] = str(Path(folder) / "instance")
        _run(size, Path(folder), Clock(Path(folder) / "cluster"))


def _run(size: Size, folder: Path, clock: Clock) -> None:
    write_files(size, folder / "files")
    _groupbuy("init-db")
    for kind in KINDS:
        _groupbuy("import", kind, str(folder / "files" / f"{kind}.csv"))
    app = create_app(load_settings(os.environ))
    with app.app_context():
        tick_until_idle(
            now=AFTER, zone=settings_of(app).timezone, handlers=handlers_of(app), note=lambda _: None
        )
        _pick_everything_up()
        later = PICKED + timedelta(days=2, minutes=6)
        for what, now in (("freeze", PICKED + timedelta(minutes=6)), ("settle", later)):
            _row(what, _seconds(clock, partial(_settle, now)), _floor(what, clock, now), "bare SQL")
        again = later + timedelta(days=1)
        seconds = _seconds(clock, partial(_settle, again))
        _row("settle, nothing new", seconds, _floor("settle", clock, again), "bare SQL")
        _row("sales", _seconds(clock, lambda: books.bring_up(since=AFTER, now=later)), None, "")


def _pick_everything_up() -> None:
    """Hand everything out at once: a million scans are no part of this measurement."""
    with transaction():
        statement = text(
            "UPDATE \"order\" SET state = 'picked_up', picked_up_at = :at WHERE state = 'confirmed'"
        )
        db.session.execute(
            statement.bindparams(db.bindparam("at", type_=settling.SettlementClock.settled_at.type)),
            {"at": PICKED},
        )
    # As the server does by itself once so much has changed; else both would be planned for no pick-ups.
    with transaction():
        db.session.execute(text("ANALYZE"))


def _floor(step: str, clock: Clock, now: datetime) -> float:
    """Return the least seconds of some turns: what else the machine does would flatter the ratio."""
    until = now - timedelta(days=dials().after_sale_days)
    floor = Floor(get_round(CODE).id, until, now)
    return min(floor.measure(step, clock) for _ in range(TURNS))


def _settle(now: datetime) -> None:
    span = settling.claim(now=now)
    assert span is not None
    settling.settle(span=span, now=now)


def _seconds(clock: Clock, work: Callable[[], object]) -> float:
    begin = clock()
    with transaction():
        work()
    return clock() - begin


if __name__ == "__main__":
    main()
