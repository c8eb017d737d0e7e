"""Writing the audit log."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.bulk import insert_rows, table_of

SCHEDULER, COMMAND_LINE = "scheduler", "cli"
# Actors of whom nobody knows which person they are.
PROGRAMS = frozenset({SCHEDULER, COMMAND_LINE})


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


def record_many(
    entries: Iterable[tuple[str, str, Mapping[str, Any] | None, Mapping[str, Any] | None]],
    *,
    at: datetime,
    actor: str,
    subject_kind: str,
) -> None:
    """Write many changes of one kind of thing at once: verb, subject, before and after of each."""
    columns = ("verb", "subject", "before", "after", "at", "actor", "subject_kind")
    insert_rows(table_of(AuditEntry), columns, ((*entry, at, actor, subject_kind) for entry in entries))
