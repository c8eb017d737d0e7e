"""One tick: do everything that is due at a moment, each step in its own transaction."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import ticking
from groupbuy.flows.due.step import Step
from groupbuy.flows.ticking import EVERYTHING
from groupbuy.jobs import runs
from groupbuy.kernel.clock import monotonic_seconds
from groupbuy.scheduler.complaints import complain
from groupbuy.scheduler.work import Done, Handler, work_off

MOST_PASSES = 10_000
FAILED = "failed: "


class Failures:
    """Remembers which steps failed lately, so that the run log gets one line a minute, not sixty."""

    PERIOD_SECONDS = timedelta(minutes=1).total_seconds()

    def __init__(self) -> None:
        self._written: dict[tuple[str, int], float] = {}

    def is_news(self, step: Step) -> bool:
        """Tell whether a failing step should be written down again."""
        now = monotonic_seconds()
        key = (step.kind, step.ref)
        news = now - self._written.get(key, -self.PERIOD_SECONDS) >= self.PERIOD_SECONDS
        if news:
            self._written[key] = now
        return news


def run_steps(
    *, now: datetime, zone: ZoneInfo, failures: Failures, kinds: frozenset[str] = EVERYTHING
) -> Iterator[Done]:
    """Perform the steps that are due once; what others did in the meantime is left out.

    A step that fails is rolled back, logged and due again; it keeps no other from being done.
    """
    db.session.rollback()
    steps = ticking.due_steps(now=now, zone=zone, kinds=kinds)
    db.session.rollback()
    for step in steps:
        result = _perform(step, now, zone, failures)
        if result is not None:
            yield Done(step.kind, step.subject, result)


def _perform(step: Step, now: datetime, zone: ZoneInfo, failures: Failures) -> str | None:
    try:
        return in_transaction(lambda: ticking.perform(step, now=now, zone=zone))
    except Exception as error:
        complain("step_failed", error, kind=step.kind, subject=step.subject)
        text = f"{type(error).__name__}: {error}"[:500]
        if failures.is_news(step):
            with transaction():
                runs.record(
                    kind=step.kind,
                    subject=step.subject,
                    due_at=step.due_at,
                    ran_at=now,
                    result="failed",
                    detail=text,
                )
        return FAILED + text


def tick_until_idle(
    *, now: datetime, zone: ZoneInfo, handlers: Mapping[str, Handler], note: Callable[[Done], None]
) -> int:
    """Repeat steps and jobs at one moment until nothing is due; return how many things were done.

    What failed is noted too, and is left to the next tick.
    """
    total = 0
    failures = Failures()
    for _ in range(MOST_PASSES):
        steps = run_steps(now=now, zone=zone, failures=failures)
        done = [*steps, *work_off(handlers, now=lambda: now)]
        for one in done:
            note(one)
        total += len(done)
        if all(one.result.startswith(FAILED) for one in done):
            return total
    raise RuntimeError("the tick does not come to rest")
