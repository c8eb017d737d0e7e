"""The books follow the trade: every few minutes the scheduler books what has become due."""

from datetime import datetime

from groupbuy.commissions import settling
from groupbuy.payments import books


def keep_books(*, now: datetime) -> int | None:
    """Book sales, money owed back and commission as they stand now; return how many changed.

    None when another scheduler has just done so. A repeat finds nothing to book.
    """
    span = settling.claim(now=now)
    if span is None:
        return None
    return settling.settle(span=span, now=now) + books.bring_up(since=span.since, now=now)
