"""The log of what the scheduler did, for operators to read."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from groupbuy.db import db
from groupbuy.jobs.models import RunEntry


def record(
    *,
    kind: str,
    subject: str,
    due_at: datetime,
    ran_at: datetime,
    result: str,
    finished_at: datetime | None = None,
    detail: str | None = None,
) -> None:
    """Write that something ran, when it was due and how it ended; a short deed ends when it began."""
    entry = RunEntry(
        kind=kind,
        subject=subject,
        due_at=due_at,
        ran_at=ran_at,
        finished_at=finished_at or ran_at,
        result=result,
        detail=detail,
    )
    db.session.add(entry)
    db.session.flush()


def recent(*, most: int = 100, failed: bool = False) -> Sequence[RunEntry]:
    """Return the newest runs first, all or only those that failed."""
    statement = select(RunEntry).order_by(RunEntry.id.desc()).limit(most)
    return db.session.scalars(statement.where(RunEntry.result == "failed") if failed else statement).all()
