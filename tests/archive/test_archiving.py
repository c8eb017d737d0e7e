"""Old rounds leave the working tables whole, and every figure stays as it was."""

from flask import Flask
from sqlalchemy import func, inspect, select, text

from groupbuy.analytics import trade_reports
from groupbuy.analytics.trade_base import Wanted, figures
from groupbuy.campaigns.history_models import RoundArchive
from groupbuy.db import Base, db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance.models import Posting
from groupbuy.flows import bookkeeping
from groupbuy.flows.archive import archiving, plan
from groupbuy.flows.archive.reading import everything
from groupbuy.orders.models import Order
from tests.archive import story
from tests.building import NOW
from tests.faults.dying import dies_in_child

STRIDE = 60
SPAN = Wanted(NOW, story.MUCH_LATER)


def archive(round_id: int) -> archiving.Outcome | None:
    return in_transaction(lambda: archiving.archive(round_id=round_id, now=story.MUCH_LATER, actor="test"))


def died(app: Flask, round_id: int, event: int) -> bool:
    """Archive a round in a process that is killed at an event; tell whether it got so far."""
    db.session.remove()
    return dies_in_child(app, lambda: archive(round_id), event)


def reported() -> object:
    """Return the figures of every trade report over all time."""
    db.session.rollback()
    with everything():
        return [figures(report, SPAN) for report in trade_reports.REPORTS.values()]


def statements_may_take() -> str | None:
    """Return how long a statement of the transaction may take; None where the database sets no limit."""
    if db.session.get_bind().dialect.name != "postgresql":
        return None
    return db.session.scalar(text("SHOW statement_timeout"))


def test_moving_a_round_has_all_the_time_that_it_takes(app: Flask) -> None:
    """The scheduler and the page give it no more than the edge does: the work itself asks for it."""
    market = story.market()
    old, _orders = story.live(app, market, "C1")
    story.live(app, market, "C2", weeks=1)
    with transaction():
        archiving.archive(round_id=old.id, now=story.MUCH_LATER, actor="test")
        assert statements_may_take() in (None, "0")
    with transaction():
        archiving.bring_back(name="C1", now=story.MUCH_LATER, actor="test")
        assert statements_may_take() in (None, "0")


def test_a_round_is_moved_whole_and_no_figure_changes(app: Flask) -> None:
    market = story.market()
    old, _orders = story.live(app, market, "C1")
    story.live(app, market, "C2", weeks=1)
    every = story.here()
    figures_before, wrong_before = reported(), story.wrong()
    assert wrong_before == []
    old_id, event = old.id, 5
    # Killed at any statement nothing is moved; begun anew until it comes to its end, all is, once.
    while died(app, old_id, event):
        assert story.here() == every
        event += STRIDE
    assert archive(old_id) is None
    row = db.session.get_one(RoundArchive, old_id)
    assert (row.waits_for, row.orders) == ("", 2)
    moved = row.rows
    assert story.here() == every[2:]
    assert reported() == figures_before
    assert story.wrong() == []
    with everything():
        numbers = db.session.scalars(select(Order.number).order_by(Order.id)).all()
    assert list(numbers) == every
    booked = db.session.scalar(select(func.count()).select_from(Posting))
    in_transaction(lambda: bookkeeping.keep_books(now=story.MUCH_LATER))
    assert db.session.scalar(select(func.count()).select_from(Posting)) == booked
    back = in_transaction(lambda: archiving.bring_back(name="C1", now=story.MUCH_LATER, actor="test"))
    assert (back.orders, back.rows) == (2, moved)
    assert story.here() == every
    assert reported() == figures_before
    assert story.wrong() == []


def test_the_archive_has_the_tables_that_hang_on_an_order_with_their_columns(app: Flask) -> None:
    hang = {"order"}
    for table in Base.metadata.sorted_tables:
        if any(key.column.table.name in hang for key in table.foreign_keys):
            hang.add(table.name)
    assert {part.name for part in plan.PARTS} == hang
    found = inspect(db.engine)
    for part in plan.PARTS:
        old, new = (
            [one["name"] for one in found.get_columns(name)] for name in (plan.archived(part.name), part.name)
        )
        assert old == new, f"a migration has to change archived_{part.name} as well"
