"""One transaction per use case, opened and committed at the edge."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from groupbuy.db.session import WRITES, db

T = TypeVar("T")

# PostgreSQL asks the caller to run such a transaction again: serialization failure, deadlock.
RETRYABLE = ("40001", "40P01")
ATTEMPTS = 5


@contextmanager
def transaction() -> Iterator[None]:
    """Commit what the block wrote, or nothing of it.

    What was read before in this request is let go first, so that the block sees the newest rows and
    the embedded database takes its write lock at once.
    """
    db.session.rollback()
    db.session.connection(execution_options={WRITES: True})
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def in_transaction(work: Callable[[], T]) -> T:
    """Run work in a transaction of its own, again where the database asks for it.

    The work must have no effect outside the database. Raise what the last attempt raised.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return _once(work)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in RETRYABLE:
                raise
    return _once(work)


def _once(work: Callable[[], T]) -> T:
    with transaction():
        return work()
