"""Archive an old big round and read it there, in processor seconds of this process and of the database.

The floor of archiving copies the same rows into the same tables by bare SQL and deletes them, in a
transaction that is rolled back. The floor of reading is the same reading before the round was archived.
PostgreSQL only: on SQLite the newest round stays where it is, and there is no other one here.

Run ``benchmarks/archive_round --help``.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import delete, func, insert, select, text, update

from benchmarks.close_round import AFTER, _row
from benchmarks.import_files import Clock
from benchmarks.made_up_week import CODE
from benchmarks.past_day import (
    PICKED,
    closed_round,
    least_seconds,
    pick_everything_up,
    seconds_of,
    settle,
    sizes,
)
from groupbuy.analytics import trade_base, trade_reports
from groupbuy.analytics.trade_base import Wanted
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.queries import get_round
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows.archive import archiving
from groupbuy.flows.archive.plan import PARTS, archived, table_named, working
from groupbuy.flows.archive.reading import everything
from groupbuy.orders import queries
from groupbuy.orders.models import Order
from groupbuy.payments import books
from groupbuy.purchasing.models import PurchaseOrder

SETTLED = PICKED + timedelta(days=2, minutes=6)
MUCH_LATER = PICKED + timedelta(days=200)
# So many orders are read one by one, each as its page reads it.
LOOKS = 200


class _Undone(Exception):
    """Say that what was measured is rolled back."""


def main() -> None:
    """Run the benchmark and print its table."""
    chosen = sizes(__doc__, orders=111_000, lines=333_000).parse_args()
    with closed_round(chosen, "postgresql") as cluster:
        _finish()
        measure(Clock(cluster))


def measure(clock: Clock) -> None:
    """Print the rows of a round that is over, paid and settled."""
    looks, report = _orders(), partial(_report, PICKED)
    before = [least_seconds(clock, work) for work in (looks, report)]
    floor = _floor(clock)
    _row("archive", seconds_of(clock, _archive), floor, "bare SQL")
    after = [least_seconds(clock, work) for work in (looks, report)]
    for what, there, here in zip((f"read {LOOKS} orders", "report of sales"), after, before, strict=True):
        _row(what, there, here, "before")
    bring_back = partial(archiving.bring_back, name=CODE, now=MUCH_LATER, actor="benchmark")
    _row("bring back", seconds_of(clock, bring_back), floor, "bare SQL")


def _finish() -> None:
    """Let the round be over and paid: a million scans and payments are no part of this measurement."""
    pick_everything_up()
    with transaction():
        settle(SETTLED)
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
