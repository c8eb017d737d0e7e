"""One tick: do everything that is due at a moment, each step in its own transaction."""

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import ticking
from groupbuy.flows.ticking import Step
from groupbuy.scheduler.work import Done, Handler, work_off

MOST_PASSES = 10_000


def run_steps(*, now: datetime, zone: ZoneInfo) -> list[Done]:
    """Perform the steps that are due once; what others did in the meantime is left out."""
    db.session.rollback()
    steps = ticking.due_steps(now=now, zone=zone)
    db.session.rollback()
    results = [(step, _perform(step, now, zone)) for step in steps]
    return [Done(step.kind, step.subject, result) for step, result in results if result is not None]


def _perform(step: Step, now: datetime, zone: ZoneInfo) -> str | None:
    return in_transaction(lambda: ticking.perform(step, now=now, zone=zone))


def tick_until_idle(
    *, now: datetime, zone: ZoneInfo, handlers: Mapping[str, Handler], note: Callable[[Done], None]
) -> int:
    """Repeat steps and jobs at one moment until nothing is due; return how many things were done."""
    total = 0
    for _ in range(MOST_PASSES):
        done = [*run_steps(now=now, zone=zone), *work_off(handlers, now=lambda: now)]
        if not done:
            return total
        for one in done:
            note(one)
        total += len(done)
    raise RuntimeError("the tick does not come to rest")
