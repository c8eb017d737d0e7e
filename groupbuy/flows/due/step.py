"""A thing that is due, and a kind of such things."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is due: ``ref`` is the row's id, ``subject`` its name for people."""

    kind: str
    ref: int
    subject: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A kind of thing that may be due: how it is found, without locks, and how one is done.

    ``do`` takes the step's ``ref``; it says in words what it did, None when somebody else has done it.
    """

    find: Callable[[datetime, ZoneInfo], Iterator[Step]]
    do: Callable[[int, datetime, ZoneInfo], str | None]


def said(count: int | None, what: str) -> str | None:
    """Say how much was done, None where somebody else has done it."""
    return None if count is None else f"{count} {what}"
