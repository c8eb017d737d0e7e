"""Queueing work, taking it by a lease, finishing it under that lease."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, update

from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.jobs.models import Job
from groupbuy.kernel import ids

# A job whose worker was killed is taken up again after this time; a living worker renews its lease.
LEASE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Patience:
    """How a kind of job is tried again: delays double from ``first`` to ``longest``.

    After ``attempts`` it is failed and waits for a person; None tries for ever.
    """

    first: timedelta = timedelta(seconds=15)
    longest: timedelta = timedelta(hours=6)
    attempts: int | None = 12

    def is_over(self, attempts: int) -> bool:
        """Tell whether the last attempt has been made."""
        return self.attempts is not None and attempts >= self.attempts


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
        db.session.execute(insert_into(Job).on_conflict_do_nothing(), rows)


def enqueue(*, kind: str, key: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Queue one job due now, unless the same one is there already."""
    enqueue_many([(kind, key, payload)], now=now)


def enqueue_again(*, kind: str, key: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Queue one job due now, also when it is over; one that is in hand goes on."""
    enqueue(kind=kind, key=key, payload=payload, now=now)
    free = or_(Job.state != "queued", Job.lease_until.is_(None), Job.lease_until <= now)
    again: dict[str, Any] = {"state": "queued", "run_at": now, "attempts": 0, "last_error": None}
    statement = update(Job).where(Job.kind == kind, Job.key == key, free)
    db.session.execute(statement.values(payload=dict(payload), **again))


def any_due(*, now: datetime, kinds: Mapping[str, Patience]) -> bool:
    """Tell whether a job of these kinds could be taken; locks nothing."""
    return db.session.scalar(select(Job.id).where(*_due(now, kinds)).limit(1)) is not None


def take(*, now: datetime, kinds: Mapping[str, Patience]) -> Lease | None:
    """Take the job of these kinds that is due longest under a fresh lease, or return None."""
    due = (
        select(Job.id)
        .where(*_due(now, kinds))
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


def _due(now: datetime, kinds: Mapping[str, Patience]) -> tuple[ColumnElement[bool], ...]:
    """Return what makes a job due.

    A moment further ahead than this module ever writes comes from a clock that has been set back
    since; it must not hold a job up. A job that has not failed yet is due whatever the clock said when
    it was queued. Clocks of several machines may differ by a little less than a lease.
    """
    ripe = or_(Job.run_at <= now, Job.attempts == 0, Job.last_error.is_(None))
    # Joined to nothing, so that SQLite walks the index of what is due, and does not gather and sort all
    # jobs of a kind to take one.
    name = Job.kind.concat("")
    of_kind = [
        and_(name == kind, or_(ripe, Job.run_at > now + patience.longest + LEASE))
        for kind, patience in kinds.items()
    ]
    free = or_(Job.lease_until.is_(None), Job.lease_until <= now, Job.lease_until > now + 2 * LEASE)
    return Job.state == "queued", or_(false(), *of_kind), free


def renew(lease: Lease, *, now: datetime) -> bool:
    """Hold a job for another while; False means that somebody else has it now."""
    renewed = db.session.execute(
        update(Job)
        .where(*_mine(lease))
        .values(lease_until=now + LEASE)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    return renewed.scalar() is not None


def finish(lease: Lease, *, now: datetime) -> bool:
    """Mark the job done if the lease still holds; False means that somebody else has it now."""
    return _release(lease, state="done", done_at=now, last_error=None)


def retry_later(lease: Lease, *, error: str, now: datetime, patience: Patience) -> bool:
    """Put the job back with a growing delay."""
    # Doubling stops early, so that no number of attempts overflows.
    delay = min(patience.first * 2 ** min(lease.attempts - 1, 20), patience.longest)
    return _release(lease, run_at=now + delay, last_error=error)


def postpone(lease: Lease, *, until: datetime, why: str) -> bool:
    """Put the job back until a moment; it must not lie further ahead than the kind's longest delay."""
    return _release(lease, run_at=until, last_error=why)


def give_up(lease: Lease, *, error: str) -> bool:
    """Mark the job failed: trying again cannot help, or has not helped."""
    return _release(lease, state="failed", last_error=error)


def _release(lease: Lease, **values: Any) -> bool:
    done = db.session.execute(
        update(Job)
        .where(*_mine(lease))
        .values(lease=None, lease_until=None, **values)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    return done.scalar() is not None


def _mine(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    return Job.id == lease.job_id, Job.lease == lease.token, Job.state == "queued"


def find(*, kind: str, key: str) -> Job | None:
    """Return the job that was queued under a key."""
    return db.session.scalar(select(Job).where(Job.kind == kind, Job.key == key))


def lock(*, kind: str, key: str) -> Job | None:
    """Return the job that was queued under a key, which nobody can take until the transaction ends."""
    chosen = select(Job).where(Job.kind == kind, Job.key == key).with_for_update()
    return db.session.scalar(chosen.execution_options(populate_existing=True))


def withdraw(*, kind: str, key: str) -> bool:
    """Give up a job that is in nobody's hands or has failed; False when its effect may be there."""
    free = and_(Job.state == "queued", Job.lease.is_(None))
    given_up = db.session.execute(
        update(Job)
        .where(Job.kind == kind, Job.key == key, or_(free, Job.state == "failed"))
        .values(state="failed", last_error="withdrawn")
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    return given_up.scalar() is not None


def retry_now(*, job_id: int, now: datetime, waiting_too: bool = False) -> bool:
    """Queue a failed job again, or one that waits for its next try; False when it is not so or in hand."""
    failed = Job.state.in_(("failed", "unknown"))
    waits = and_(Job.state == "queued", or_(Job.lease_until.is_(None), Job.lease_until <= now))
    again = db.session.execute(
        update(Job)
        .where(Job.id == job_id, or_(failed, waits) if waiting_too else failed)
        .values(state="queued", run_at=now, attempts=0)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    return again.scalar() is not None
