"""Cursors: where a page ended, opaque to programs."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from groupbuy.kernel.errors import BadInput

T = TypeVar("T")


def encode(*key: str | int | datetime) -> str:
    """Return the cursor of a row's sort key."""
    plain = [part.isoformat() if isinstance(part, datetime) else part for part in key]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decode(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """Return the sort key of a cursor; raise BadInput for anything that we did not make."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _bad() from error
    if not isinstance(key, list) or [type(part) for part in key] != list(kinds):
        raise _bad()
    if any(isinstance(part, int) and abs(part) >= 2**63 for part in key):
        raise _bad()
    return key


def sort_key(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """Return the sort key of a cursor, whose parts are numbers, texts and moments; raise BadInput."""
    plain = decode(cursor, [str if kind is datetime else kind for kind in kinds])
    try:
        return [
            datetime.fromisoformat(part).astimezone(UTC) if kind is datetime else part
            for kind, part in zip(kinds, plain, strict=True)
        ]
    except (ValueError, OverflowError) as error:
        raise _bad() from error


def _bad() -> BadInput:
    return BadInput("bad_cursor", "Use the next_cursor of the page before.", param="cursor")


def page(
    rows: Sequence[T], *, limit: int, key: Callable[[T], tuple[str | int | datetime, ...]]
) -> tuple[Sequence[T], str | None]:
    """Split ``limit + 1`` rows into a page and the cursor of the next one, None on the last."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], encode(*key(rows[limit - 1]))


def id_after(cursor: str | None) -> int | None:
    """Return the id that a page by ids ended with."""
    if cursor is None:
        return None
    number: int = decode(cursor, (int,))[0]
    return number


def code_after(cursor: str | None) -> str | None:
    """Return the code that a page by codes ended with."""
    if cursor is None:
        return None
    code: str = decode(cursor, (str,))[0]
    return code


def day_and_id(cursor: str | None) -> tuple[date, int] | None:
    """Return the day and the id that a page by days ended with."""
    if cursor is None:
        return None
    day, id_ = decode(cursor, (str, int))
    try:
        return date.fromisoformat(day), id_
    except ValueError as error:
        raise _bad() from error
