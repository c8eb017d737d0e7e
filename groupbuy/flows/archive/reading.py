"""Reading old and new orders together, with the same statements that read the new ones alone.

For as long as somebody reads, a view of the same name stands before each table that has an archive and that
a statement names: both databases look for names among what belongs to the connection first. A view is made
when its table is first named in a transaction, and never committed.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, event, exists, select, text
from sqlalchemy.orm import Session, SessionTransaction

from groupbuy.campaigns.history_models import RoundArchive
from groupbuy.db import db
from groupbuy.flows.archive.plan import BY_NAME, Part, archived, table_named

READS_ALL = "groupbuy_reads_all"
_NAMES = re.compile(rf"\b(?:{'|'.join(BY_NAME)})\b")
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
    views = session.info[READS_ALL] = _Views(session)
    try:
        views.stand_before(session.connection())
        yield
        views.drop()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(READS_ALL).end()


def of_round(round_id: int) -> AbstractContextManager[None]:
    """Let the block see the archive too where the round is in it."""
    return everything() if archived_at(round_id) else nullcontext()


class _Views:
    """The views that stand before tables for a session, for the time that it reads all."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._made: set[str] = set()
        # Made before a savepoint was undone, so that nobody knows whether they are there.
        self._unsure: set[str] = set()
        self._connections: list[Connection] = []
        # Drivers of PostgreSQL, and when they prepare a statement as a rule.
        self._thresholds: list[tuple[Any, int]] = []
        for name, listener in self._listeners.items():
            event.listen(session, name, listener)

    @property
    def _listeners(self) -> Mapping[str, Callable[..., None]]:
        return {"after_begin": self._begin, "before_commit": self._commit, "after_soft_rollback": self._undo}

    def stand_before(self, connection: Connection) -> None:
        """Make what a connection's statements name; its driver runs nothing prepared for the tables alone."""
        driver: Any = connection.connection.driver_connection
        threshold = getattr(driver, "prepare_threshold", None)
        if threshold is not None:
            self._thresholds.append((driver, threshold))
            driver.prepare_threshold = None
        event.listen(connection, "before_cursor_execute", self._make_named)
        self._connections.append(connection)

    def drop(self) -> None:
        """Drop what was made in a transaction that goes on."""
        self._made |= self._unsure
        if self._made and self._session.in_transaction():
            connection = self._session.connection()
            _run(connection, [_no_view(connection, name) for name in sorted(self._made)])
        self._forget()

    def _forget(self) -> None:
        self._made.clear()
        self._unsure.clear()

    def end(self) -> None:
        """Make nothing any more, and let the drivers prepare as before."""
        for name, listener in self._listeners.items():
            event.remove(self._session, name, listener)
        for connection in self._connections:
            event.remove(connection, "before_cursor_execute", self._make_named)
        for driver, threshold in self._thresholds:
            driver.prepare_threshold = threshold

    def _begin(self, _session: Session, transaction: SessionTransaction, connection: Connection) -> None:
        if not transaction.nested:
            self.stand_before(connection)

    def _commit(self, _session: Session) -> None:
        self.drop()

    def _undo(self, _session: Session, transaction: SessionTransaction) -> None:
        self._unsure |= self._made
        self._made.clear()
        if not transaction.nested:
            self._forget()

    def _make_named(self, connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if named := set(_NAMES.findall(statement)) - self._made:
            # They count as made first, because their own statements name them too.
            self._made |= named
            gone = [_no_view(connection, name) for name in sorted(named & self._unsure)]
            _run(connection, [*gone, *(_view(connection, BY_NAME[name]) for name in sorted(named))])


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


def _no_view(connection: Connection, name: str) -> str:
    schema = "temp" if connection.dialect.name == "sqlite" else "pg_temp"
    return f"DROP VIEW IF EXISTS {schema}.{connection.dialect.identifier_preparer.quote(name)}"
