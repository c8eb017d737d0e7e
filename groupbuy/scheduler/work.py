"""Jobs in hand: what each kind prepares, does outside the database, and records."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.jobs import runs
from groupbuy.jobs import service as jobs
from groupbuy.jobs.service import Lease, Patience
from groupbuy.messaging.senders import Refused
from groupbuy.scheduler.complaints import complain

USUAL = Patience()

log = structlog.get_logger()


class LeaseLost(Exception):
    """Say that another worker has the job by now, so what was done here is rolled back."""


class Postponed(Exception):
    """Say that a job may not be done before a moment."""

    def __init__(self, until: datetime, why: str) -> None:
        super().__init__(why)
        self.until = until


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
    outcome in the transaction that also finishes the job, and returns a word for the run log;
    ``give_up`` notes that the job has failed for good.
    """

    record: Callable[[Mapping[str, Any], Any, datetime], str]
    act: Callable[[Mapping[str, Any]], Any] | None = None
    patience: Patience = USUAL
    give_up: Callable[[Mapping[str, Any], str], None] | None = None


Hold = Callable[[Lease], AbstractContextManager[None]]


def _let_run_out(_: Lease) -> AbstractContextManager[None]:
    return nullcontext()


def work_off(
    handlers: Mapping[str, Handler],
    *,
    now: Callable[[], datetime],
    hold: Hold = _let_run_out,
    most: int = 1000,
) -> Iterator[Done]:
    """Do the jobs that are due, one after the other, and yield what was done or put back.

    ``hold`` keeps a job's lease from running out while its block runs.
    """
    for _ in range(most):
        lease = _take(handlers, now())
        if lease is None:
            return
        with hold(lease):
            result = _do(handlers[lease.kind], lease, now)
        yield Done(lease.kind, lease.key, result)


def _take(handlers: Mapping[str, Handler], now: datetime) -> Lease | None:
    # Looking first keeps the one writer of the embedded database free while there is nothing to do.
    db.session.rollback()
    kinds = {kind: handler.patience for kind, handler in handlers.items()}
    if not jobs.any_due(now=now, kinds=kinds):
        return None
    with transaction():
        return jobs.take(now=now, kinds=kinds)


def _do(handler: Handler, lease: Lease, now: Callable[[], datetime]) -> str:
    try:
        outcome = handler.act(lease.payload) if handler.act else None
        with transaction():
            begun = now()
            result = handler.record(lease.payload, outcome, begun)
            runs.record(
                kind=lease.kind,
                subject=lease.key,
                due_at=lease.due_at,
                ran_at=begun,
                finished_at=now(),
                result=result,
            )
            if not jobs.finish(lease, now=begun):
                raise LeaseLost(lease.key)
        return result
    except LeaseLost:
        log.warning("lease_lost", kind=lease.kind, key=lease.key)
        return "taken over by another worker"
    except Postponed as error:
        with transaction():
            jobs.postpone(lease, until=error.until, why=str(error))
        return f"waits: {error}"
    except Refused as error:
        return _put_back(handler, lease, error, now(), final=True)
    except Exception as error:
        complain("job_failed", error, kind=lease.kind, key=lease.key, attempt=lease.attempts)
        return _put_back(handler, lease, error, now(), final=handler.patience.is_over(lease.attempts))


def _put_back(handler: Handler, lease: Lease, error: Exception, now: datetime, *, final: bool) -> str:
    text = f"{type(error).__name__}: {error}"[:500]
    with transaction():
        if not final:
            jobs.retry_later(lease, error=text, now=now, patience=handler.patience)
        elif jobs.give_up(lease, error=text) and handler.give_up:
            handler.give_up(lease.payload, text)
        runs.record(
            kind=lease.kind, subject=lease.key, due_at=lease.due_at, ran_at=now, result="failed", detail=text
        )
    return f"failed: {text}"
