"""A database's driver itself, inside the session's transaction, where SQLAlchemy would take too long."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import DBAPIError

from groupbuy.db.session import db

# Under this option of the engine may stand what is told of each statement, as SQLAlchemy's events are not.
WATCH = "groupbuy_watch"
_NAME = re.compile(r"(?<!:):([a-z_]+)")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with numbered parameters, and their names in that order; made once, parsed once."""

    text: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Statement":
        """Number the parameters of a statement with ``:names``."""
        names = tuple(dict.fromkeys(_NAME.findall(text)))
        return cls(_NAME.sub(lambda found: f"${names.index(found[1]) + 1}", text), names)


def rows_of(
    statement: Statement, values: Mapping[str, Any], *, last: bool = False
) -> Sequence[tuple[Any, ...]]:
    """Run a statement in the session's transaction and return its rows; raise what SQLAlchemy raises.

    The ``last`` one commits on the same way to the server, so that no lock is held while an answer is made;
    the edge's own commit then has nothing left to do. Where it is the first one too, it is a transaction by
    itself, and neither begins nor commits one: a single way there and back.
    """
    session = db.session()
    cursor_class = session.get_bind().dialect.loaded_dbapi.RawCursor
    connection: Any = session.connection().connection.driver_connection
    if last and connection.info.transaction_status.name == "IDLE":
        return _alone(connection, cursor_class, statement, values)
    # PgBouncer 1.18 never answers to what is sent ahead; nothing is prepared where it stands in between.
    ahead = last and connection.prepare_threshold is not None
    with told_as_usual(statement.text), cursor_class(connection) as cursor:
        with connection.pipeline() if ahead else nullcontext():
            cursor.execute(statement.text, [values[name] for name in statement.names])
            if ahead:
                connection.execute("COMMIT", prepare=False)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _alone(
    connection: Any, cursor_class: Any, statement: Statement, values: Mapping[str, Any]
) -> Sequence[tuple[Any, ...]]:
    connection.autocommit = True
    try:
        with told_as_usual(statement.text), cursor_class(connection) as cursor:
            # Prepared at once where it may be at all: to plan it takes longer than to run it.
            ready = True if connection.prepare_threshold is not None else None
            cursor.execute(statement.text, [values[name] for name in statement.names], prepare=ready)
            rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
            return rows
    finally:
        # A connection that broke is replaced by the pool, whatever it was set to.
        if not connection.closed:
            connection.autocommit = False


def driver() -> Any:
    """Return the driver's connection of the session's transaction."""
    return db.session.connection().connection.driver_connection


@contextmanager
def told_as_usual(statement: str) -> Iterator[None]:
    """Raise what the driver raises as SQLAlchemy does, so that callers can tell a race from a fault."""
    engine = db.engine
    dialect = engine.dialect
    driver_error = dialect.loaded_dbapi.Error
    watch = engine.get_execution_options().get(WATCH, nullcontext)
    try:
        with watch(statement):
            yield
    except driver_error as error:
        raise DBAPIError.instance(statement, None, error, driver_error, dialect=dialect) from error


def stored(moment: datetime) -> str:
    """Return a moment as the embedded database keeps it: texts that sort as the moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def moment_of(text: str) -> datetime:
    """Return the moment that the embedded database keeps as a text."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
