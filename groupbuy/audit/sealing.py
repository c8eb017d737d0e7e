"""The chain of hashes over the audit log, sealed in batches so that nobody waits for its head."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, select, update

from groupbuy.audit.models import AuditEntry, AuditSeal
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.kernel.times import iso

SEAL_AFTER = timedelta(seconds=20)
MOST_AT_ONCE = 10_000
GENESIS = "0" * 64

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


@dataclass(frozen=True, slots=True)
class Break:
    """A seal whose entries do not give its digest any more."""

    number: int


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
        digest=_digest(last.digest if last else GENESIS, rows),
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


def find_breaks() -> list[Break]:
    """Reckon every seal anew and return those whose entries were changed, removed or added to."""
    breaks, former = [], GENESIS
    batches = groupby(_sealed_rows(), key=itemgetter(0))
    batch = next(batches, None)
    for seal in db.session.scalars(select(AuditSeal).order_by(AuditSeal.number)).all():
        rows: list[Row] = []
        if batch is not None and batch[0] == seal.number:
            rows = [row[1:] for row in batch[1]]
            batch = next(batches, None)
        if len(rows) != seal.entries or _digest(former, rows) != seal.digest:
            breaks.append(Break(seal.number))
        former = seal.digest
    return breaks


def _sealed_rows() -> Iterable[Any]:
    """Return the number of the seal and the columns of each sealed entry, by seal and entry."""
    statement = select(AuditSeal.number, *COLUMNS).join(AuditSeal, AuditSeal.id == AuditEntry.seal_id)
    ordered = statement.order_by(AuditSeal.number, AuditEntry.id)
    return db.session.execute(ordered.execution_options(yield_per=MOST_AT_ONCE))


def _unsealed() -> Select[Row]:
    return select(*COLUMNS).where(AuditEntry.seal_id.is_(None)).order_by(AuditEntry.id)


def _digest(former: str, rows: Iterable[Row]) -> str:
    digest = hashlib.sha256(former.encode())
    for entry_id, at, *rest in rows:
        text = json.dumps([entry_id, iso(at), *rest], sort_keys=True, ensure_ascii=False)
        digest.update(text.encode())
    return digest.hexdigest()
