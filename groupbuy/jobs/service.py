"""Queueing work, taking it by a lease, finishing it under that lease."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from groupbuy.db import db
from groupbuy.jobs.models import Job
from groupbuy.kernel import ids

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 12
FIRST_DELAY = timedelta(seconds=15)
LONGEST_DELAY = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Lease:
    """A job in hand; only the holder of ``token`` may finish it."""

    job_id: int
    kind: str
    key: str
    payload: dict[str, Any]
    attempts: int
    due_at: datetime
    token: str


def enqueue_many(jobs: Iterable[tuple[str, str, Mapping[str, Any]]], *, now: datetime) -> None:
    """Queue (kind, key, payload) rows due now; one that is there already stays as it is."""
    rows = [
        {"kind": kind, "key": key, "payload": dict(payload), "state": "queued", "run_at": now, "attempts": 0}
        | {"created_at": now}
        for kind, key, payload in jobs
    ]
    if rows:
        insert = sqlite_insert if db.session.get_bind().dialect.name == "sqlite" else postgresql_insert
        db.session.execute(insert(Job).on_conflict_do_nothing(), rows)


def enqueue(*, kind: str, key: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Queue one job due now, unless the same one is there already."""
    enqueue_many([(kind, key, payload)], now=now)


def take(*, now: datetime) -> Lease | None:
    """Take the job that is due longest under a fresh lease of 60 s, or return None."""
    due = (
        select(Job.id)
        .where(Job.state == "queued", Job.run_at <= now)
        .where((Job.lease_until.is_(None)) | (Job.lease_until <= now))
        .order_by(Job.run_at, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    token = ids.token()
    row = db.session.execute(
        update(Job)
        .where(Job.id == due)
        .values(lease=token, lease_until=now + LEASE, attempts=Job.attempts + 1)
        .returning(Job.id, Job.kind, Job.key, Job.payload, Job.attempts, Job.run_at)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return None
    return Lease(row.id, row.kind, row.key, row.payload, row.attempts, row.run_at, token)


def finish(lease: Lease, *, now: datetime) -> bool:
    """Mark the job done if the lease still holds; False means that somebody else has it now."""
    return _release(lease, state="done", done_at=now, last_error=None)


def retry_later(lease: Lease, *, error: str, now: datetime) -> bool:
    """Put the job back with a growing delay, or mark it failed after the last attempt."""
    if lease.attempts >= MAX_ATTEMPTS:
        return _release(lease, state="failed", last_error=error)
    delay = min(FIRST_DELAY * 2 ** (lease.attempts - 1), LONGEST_DELAY)
    return _release(lease, run_at=now + delay, last_error=error)


def give_up(lease: Lease, *, error: str) -> bool:
    """Mark the job failed: trying again cannot help."""
    return _release(lease, state="failed", last_error=error)


def _release(lease: Lease, **values: Any) -> bool:
    done = db.session.execute(
        update(Job)
        .where(Job.id == lease.job_id, Job.lease == lease.token, Job.state == "queued")
        .values(lease=None, lease_until=None, **values)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    return done.scalar() is not None


def retry_now(*, job_id: int, now: datetime) -> bool:
    """Queue a failed job again; False when it is not failed."""
    again = db.session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state.in_(("failed", "unknown")))
        .values(state="queued", run_at=now, attempts=0)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    return again.scalar() is not None
