"""Archive an old big round and read it there, in processor seconds of this process and of the database.

The floor of archiving copies the same rows into the same tables by bare SQL and deletes them, in a
transaction that is rolled back. The floor of reading is the same reading before the round was archived.
PostgreSQL only: on SQLite the newest round stays where it is, and there is no other one here.

Run ``benchmarks/archive_round --help``.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import delete, func, insert, select, text, update

from benchmarks.close_round import AFTER, KINDS, _groupbuy, _row
from benchmarks.databases import database
from benchmarks.import_files import Clock
from benchmarks.made_up_week import CODE, Size, write_files
from benchmarks.settle_day import PICKED, _pick_everything_up, _seconds, _settle
from groupbuy.analytics import trade_base, trade_reports
from groupbuy.analytics.trade_base import Wanted
from groupbuy.app import settings_of
from groupbuy.app.factory import create_app
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.queries import get_round
from groupbuy.config import load_settings
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows.archive import archiving
from groupbuy.flows.archive.plan import PARTS, archived, table_named, working
from groupbuy.flows.archive.reading import everything
from groupbuy.orders import queries
from groupbuy.orders.models import Order
from groupbuy.payments import books
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle

SETTLED = PICKED + timedelta(days=2, minutes=6)
MUCH_LATER = PICKED + timedelta(days=200)
# So many orders are read one by one, each as its page reads it.
LOOKS = 200


class _Undone(Exception):
    """Say that what was measured is rolled back."""


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leaders", type=int, default=1000)
    parser.add_argument("--orders", type=int, default=111_000)
    parser.add_argument("--lines", type=int, default=333_000)
    chosen = parser.parse_args()
    size = Size(chosen.leaders, chosen.orders, chosen.lines)
    print(f"{size.leaders:,} leaders, {size.orders:,} orders, {size.lines:,} lines on postgresql")
    with tempfile.TemporaryDirectory() as folder, database("postgresql", Path(folder)) as url:
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
        _finish()
        measure(clock)


def measure(clock: Clock) -> None:
    """Print the rows of a round that is over, paid and settled."""
    looks, report = _orders(), partial(_report, PICKED)
    before = [_least(clock, work) for work in (looks, report)]
    floor = _floor(clock)
    _row("archive", _seconds(clock, _archive), floor, "bare SQL")
    after = [_least(clock, work) for work in (looks, report)]
    for what, there, here in zip((f"read {LOOKS} orders", "report of sales"), after, before, strict=True):
        _row(what, there, here, "before")
    bring_back = partial(archiving.bring_back, name=CODE, now=MUCH_LATER, actor="benchmark")
    _row("bring back", _seconds(clock, bring_back), floor, "bare SQL")


def _finish() -> None:
    """Let the round be over and paid: a million scans and payments are no part of this measurement."""
    _pick_everything_up()
    with transaction():
        _settle(SETTLED)
        books.bring_up(since=AFTER, now=SETTLED)
    with transaction():
        db.session.execute(update(Order).values(paid_fen=Order.amount_fen))
        db.session.execute(update(PurchaseOrder).values(state="closed"))
        db.session.execute(update(Round).values(state="completed"))
    with transaction():
        db.session.execute(text("ANALYZE"))


def _orders() -> Callable[[], object]:
    step = max((db.session.scalar(select(func.count()).select_from(Order)) or 0) // LOOKS, 1)
    numbers = db.session.scalars(select(Order.number).where(Order.id % step == 0).limit(LOOKS)).all()
    return lambda: [_look(number) for number in numbers]


def _look(number: str) -> object:
    with everything():
        order = queries.get_order(number)
        found = queries.lines_of([order.id])
    db.session.rollback()
    return found


def _report(day: datetime) -> object:
    wanted = Wanted(day - timedelta(hours=1), day + timedelta(hours=1))
    with everything():
        figures = trade_base.figures(trade_reports.get_report("sales"), wanted)
    db.session.rollback()
    return figures


def _least(clock: Clock, work: Callable[[], object]) -> float:
    """Return the least seconds of some turns: what else the machine does comes in between."""
    return min(_once(clock, work) for _ in range(3))


def _once(clock: Clock, work: Callable[[], object]) -> float:
    begin = clock()
    work()
    return clock() - begin


def _archive() -> None:
    outcome = archiving.archive(round_id=get_round(CODE).id, now=MUCH_LATER, actor="benchmark")
    assert outcome is not None
    assert not outcome.waits_for, outcome.waits_for


def _floor(clock: Clock) -> float:
    """Return the seconds to move every row of the tables that hold any."""
    held = [part for part in PARTS if db.session.execute(select(table_named(part, working)).limit(1)).first()]
    begin = end = clock()
    try:
        with transaction():
            for part in held:
                rows = select(*table_named(part, working).c)
                into = insert(table_named(part, archived))
                db.session.execute(into.from_select(part.columns, rows))
            for part in reversed(held):
                db.session.execute(delete(table_named(part, working)))
            end = clock()
            raise _Undone
    except _Undone:
        return end - begin


if __name__ == "__main__":
    main()
