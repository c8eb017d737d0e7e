"""A made-up round that has closed, picked up and settled: what benchmarks of a day's end begin with."""

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from benchmarks.close_round import AFTER, KINDS, _groupbuy
from benchmarks.databases import database
from benchmarks.import_files import Clock
from benchmarks.made_up_week import Size, write_files
from groupbuy.app import settings_of
from groupbuy.app.factory import create_app
from groupbuy.commissions import settling
from groupbuy.config import load_settings
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle

PICKED = AFTER + timedelta(hours=20)


def sizes(description: str | None, *, orders: int, lines: int) -> argparse.ArgumentParser:
    """Return a parser that asks for leaders, orders and lines."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--leaders", type=int, default=1000)
    parser.add_argument("--orders", type=int, default=orders)
    parser.add_argument("--lines", type=int, default=lines)
    return parser


@contextmanager
def closed_round(chosen: argparse.Namespace, kind: str) -> Iterator[Path]:
    """Import a round of the chosen size into a fresh database, close it, and give the server's folder."""
    size = Size(chosen.leaders, chosen.orders, chosen.lines)
    print(f"{size.leaders:,} leaders, {size.orders:,} orders, {size.lines:,} lines on {kind}")
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        folder = Path(name)
        os.environ["GROUPBUY_DATABASE_URL"] = url
        os.environ["GROUPBUY_INSTANCE"] = str(folder / "instance")
        write_files(size, folder / "files")
        _groupbuy("init-db")
        for one in KINDS:
            _groupbuy("import", one, str(folder / "files" / f"{one}.csv"))
        app = create_app(load_settings(os.environ))
        with app.app_context():
            zone, handlers = settings_of(app).timezone, handlers_of(app)
            tick_until_idle(now=AFTER, zone=zone, handlers=handlers, note=lambda _: None)
            yield folder / "cluster"


def pick_everything_up() -> None:
    """Hand everything out at once: a million scans are no part of what is measured."""
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


def settle(now: datetime) -> None:
    """Bring the books to what is due at a moment."""
    span = settling.claim(now=now)
    assert span is not None
    settling.settle(span=span, now=now)


def seconds_of(clock: Clock, work: Callable[[], object]) -> float:
    """Return what the clock counts for some work in a transaction, its commit included."""
    begin = clock()
    with transaction():
        work()
    return clock() - begin


def least_seconds(clock: Clock, work: Callable[[], object], turns: int = 3) -> float:
    """Return the least of some turns: what else the machine does comes in between."""
    return min(_once(clock, work) for _ in range(turns))


def _once(clock: Clock, work: Callable[[], object]) -> float:
    begin = clock()
    work()
    return clock() - begin
