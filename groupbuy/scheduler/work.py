"""Jobs in hand: what each kind prepares, does outside the database, and records."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from groupbuy.db.transaction import transaction
from groupbuy.jobs import runs
from groupbuy.jobs import service as jobs
from groupbuy.jobs.service import Lease
from groupbuy.messaging.senders import Refused

log = structlog.get_logger()


class LeaseLost(Exception):
    """Say that another worker has the job by now, so what was done here is rolled back."""


@dataclass(frozen=True, slots=True)
class Done:
    """A step or job that this process has performed."""

    kind: str
    subject: str
    result: str


@dataclass(frozen=True, slots=True)
class Handler:
    """How a kind of job is done.

    ``act`` has its effect outside the database and holds no transaction; ``record`` writes the
    outcome in the transaction that also finishes the job, and returns a word for the run log.
    """

    record: Callable[[Mapping[str, Any], Any, datetime], str]
    act: Callable[[Mapping[str, Any]], Any] | None = None


def work_off(
    handlers: Mapping[str, Handler], *, now: Callable[[], datetime], most: int = 1000
) -> Iterator[Done]:
    """Do the jobs that are due, one after the other, and yield what was done or put back."""
    for _ in range(most):
        with transaction():
            lease = jobs.take(now=now())
        if lease is None:
            return
        yield Done(lease.kind, lease.key, _do(handlers[lease.kind], lease, now))


def _do(handler: Handler, lease: Lease, now: Callable[[], datetime]) -> str:
    try:
        outcome = handler.act(lease.payload) if handler.act else None
        with transaction():
            moment = now()
            result = handler.record(lease.payload, outcome, moment)
            runs.record(kind=lease.kind, subject=lease.key, due_at=lease.due_at, ran_at=moment, result=result)
            if not jobs.finish(lease, now=moment):
                raise LeaseLost(lease.key)
        return result
    except LeaseLost:
        log.warning("lease_lost", kind=lease.kind, key=lease.key)
        return "taken over by another worker"
    except Refused as error:
        return _put_back(lease, error, now(), final=True)
    except Exception as error:
        log.exception("job_failed", kind=lease.kind, key=lease.key, attempt=lease.attempts)
        return _put_back(lease, error, now(), final=False)


def _put_back(lease: Lease, error: Exception, now: datetime, *, final: bool) -> str:
    text = f"{type(error).__name__}: {error}"[:500]
    with transaction():
        if final:
            jobs.give_up(lease, error=text)
        else:
            jobs.retry_later(lease, error=text, now=now)
        runs.record(
            kind=lease.kind, subject=lease.key, due_at=lease.due_at, ran_at=now, result="failed", detail=text
        )
    return f"failed: {text}"
