"""The chain of hashes over the audit log, sealed in batches so that nobody waits for its head."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select, update

from groupbuy.audit.models import AuditEntry, AuditSeal
from groupbuy.db import db
from groupbuy.kernel.times import iso

SEAL_AFTER = timedelta(seconds=20)
MOST_AT_ONCE = 10_000
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Break:
    """A seal whose entries do not give its digest any more."""

    number: int


def unsealed_since(now: datetime) -> datetime | None:
    """Return when the oldest unsealed entry was written, if it is old enough to be sealed."""
    oldest = db.session.scalar(_unsealed().with_only_columns(AuditEntry.at).limit(1))
    return oldest if oldest is not None and oldest <= now - SEAL_AFTER else None


def seal_entries(*, now: datetime) -> int:
    """Seal the entries nobody has sealed under one digest; return how many.

    An entry whose transaction commits later than its id was drawn comes into a later seal.
    """
    last = db.session.scalar(select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1))
    entries = db.session.scalars(_unsealed().limit(MOST_AT_ONCE)).all()
    if not entries:
        return 0
    # Two schedulers cannot both add the next link: its number is unique.
    seal = AuditSeal(
        number=last.number + 1 if last else 1,
        entries=len(entries),
        digest=_digest(last.digest if last else GENESIS, entries),
        sealed_at=now,
    )
    db.session.add(seal)
    db.session.flush()
    sealed = update(AuditEntry).where(AuditEntry.id.in_([entry.id for entry in entries]))
    db.session.execute(sealed.values(seal_id=seal.id).execution_options(synchronize_session=False))
    return len(entries)


def find_breaks() -> list[Break]:
    """Reckon every seal anew and return those whose entries were changed, removed or added to."""
    breaks, former = [], GENESIS
    for seal in db.session.scalars(select(AuditSeal).order_by(AuditSeal.number)).all():
        mine = select(AuditEntry).where(AuditEntry.seal_id == seal.id).order_by(AuditEntry.id)
        entries = db.session.scalars(mine.execution_options(populate_existing=True)).all()
        if len(entries) != seal.entries or _digest(former, entries) != seal.digest:
            breaks.append(Break(seal.number))
        former = seal.digest
    return breaks


def _unsealed() -> Select[AuditEntry]:
    return select(AuditEntry).where(AuditEntry.seal_id.is_(None)).order_by(AuditEntry.id)


def _digest(former: str, entries: Iterable[AuditEntry]) -> str:
    digest = hashlib.sha256(former.encode())
    for entry in entries:
        row = [entry.id, iso(entry.at), entry.actor, entry.verb, entry.subject_kind, entry.subject]
        text = json.dumps([*row, entry.before, entry.after], sort_keys=True, ensure_ascii=False)
        digest.update(text.encode())
    return digest.hexdigest()
