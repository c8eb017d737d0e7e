"""Reading old and new orders together, with the same statements that read the new ones alone.

For as long as somebody reads, a view of the same name stands before each table that has an archive: both
databases look for names among what belongs to the connection first. The views are made anew in each
transaction and never committed.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, event, exists, select, text
from sqlalchemy.orm import Session, SessionTransaction

from groupbuy.campaigns.history_models import RoundArchive
from groupbuy.db import db
from groupbuy.flows.archive.plan import BY_NAME, PARTS, Part, archived, table_named

READS_ALL = "groupbuy_reads_all"
_ORDERS = table_named(BY_NAME["order"], archived)


def any_archived() -> bool:
    """Tell whether there is anything in the archive."""
    found = select(RoundArchive.round_id).where(RoundArchive.archived_at.is_not(None)).limit(1)
    return db.session.scalar(found) is not None


def archived_at(round_id: int) -> datetime | None:
    """Return when a round went into the archive, None while it is not there."""
    return db.session.scalar(select(RoundArchive.archived_at).where(RoundArchive.round_id == round_id))


def holds_order(number: str) -> bool:
    """Tell whether an order is in the archive."""
    return _holds(_ORDERS.c.number == number)


def holds_orders_of(resident_ids: Collection[int]) -> bool:
    """Tell whether an order of some residents is in the archive."""
    return _holds(_ORDERS.c.resident_id.in_(resident_ids))


def _holds(chosen: ColumnElement[bool]) -> bool:
    return bool(db.session.scalar(select(exists().where(chosen))))


@contextmanager
def everything() -> Iterator[None]:
    """Let all that the block reads through the session see the archive too; nothing where it is empty.

    The block may write to other tables, also in transactions of its own; the archived ones and those
    beside them can only be read.
    """
    session = db.session()
    if READS_ALL in session.info or not any_archived():
        yield
        return
    session.info[READS_ALL] = _Drivers()
    event.listen(session, "after_begin", _make_views)
    event.listen(session, "before_commit", _drop_views)
    try:
        _stand_before(session.connection(), session)
        yield
        _drop_views(session)
    except BaseException:
        session.rollback()
        raise
    finally:
        event.remove(session, "after_begin", _make_views)
        event.remove(session, "before_commit", _drop_views)
        session.info.pop(READS_ALL).prepare_again()


def of_round(round_id: int) -> AbstractContextManager[None]:
    """Let the block see the archive too where the round is in it."""
    return everything() if archived_at(round_id) else nullcontext()


class _Drivers:
    """Drivers of PostgreSQL that run no statements prepared for the tables alone, until they may again."""

    def __init__(self) -> None:
        self._thresholds: list[tuple[Any, int]] = []

    def prepare_nothing(self, connection: Connection) -> None:
        """Keep a connection's driver from using what it has prepared."""
        driver: Any = connection.connection.driver_connection
        threshold = getattr(driver, "prepare_threshold", None)
        if threshold is not None:
            self._thresholds.append((driver, threshold))
            driver.prepare_threshold = None

    def prepare_again(self) -> None:
        """Let them prepare as before."""
        for driver, threshold in self._thresholds:
            driver.prepare_threshold = threshold


def _make_views(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if not transaction.nested:
        _stand_before(connection, session)


def _stand_before(connection: Connection, session: Session) -> None:
    session.info[READS_ALL].prepare_nothing(connection)
    _run(connection, [_view(connection, part) for part in PARTS])


def _run(connection: Connection, statements: Sequence[str]) -> None:
    """Run statements without parameters; a server gets them all at once, for the way there costs as much."""
    if connection.dialect.name == "postgresql":
        statements = ["; ".join(statements)]
    for statement in statements:
        connection.execute(text(statement))


def _view(connection: Connection, part: Part) -> str:
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in part.columns)
    # The embedded database looks names up when the view is read, the other when it is made.
    schema = "main." if connection.dialect.name == "sqlite" else ""
    both = " UNION ALL ".join(
        f"SELECT {columns} FROM {schema}{quote(name)}"  # noqa: S608 - names come from the tables
        for name in (part.name, archived(part.name))
    )
    return f"CREATE TEMPORARY VIEW {quote(part.name)} AS {both}"


def _drop_views(session: Session) -> None:
    if not session.in_transaction():
        return
    connection = session.connection()
    quote = connection.dialect.identifier_preparer.quote
    schema = "temp" if connection.dialect.name == "sqlite" else "pg_temp"
    _run(connection, [f"DROP VIEW IF EXISTS {schema}.{quote(part.name)}" for part in PARTS])
