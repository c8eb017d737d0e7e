"""Books that are due: what happened is told to other programs, sealed and settled."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.audit.sealing import seal_due, seal_entries
from groupbuy.commissions import settling
from groupbuy.finance import sealing as book_sealing
from groupbuy.flows import announcing, bookkeeping
from groupbuy.flows.due.step import Due, Step, said


def _news(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    if announcing.is_due():
        yield Step("announce", 0, "webhooks", now)


def _seals(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    since = seal_due(now)
    if since is not None:
        yield Step("seal_audit", 0, "audit", since)


def _book_seals(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    since = book_sealing.seal_due(now)
    if since is not None:
        yield Step("seal_books", 0, "books", since)


def _settlements(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    since = settling.due_since(now)
    if since is not None:
        yield Step("settle", 0, "books", since)


def _announce(_: int, now: datetime, __: ZoneInfo) -> str | None:
    count = announcing.announce_new(now=now)
    return f"{count} deliveries" if count else None


def _seal_audit(_: int, now: datetime, __: ZoneInfo) -> str | None:
    count = seal_entries(now=now)
    if count:
        announcing.announce_sealed(now=now)
    return f"{count} entries" if count else None


def _seal_books(_: int, now: datetime, __: ZoneInfo) -> str | None:
    count = book_sealing.seal(now=now)
    return f"{count} postings" if count else None


def _settle(_: int, now: datetime, __: ZoneInfo) -> str | None:
    return said(bookkeeping.keep_books(now=now), "changed")


DUE: Mapping[str, Due] = {
    "announce": Due(_news, _announce),
    "seal_audit": Due(_seals, _seal_audit),
    "seal_books": Due(_book_seals, _seal_books),
    "settle": Due(_settlements, _settle),
}
