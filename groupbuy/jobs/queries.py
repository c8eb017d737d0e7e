"""Reading jobs, for operators."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select

from groupbuy.db import db
from groupbuy.jobs.models import Job

STATES = ("queued", "done", "failed", "unknown")
FAILED = ("failed", "unknown")
NOT_DONE = ("queued", *FAILED)


def list_jobs(*, states: Sequence[str], most: int) -> Sequence[Job]:
    """Return jobs in some states, the oldest first."""
    return db.session.scalars(select(Job).where(Job.state.in_(states)).order_by(Job.id).limit(most)).all()


def jobs_of(keys: Collection[str]) -> Mapping[str, Job]:
    """Return jobs by their keys, which are those of what they send."""
    return {job.key: job for job in db.session.scalars(select(Job).where(Job.key.in_(keys)))}


def find_job(job_id: int) -> Job | None:
    """Return a job."""
    return db.session.get(Job, job_id)


def failed_ids() -> Sequence[int]:
    """Return the numbers of the jobs that wait for a person."""
    return db.session.scalars(select(Job.id).where(Job.state.in_(FAILED)).order_by(Job.id)).all()
