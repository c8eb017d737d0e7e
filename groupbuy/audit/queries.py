"""Reading the audit log."""

from collections.abc import Sequence

from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db


def entries_of(kind: str, subject: str, *, most: int | None = None) -> Sequence[AuditEntry]:
    """Return what happened to one thing, the latest first; at most so many."""
    of_it = select(AuditEntry).where(AuditEntry.subject_kind == kind, AuditEntry.subject == subject)
    return db.session.scalars(of_it.order_by(AuditEntry.id.desc()).limit(most)).all()
