"""Beats: pieces of work done every so many seconds, whatever happens to the wall clock."""

import threading
from collections.abc import Callable

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from groupbuy.kernel.clock import monotonic_seconds, utc_now
from groupbuy.scheduler.complaints import complain

# So much later than due means that APScheduler waits for a moment that the wall clock had shown already.
PATIENCE_SECONDS = 2.0

log = structlog.get_logger()


class Beat:
    """One piece of work, ``every`` so many seconds.

    It never runs twice at once in this process and never ends the ticker.
    """

    def __init__(self, name: str, work: Callable[[], None], *, every: int = 1) -> None:
        self.name = name
        self.every = every
        self._work = work
        self._running = threading.Lock()
        self._ended = monotonic_seconds()

    def run(self) -> None:
        """Do the work unless it still runs; what it raises is logged, and the next beat tries again."""
        if not self._running.acquire(blocking=False):
            return
        try:
            self._work()
        except Exception as error:
            complain("beat_failed", error, beat=self.name)
        finally:
            self._ended = monotonic_seconds()
            self._running.release()

    def is_silent(self) -> bool:
        """Tell whether the beat should have run by now but has not begun."""
        late = monotonic_seconds() - self._ended - self.every
        return not self._running.locked() and late > PATIENCE_SECONDS


class Ticker:
    """Run beats by APScheduler, which plans by the wall clock, and watch over it.

    A wall clock set back by an hour would stop the beats for an hour; ``check``, called now and then,
    sees by a clock that nobody can set that they are silent, and starts them anew.
    """

    def __init__(self, *beats: Beat) -> None:
        self._beats = beats
        self._scheduler = self._start()

    def _start(self) -> BackgroundScheduler:
        scheduler = BackgroundScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(len(self._beats))},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone="UTC",
        )
        for beat in self._beats:
            scheduler.add_job(beat.run, "interval", seconds=beat.every, id=beat.name, next_run_time=utc_now())
        scheduler.start()
        return scheduler

    def check(self) -> bool:
        """Start the beats anew when one has fallen silent; tell whether that was so."""
        silent = [beat.name for beat in self._beats if beat.is_silent()]
        if silent:
            log.warning("ticker_restarted", silent=silent)
            self._scheduler.shutdown(wait=False)
            self._scheduler = self._start()
        return bool(silent)

    def stop(self) -> None:
        """Begin no beat any more and wait for those that run."""
        self._scheduler.shutdown(wait=True)
