"""The books follow the trade: every few minutes the scheduler books what has become due."""

from collections.abc import Mapping
from datetime import datetime

from groupbuy.commissions import settling
from groupbuy.finance import service
from groupbuy.invoicing import correcting
from groupbuy.payments import books
from groupbuy.settlements import making, payables, returns


def keep_books(*, now: datetime) -> int | None:
    """Book sales, debts, commission, purchases and stock as they stand now; return how many changed.

    Suppliers whose cycle is over get their statements, invoices of refunded orders are to be corrected.

    None when another scheduler has just done so. A repeat finds nothing to book.
    """
    span = settling.claim(now=now)
    if span is None:
        return None
    trade = settling.settle(span=span, now=now) + books.bring_up(since=span.since, now=now)
    goods = payables.bring_up(since=span.since, now=now) + returns.bring_up(now=now)
    return trade + goods + making.make_due(now=now) + correcting.find_wrong(now=now)


def close_month(
    *, period: str, now: datetime, actor: str, still_open: Mapping[str, int] | None = None
) -> bool:
    """Book what is due by now, then close a month; False when it was closed before.

    ``still_open`` is what had not ended, which whoever closes it has seen; the audit log keeps it.

    So nothing that was handed out in the month is left to be booked in the next one, however long the
    scheduler stood still: a month is closed an hour after its end, when whoever handed out in it has
    committed. Raise BadInput ``bad_period``, RuleBroken ``period_running``.
    """
    service.hold_postings_back()
    keep_books(now=now)
    return service.close_period(period=period, now=now, actor=actor, still_open=still_open)
