"""The chain of hashes over the audit log, sealed in batches so that nobody waits for its head."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select, update

from groupbuy.audit.models import AuditEntry, AuditSeal
from groupbuy.db import chains, db
from groupbuy.db.chains import GENESIS, Chain, Link, digest_of
from groupbuy.db.upserts import insert_into

SEAL_AFTER = timedelta(seconds=20)
MOST_AT_ONCE = 10_000

Row = tuple[Any, ...]
# What is sealed of an entry, in this order.
COLUMNS = (
    AuditEntry.id,
    AuditEntry.at,
    AuditEntry.actor,
    AuditEntry.verb,
    AuditEntry.subject_kind,
    AuditEntry.subject,
    AuditEntry.before,
    AuditEntry.after,
)


def seal_due(now: datetime) -> datetime | None:
    """Return since when the oldest unsealed entry is old enough to be sealed, None while none is."""
    oldest = db.session.scalar(_unsealed().with_only_columns(AuditEntry.at).limit(1))
    if oldest is None or now - SEAL_AFTER < oldest <= now:
        return None
    # An entry from the future was written before the clock was set back.
    return min(oldest + SEAL_AFTER, now)


def seal_entries(*, now: datetime) -> int:
    """Seal the entries nobody has sealed under one digest; return how many.

    An entry whose transaction commits later than its id was drawn comes into a later seal.
    """
    last = db.session.scalar(select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1))
    rows = db.session.execute(_unsealed().limit(MOST_AT_ONCE)).all()
    if not rows:
        return 0
    seal_id = _add_seal(
        number=last.number + 1 if last else 1,
        entries=len(rows),
        digest=digest_of(last.digest if last else GENESIS, rows),
        sealed_at=now,
    )
    if seal_id is None:
        return 0
    sealed = update(AuditEntry).where(AuditEntry.id.in_([row[0] for row in rows]))
    db.session.execute(sealed.values(seal_id=seal_id).execution_options(synchronize_session=False))
    return len(rows)


def _add_seal(**values: Any) -> int | None:
    """Add the next link; None when another scheduler has added it first, for its number is unique."""
    statement = insert_into(AuditSeal).values(**values).on_conflict_do_nothing().returning(AuditSeal.id)
    return db.session.execute(statement).scalar()


def find_breaks() -> tuple[int, Sequence[str]]:
    """Reckon every seal anew; return how many there are and what is wrong with those that are broken."""
    links = {one.number: Link(one.entries, one.digest) for one in db.session.scalars(select(AuditSeal))}
    statement = select(AuditSeal.number, *COLUMNS).join(AuditSeal, AuditSeal.id == AuditEntry.seal_id)
    ordered = statement.order_by(AuditSeal.number, AuditEntry.id)
    sealed = ordered.execution_options(yield_per=MOST_AT_ONCE)
    return len(links), chains.find_breaks(Chain("entry", "entries", AuditEntry.id, links, sealed))


def _unsealed() -> Select[Row]:
    return select(*COLUMNS).where(AuditEntry.seal_id.is_(None)).order_by(AuditEntry.id)
