"""One transaction per use case, opened and committed at the edge."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from groupbuy.db.session import WRITES, db
from groupbuy.kernel.errors import RunAgain

T = TypeVar("T")

# PostgreSQL asks the caller to run such a transaction again: serialization failure, deadlock.
RETRYABLE = ("40001", "40P01")
ATTEMPTS = 5

# The embedded database has one writer, and lets the others sleep and look again, longer each time. The
# threads of this process rather wait for each other here, where the next one goes on at once.
_TURN = threading.RLock()


@contextmanager
def transaction() -> Iterator[None]:
    """Commit what the block wrote, or nothing of it.

    What was read before in this request is let go first, so that the block sees the newest rows and
    the embedded database takes its write lock at once.
    """
    # The session itself: its proxy looks for it anew at each word, and every order passes here.
    session = db.session()
    goes_on = _goes_on(session)
    if not goes_on and session.in_transaction():
        session.rollback()
    # What was read before would stay as it was.
    session.expire_all()
    with _turn(session):
        try:
            if not goes_on:
                session.connection(execution_options={WRITES: True})
            yield
            session.commit()
        except BaseException:
            session.rollback()
            raise


def _turn(session: Session) -> AbstractContextManager[object]:
    return _TURN if session.get_bind().dialect.name == "sqlite" else nullcontext()


def _goes_on(session: Session) -> bool:
    """Tell whether the transaction in which this request has read can go on as the one that writes.

    On PostgreSQL each statement sees the newest rows anyway, and to end one transaction and begin
    another takes as long as the rest of an order.
    """
    if not session.in_transaction() or session.get_bind().dialect.name != "postgresql":
        return False
    driver = session.connection().connection.driver_connection
    return driver is not None and driver.info.transaction_status.name == "INTRANS"


def in_transaction(work: Callable[[], T]) -> T:
    """Run work in a transaction of its own, again where the database asks for it.

    The work must have no effect outside the database. Raise what the last attempt raised.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return _once(work)
        except RunAgain:
            continue
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in RETRYABLE:
                raise
    return _once(work)


def _once(work: Callable[[], T]) -> T:
    with transaction():
        return work()
