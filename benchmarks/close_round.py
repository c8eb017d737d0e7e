"""Import, close and document one big round, as ratios against bare SQL and the writer alone.

Run ``benchmarks/close_round --help``.
"""

import argparse
import os
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import delete

from benchmarks import close_floor, document_floor, import_floor
from benchmarks.commands import groupbuy
from benchmarks.databases import database
from benchmarks.made_up_week import CODE, Size, write_files
from groupbuy.app import settings_of
from groupbuy.app.factory import create_app
from groupbuy.campaigns.queries import get_round
from groupbuy.commissions import bulk as commissions
from groupbuy.commissions.models import CommissionEntry
from groupbuy.config import load_settings
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle

KINDS = ("suppliers", "products", "leaders", "residents", "offers", "orders")
TIMES = 3
BEFORE, AFTER = (datetime.fromisoformat(f"2026-11-22T{at}:00+08:00") for at in ("21:59", "22:00"))


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leaders", type=int, default=1000)
    parser.add_argument("--orders", type=int, default=333_000)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--no-documents", action="store_true")
    chosen = parser.parse_args()
    size = Size(chosen.leaders, chosen.orders, chosen.lines)
    print(f"{size.leaders:,} leaders, {size.orders:,} orders, {size.lines:,} lines on {chosen.database}")
    with tempfile.TemporaryDirectory() as folder, database(chosen.database, Path(folder)) as url:
        os.environ["GROUPBUY_DATABASE_URL"] = url
        os.environ["GROUPBUY_INSTANCE"] = str(Path(folder) / "instance")
        _run(size, Path(folder), documents=not chosen.no_documents)


def _run(size: Size, folder: Path, *, documents: bool) -> None:
    write_files(size, folder / "files")
    _groupbuy("init-db")
    for kind in KINDS[:-1]:
        _groupbuy("import", kind, str(folder / "files" / f"{kind}.csv"))
    orders = folder / "files" / "orders.csv"
    seconds = _groupbuy("import", "orders", str(orders))
    app = create_app(load_settings(os.environ))
    with app.app_context():
        _row(
            "import orders",
            seconds,
            import_floor.measure("orders", orders, time.perf_counter),
            "reading and bare bulk insert",
        )
        _close(app)
    if documents:
        _documents(folder)


def _documents(folder: Path) -> None:
    """Write all documents and measure both floors in turn, and print the best of each.

    It takes long enough for other things on the machine to come in between.
    """
    taken, fastest, ours = [], [], []
    for number in range(TIMES):
        out = folder / f"documents{number}"
        taken.append(_groupbuy("documents", CODE, "--out", str(out)))
        files = list(out.rglob("*.xlsx"))
        floors = document_floor.measure(files, folder, CODE)
        fastest.append(floors[0])
        ours.append(floors[1])
    what = f"documents ({len(files):,} files)"
    _row(what, min(taken), min(ours), "the writer we chose, alone, on as many processes")
    _row("", min(taken), min(fastest), "the fastest writer, bare rows, on as many processes")


def _close(app: Flask) -> None:
    round_ = get_round(CODE)
    floor_close, floor_commission = close_floor.measure(round_.id)
    # What the import has left to do, such as sealing its postings, is no part of the close.
    _tick(app, BEFORE)
    seconds = _tick(app, AFTER)
    db.session.expire_all()
    assert get_round(CODE).state == "closed"
    _row("close, all of it", seconds, floor_close + floor_commission, "the same rows by bare SQL")
    _row("commissions alone", _commissions(round_.id), floor_commission, "one statement of bare SQL")


def _tick(app: Flask, now: datetime) -> float:
    """Do everything due at a moment; return the seconds."""
    begin = time.perf_counter()
    tick_until_idle(now=now, zone=settings_of(app).timezone, handlers=handlers_of(app), note=lambda _: None)
    return time.perf_counter() - begin


def _commissions(round_id: int) -> float:
    """Take the commissions back, and return the seconds to reckon and store them once more."""
    with transaction():
        db.session.execute(delete(CommissionEntry))
    begin = time.perf_counter()
    with transaction():
        commissions.fill_in_tiers(round_id)
        commissions.book_pending(round_id=round_id, now=AFTER)
    return time.perf_counter() - begin


def _groupbuy(*arguments: str) -> float:
    """Run a command and print the most memory it took; return its seconds."""
    used = groupbuy(*arguments)
    print(f"  {' '.join(arguments[:2]):28} {used.megabytes:8,} MB", flush=True)
    return used.seconds


def _row(what: str, seconds: float, floor: float | None, name: str) -> None:
    if floor is None:
        print(f"  {what:28} {seconds:8.2f} s")
    else:
        print(f"  {what:28} {seconds:8.2f} s   floor {floor:7.2f} s ({name})   ratio {seconds / floor:5.2f}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
