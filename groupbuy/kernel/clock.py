"""The only place that reads the time; only edges call it."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the wall clock as aware UTC."""
    return datetime.now(UTC)


def monotonic_seconds() -> float:
    """Return seconds of a clock that nobody can set, for durations and watchdogs."""
    return time.monotonic()
