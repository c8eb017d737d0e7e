"""The chain of hashes over the postings, sealed in batches so that nobody who pays waits for its head.

A link's digest covers the one before and every column of its postings: whoever changes, removes or adds
a sealed row breaks the link, and with it every later one that would have to be forged as well.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select, update

from groupbuy.db import chains, db
from groupbuy.db.bulk import KEYS, chunks
from groupbuy.db.chains import GENESIS, Chain, Link, digest_of
from groupbuy.db.upserts import insert_into
from groupbuy.finance.models import Posting, PostingSeal

SEAL_AFTER = timedelta(seconds=20)
MOST_AT_ONCE = 20_000

Row = tuple[Any, ...]
# What is sealed of a posting, in this order.
COLUMNS = (
    Posting.id,
    Posting.at,
    Posting.debit_account,
    Posting.credit_account,
    Posting.amount_fen,
    Posting.cause_kind,
    Posting.cause_id,
    Posting.part,
    Posting.actor,
    Posting.period,
)
_AMOUNT = COLUMNS.index(Posting.amount_fen)


def seal_due(now: datetime) -> datetime | None:
    """Return since when the oldest unsealed posting is old enough to be sealed, None while none is."""
    oldest = db.session.scalar(_unsealed().with_only_columns(Posting.at).limit(1))
    if oldest is None or now - SEAL_AFTER < oldest <= now:
        return None
    # A posting from the future was booked before the clock was set back.
    return min(oldest + SEAL_AFTER, now)


def seal(*, now: datetime) -> int:
    """Seal the postings nobody has sealed under one digest; return how many.

    A posting whose transaction commits later than its id was drawn comes into a later link. Of two
    schedulers the second finds the link's number taken and seals nothing.
    """
    last = db.session.scalar(select(PostingSeal).order_by(PostingSeal.number.desc()).limit(1))
    rows = _plain(db.session.execute(_unsealed().limit(MOST_AT_ONCE)))
    if not rows:
        return 0
    number = last.number + 1 if last else 1
    values = {
        "number": number,
        "postings": len(rows),
        "amount_fen": sum(row[_AMOUNT] for row in rows),
        "digest": digest_of(last.digest if last else GENESIS, rows),
        "sealed_at": now,
    }
    added = insert_into(PostingSeal).values(**values).on_conflict_do_nothing()
    if db.session.execute(added.returning(PostingSeal.number)).scalar() is None:
        return 0
    _mark([row[0] for row in rows], number)
    return len(rows)


def _plain(rows: Iterable[Any]) -> list[Row]:
    return [tuple(row) for row in rows]


def _mark(posting_ids: Sequence[int], number: int) -> None:
    for some in chunks(posting_ids, KEYS):
        sealed = update(Posting).where(Posting.id.in_(some)).values(seal_number=number)
        db.session.execute(sealed.execution_options(synchronize_session=False))


def find_breaks() -> tuple[int, Sequence[str]]:
    """Reckon every link anew; return how many there are and what is wrong with those that are broken."""
    seals = db.session.scalars(select(PostingSeal))
    links = {one.number: Link(one.postings, one.digest, one.amount_fen) for one in seals}
    statement = select(Posting.seal_number, *COLUMNS).where(Posting.seal_number.is_not(None))
    ordered = statement.order_by(Posting.seal_number, Posting.id)
    sealed = ordered.execution_options(yield_per=MOST_AT_ONCE)
    return len(links), chains.find_breaks(Chain("posting", "postings", Posting.id, links, sealed, _AMOUNT))


def _unsealed() -> Select[*Row]:
    return select(*COLUMNS).where(Posting.seal_number.is_(None)).order_by(Posting.id)
