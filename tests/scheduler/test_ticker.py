"""Beats go on whatever happens to the wall clock."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from groupbuy.kernel.clock import monotonic_seconds, utc_now
from groupbuy.scheduler import ticker as module
from groupbuy.scheduler.ticker import Beat, Ticker

LONGEST = 30.0


class Counter:
    """Counts its calls and lets a test wait for the next ones."""

    def __init__(self, work: Callable[[], None] = lambda: None) -> None:
        self.calls = 0
        self._work = work
        self._called = threading.Condition()

    def __call__(self) -> None:
        with self._called:
            self.calls += 1
            self._called.notify_all()
        self._work()

    def wait_for(self, calls: int, *, seconds: float = LONGEST) -> bool:
        with self._called:
            return self._called.wait_for(lambda: self.calls >= calls, seconds)


def watch_until(ticker: Ticker, counter: Counter, calls: int) -> bool:
    """Do what the process does each second until the beats have come."""
    begun = monotonic_seconds()
    while monotonic_seconds() - begun < LONGEST:
        ticker.check()
        if counter.wait_for(calls, seconds=0.2):
            return True
    return False


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.5)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(seconds=-5)])
def test_beats_go_on_after_the_clock_was_set(jump: timedelta) -> None:
    counter = Counter()
    ticker = Ticker(Beat("count", counter))
    assert counter.wait_for(1)
    with time_machine.travel(utc_now() + jump):
        assert watch_until(ticker, counter, counter.calls + 3)
    ticker.stop()


def test_a_clock_set_back_silences_the_beats_without_the_watchdog() -> None:
    counter = Counter()
    ticker = Ticker(Beat("count", counter))
    assert counter.wait_for(1)
    with time_machine.travel(utc_now() - timedelta(hours=1)):
        counter.wait_for(counter.calls + 2, seconds=2)
        assert not counter.wait_for(counter.calls + 1, seconds=2)
        assert ticker.check()
        assert counter.wait_for(counter.calls + 1)
    ticker.stop()


def test_a_beat_that_fails_beats_again() -> None:
    def fail() -> None:
        raise ValueError("on purpose")

    counter = Counter(fail)
    ticker = Ticker(Beat("count", counter))
    assert counter.wait_for(3)
    ticker.stop()


def test_a_slow_beat_does_not_delay_the_others_and_runs_once_at_a_time() -> None:
    hurry = threading.Event()

    def dawdle() -> None:
        hurry.wait(LONGEST)

    slow, quick = Counter(dawdle), Counter()
    ticker = Ticker(Beat("slow", slow), Beat("quick", quick))
    assert quick.wait_for(4)
    assert not ticker.check()
    assert slow.calls == 1
    hurry.set()
    ticker.stop()


def test_a_beat_of_many_seconds_is_not_silent_before_they_are_over() -> None:
    rare, quick = Counter(), Counter()
    ticker = Ticker(Beat("rare", rare, every=3600), Beat("quick", quick))
    assert quick.wait_for(4)
    assert not ticker.check()
    assert rare.calls == 1
    ticker.stop()
