"""Jobs are taken by one worker at a time, whatever the clock says, and finished under its lease."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.jobs import queries, runs, service
from groupbuy.jobs.models import Job
from groupbuy.jobs.service import LEASE, Lease, Patience
from groupbuy.messaging.senders import Refused
from groupbuy.scheduler.keeper import Keeper
from groupbuy.scheduler.work import Done, Handler, work_off
from tests.support.commands import Run

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
KINDS = {"test": Patience()}


def queue(count: int = 1, now: datetime = NOW) -> None:
    with transaction():
        service.enqueue_many([("test", f"job {i}", {"number": i}) for i in range(count)], now=now)


def take(now: datetime = NOW) -> Lease | None:
    with transaction():
        return service.take(now=now, kinds=KINDS)


def take_one(now: datetime = NOW) -> Lease:
    lease = take(now)
    assert lease is not None
    return lease


def states() -> list[str]:
    db.session.rollback()
    db.session.expire_all()
    return [job.state for job in queries.list_jobs(states=queries.STATES, most=100)]


def work(handler: Handler, now: datetime = NOW) -> list[Done]:
    return list(work_off({"test": handler}, now=lambda: now))


def test_the_same_job_is_queued_once(app: Flask) -> None:
    queue(2)
    queue(3)
    assert states() == ["queued"] * 3


def test_many_workers_take_each_job_once(app: Flask) -> None:
    queue(60)
    done: list[int] = []

    def work_in_thread() -> None:
        with app.app_context():
            handler = Handler(record=lambda payload, _, __: done.append(payload["number"]) or "done")
            list(work_off({"test": handler}, now=lambda: NOW))

    threads = [threading.Thread(target=work_in_thread) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(60))
    assert states() == ["done"] * 60


def test_a_leased_job_is_left_alone_until_its_lease_has_run_out(app: Flask) -> None:
    queue()
    take_one()
    assert take(NOW + LEASE / 2) is None
    assert take_one(NOW + LEASE).attempts == 2


def test_a_lease_that_has_run_out_cannot_finish_the_job(app: Flask) -> None:
    queue()
    former = take_one()
    latter = take_one(NOW + LEASE)
    with transaction():
        assert not service.finish(former, now=NOW)
        assert service.finish(latter, now=NOW)


def test_work_done_under_a_lost_lease_is_rolled_back(app: Flask) -> None:
    queue()

    def lose_the_lease(*_: object) -> str:
        db.session.execute(db.update(Job).values(lease="somebody else's"))
        runs.record(kind="test", subject="effect", due_at=NOW, ran_at=NOW, result="done")
        return "done"

    done = work(Handler(record=lose_the_lease))
    assert [one.result for one in done] == ["taken over by another worker"]
    assert runs.recent() == []


def test_a_living_worker_keeps_its_lease(app: Flask) -> None:
    queue()
    keeper = Keeper(app, stop=threading.Event())
    begun = datetime.now(UTC)
    lease = take_one(begun - LEASE)
    with keeper.hold(lease):
        keeper.renew()
    assert take(begun) is None
    assert take(datetime.now(UTC) + LEASE) is not None


@pytest.mark.parametrize("jump", [HOUR, 48 * HOUR])
def test_a_clock_set_back_holds_up_no_new_job(app: Flask, jump: timedelta) -> None:
    queue(now=NOW + jump)
    assert take() is not None


def test_a_clock_set_back_holds_up_no_job_whose_worker_was_killed(app: Flask) -> None:
    queue(now=NOW + HOUR)
    take_one(NOW + HOUR)
    assert take() is not None


def test_a_clock_set_back_holds_up_no_job_that_failed(app: Flask) -> None:
    queue()
    patience = Patience(first=timedelta(seconds=1), longest=timedelta(seconds=30))
    handler = Handler(record=nothing, act=fail, patience=patience)
    work(handler, NOW + HOUR)
    assert len(work(handler)) == 1


def fail(_: object) -> Iterator[None]:
    raise OSError("no answer")


def refuse(_: object) -> Iterator[None]:
    raise Refused("550 no such box")


def nothing(*_: object) -> str:
    return "done"


def test_a_failed_job_is_tried_later_and_later_and_then_waits_for_a_person(app: Flask) -> None:
    queue()
    patience = Patience(first=timedelta(seconds=10), longest=timedelta(seconds=15), attempts=3)
    handler = Handler(record=nothing, act=fail, patience=patience)
    now, tried = NOW, []
    for _ in range(60):
        if work(handler, now):
            tried.append((now - NOW).total_seconds())
        now += timedelta(seconds=5)
    assert tried == [0, 10, 25]
    assert states() == ["failed"]


def test_a_refused_job_is_not_tried_again(app: Flask) -> None:
    queue()
    assert len(work(Handler(record=nothing, act=refuse))) == 1
    assert states() == ["failed"]
    assert [(run.result, run.detail) for run in runs.recent()] == [("failed", "Refused: 550 no such box")]


def test_a_failed_job_is_retried_from_the_command_line(app: Flask, cli_runner: Run) -> None:
    queue(2)
    work(Handler(record=nothing, act=refuse))
    (first, _) = cli_runner("jobs", "list", "--json").json
    cli_runner("jobs", "retry", first["id"])
    assert states() == ["queued", "failed"]
    cli_runner("jobs", "retry", "--all-failed")
    assert states() == ["queued", "queued"]
    assert cli_runner("jobs", "retry", first["id"], check=False).exit_code == 1
    assert "no answer" not in cli_runner("runs").stdout
    assert [run["result"] for run in cli_runner("runs", "--failed", "--json").json] == ["failed"] * 2
