"""The scheduler as one process: ticks, workers, heartbeat, and an orderly end.

Any number of these may run at once, on one machine or several.
"""

import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime

import structlog
from flask import Flask

from groupbuy.app import settings_of
from groupbuy.db.transaction import transaction
from groupbuy.flows import ticking
from groupbuy.flows.closing import CLOSE_JOB
from groupbuy.http import forgetting
from groupbuy.jobs import heartbeats
from groupbuy.kernel.clock import utc_now
from groupbuy.messaging.webhooks import WEBHOOK_JOB
from groupbuy.scheduler.keeper import Keeper
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import Failures, run_steps
from groupbuy.scheduler.ticker import Beat, Ticker
from groupbuy.scheduler.work import Done
from groupbuy.scheduler.workers import Worker

WATCH_SECONDS = 1.0
# Looking for what may wait is most of what an idle scheduler does.
PATIENT_SECONDS = 10
JOIN_SECONDS = 15.0

log = structlog.get_logger()


class SchedulerProcess:
    """All threads of one scheduler.

    Opening and closing have a beat of their own, and each kind of job a worker of its own, so that
    neither a thousand mails nor five hundred unpaid orders make a round late. What may wait is looked for
    less often.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._zone = settings_of(app).timezone
        self._holder = f"{socket.gethostname()}:{os.getpid()}"
        self._stopping = threading.Event()
        self._done = threading.Event()
        self._failures = Failures()
        self._keeper = Keeper(app, stop=self._done)
        self._workers = {
            kind: Worker(app, {kind: handler}, keeper=self._keeper, stop=self._stopping, note=self._note)
            for kind, handler in handlers_of(app).items()
        }

    def run(self, *, is_over: Callable[[float], bool]) -> None:
        """Work until ``is_over``, which waits up to so many seconds, says so; then end in order."""
        for thread in (self._keeper, *self._workers.values()):
            thread.start()
        ticker = Ticker(
            Beat("rounds", self._steps(ticking.PUNCTUAL, self._after_rounds)),
            Beat("prompt", self._steps(ticking.PROMPT, self._after_news)),
            Beat("patient", self._steps(ticking.PATIENT, self._tidy), every=PATIENT_SECONDS),
        )
        log.info("scheduler_started", holder=self._holder)
        while not is_over(WATCH_SECONDS):
            ticker.check()
        self._stopping.set()
        ticker.stop()
        for worker in self._workers.values():
            worker.wake()
        for worker in self._workers.values():
            worker.join(JOIN_SECONDS)
        self._done.set()
        self._leave()
        log.info("scheduler_stopped", holder=self._holder)

    def _steps(
        self, kinds: frozenset[str], then: Callable[[list[Done], datetime], None]
    ) -> Callable[[], None]:
        def work() -> None:
            now = utc_now()
            with self._app.app_context():
                done = list(run_steps(now=now, zone=self._zone, kinds=kinds, failures=self._failures))
                then(done, now)
            for one in done:
                self._note(one)

        return work

    def _after_rounds(self, done: list[Done], now: datetime) -> None:
        if any(one.kind == "close" for one in done):
            self._workers[CLOSE_JOB].wake()
        if heartbeats.is_due(self._holder, now=now):
            with transaction():
                heartbeats.beat(self._holder, now=now)

    def _after_news(self, done: list[Done], _: datetime) -> None:
        if any(one.kind == "announce" for one in done):
            self._workers[WEBHOOK_JOB].wake()

    def _tidy(self, _: list[Done], now: datetime) -> None:
        if heartbeats.any_old(now=now):
            with transaction():
                heartbeats.forget_old(now=now)
        if forgetting.any_old(now=now):
            with transaction():
                forgetting.forget_old(now=now)

    def _leave(self) -> None:
        with self._app.app_context(), transaction():
            heartbeats.forget(self._holder)

    def _note(self, done: Done) -> None:
        log.info("done", kind=done.kind, subject=done.subject, result=done.result)
        if done.kind == CLOSE_JOB:
            for worker in self._workers.values():
                worker.wake()
