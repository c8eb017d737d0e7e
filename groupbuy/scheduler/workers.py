"""Threads that do jobs, apart from the ticks: a slow mail server delays no opening and no close."""

import threading
from collections.abc import Callable, Mapping

from flask import Flask

from groupbuy.kernel.clock import utc_now
from groupbuy.scheduler.complaints import complain
from groupbuy.scheduler.keeper import Keeper
from groupbuy.scheduler.work import Done, Handler, work_off

IDLE_SECONDS = 1.0
AFTER_FAILURE_SECONDS = 3.0


class Worker(threading.Thread):
    """Does the jobs of some kinds, one after the other, until it is told to stop."""

    def __init__(
        self,
        app: Flask,
        handlers: Mapping[str, Handler],
        *,
        keeper: Keeper,
        stop: threading.Event,
        note: Callable[[Done], None],
    ) -> None:
        super().__init__(name=f"worker-{'-'.join(handlers)}", daemon=True)
        self._app = app
        self._handlers = handlers
        self._keeper = keeper
        self._stopping = stop
        self._note = note
        self._wake = threading.Event()

    def wake(self) -> None:
        """Look for jobs at once."""
        self._wake.set()

    def run(self) -> None:
        """Work until the stop; a database that is away for a while is asked again."""
        while not self._stopping.is_set():
            try:
                self._work_off()
            except Exception as error:
                complain("worker_failed", error, worker=self.name)
                self._stopping.wait(AFTER_FAILURE_SECONDS)
            self._wake.wait(IDLE_SECONDS)
            self._wake.clear()

    def _work_off(self) -> None:
        with self._app.app_context():
            for done in work_off(self._handlers, now=utc_now, hold=self._keeper.hold):
                self._note(done)
                if self._stopping.is_set():
                    return
