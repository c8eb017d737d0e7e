"""Telling a database that is away or overloaded from a fault of ours."""

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# PostgreSQL's classes: connection lost, resources exhausted, operator intervention (also statement
# time-outs and shutdown), and system errors such as a full disk.
AWAY_CLASSES = ("08", "53", "57", "58")
# A lock that was not given in time; a transaction ended because it stood idle; a conflict or deadlock
# that came again at every attempt.
AWAY_STATES = ("55P03", "25P03", "40001", "40P01")
# SQLite has no such codes on Python 3.11's errors of every kind, but its sentences are fixed. It says
# "malformed" of a disk that fails to read, too, and most of those read again a moment later.
AWAY_SENTENCES = (
    "is locked",
    "unable to open database",
    "disk i/o error",
    "disk is full",
    "readonly",
    "disk image is malformed",
)


def is_unavailable(error: BaseException) -> bool:
    """Tell whether a failure means "try again later" (503) and not a fault of ours (500)."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if error.connection_invalidated or state in AWAY_STATES or str(state)[:2] in AWAY_CLASSES:
        return True
    text = str(error.orig).lower()
    # psycopg gives no state when it cannot connect or when the server is gone in mid-sentence.
    refused = state is None and type(error.orig).__module__.startswith("psycopg") and _is_operational(error)
    return refused or any(sentence in text for sentence in AWAY_SENTENCES)


def _is_operational(error: SQLAlchemyError) -> bool:
    return type(error).__name__ in ("OperationalError", "InterfaceError")
