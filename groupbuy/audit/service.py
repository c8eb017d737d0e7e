"""Writing the audit log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db

SCHEDULER = "scheduler"


def record(
    *,
    at: datetime,
    actor: str,
    verb: str,
    subject_kind: str,
    subject: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write one change of state; ``actor`` is ``account:ID``, ``cli`` or ``scheduler``.

    ``before`` and ``after`` hold what changed as plain JSON, without personal data.
    """
    row = {"at": at, "actor": actor, "verb": verb, "subject_kind": subject_kind, "subject": subject}
    db.session.execute(insert(AuditEntry).values(**row, before=before, after=after))
