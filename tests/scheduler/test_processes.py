"""The processes: they start, say what is wrong, live and die together."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from flask import Flask

from groupbuy.app.factory import create_app
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import Window
from groupbuy.config import load_settings
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.jobs import heartbeats
from groupbuy.kernel.clock import utc_now
from groupbuy.scheduler.process import SchedulerProcess
from tests import building
from tests.support.commands import COMMAND, Run
from tests.support.guards import Mailbox

PATIENCE = 90


def wait_for(condition: Callable[[], bool]) -> bool:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.1)
    return False


def ticks() -> bool:
    db.session.rollback()
    return heartbeats.last_beat() is not None


def state_of(round_: Round) -> str:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Round, round_.id).state


def is_gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True


def children(process: int) -> list[int]:
    lines = [path.read_text().split() for path in Path("/proc").glob("[0-9]*/stat")]
    return [int(line[0]) for line in lines if line[3] == str(process)]


@contextmanager
def started(environ: Mapping[str, str], log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        command = [*COMMAND, *arguments]
        process = subprocess.Popen(command, env=environ, stdout=output, stderr=output, process_group=0)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def running(app: Flask) -> Iterator[None]:
    """Run a whole scheduler in threads of this process."""
    over = threading.Event()
    thread = threading.Thread(target=SchedulerProcess(app).run, kwargs={"is_over": over.wait})
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def scheduler_in(log: Path) -> int:
    return int(log.read_text().rpartition("holder=")[2].split(":")[1].split()[0])


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_scheduler_is_kept_alive_and_ends_with_the_server(
    app: Flask, command_environ: Mapping[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with started(command_environ, log, "serve", "--port", "0") as server:
        assert wait_for(ticks), log.read_text()
        address = log.read_text().splitlines()[0].removeprefix("Open ")
        with pytest.raises(HTTPError):
            urlopen(f"{address}/no/such/page")  # noqa: S310 - our own address
        former = scheduler_in(log)
        os.kill(former, signal.SIGKILL)
        assert wait_for(lambda: scheduler_in(log) != former)
        processes = children(server.pid)
        server.send_signal(signal.SIGTERM)
        assert wait_for(lambda: all(map(is_gone, processes))), log.read_text()
        assert server.wait(PATIENCE) == 0
    assert len(processes) == 2


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_ctrl_c_ends_server_and_scheduler_without_a_complaint(
    app: Flask, command_environ: Mapping[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with started(command_environ, log, "serve", "--port", "0") as server:
        assert wait_for(lambda: len(children(server.pid)) == 2), log.read_text()
        processes = children(server.pid)
        # A terminal tells the whole group, here while the scheduler may still be starting.
        os.killpg(server.pid, signal.SIGINT)
        assert wait_for(lambda: all(map(is_gone, processes))), log.read_text()
        assert server.wait(PATIENCE) == 0
    assert not [word for word in ("Traceback", "SIGQUIT", "SIGINT", "warning") if word in log.read_text()]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_killed_server_takes_its_scheduler_with_it(
    app: Flask, command_environ: Mapping[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with started(command_environ, log, "serve", "--port", "0") as server:
        assert wait_for(ticks), log.read_text()
        processes = children(server.pid)
        server.kill()
        assert wait_for(lambda: all(map(is_gone, processes))), log.read_text()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_port_that_is_taken_is_said(app: Flask, cli_runner: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = cli_runner("serve", "--port", taken.getsockname()[1], check=False)
    assert result.exit_code == 1
    assert "Choose another with --port." in result.stderr


@pytest.mark.parametrize("command", ["serve", "scheduler", "audit"])
def test_a_database_without_tables_is_said(empty_database_url: str, cli_runner: Run, command: str) -> None:
    result = cli_runner(command, check=False, GROUPBUY_DATABASE_URL=empty_database_url)
    assert result.exit_code == 1
    assert result.stderr == "groupbuy: The database has no tables of this version. Run: groupbuy init-db\n"


def test_a_scheduler_opens_and_closes_by_the_clock_and_leaves_no_heartbeat(app: Flask) -> None:
    with running(app):
        assert wait_for(ticks)
        round_ = building.add_round([building.add_product(building.add_supplier())], window=around_now())
        assert wait_for(lambda: state_of(round_) == "open")
        cut_off_now(round_)
        assert wait_for(lambda: state_of(round_) == "closed")
    assert not ticks()


def around_now() -> Window:
    now = utc_now()
    return Window(now - timedelta(hours=1), now + timedelta(hours=1), building.PICKUP)


def cut_off_now(round_: Round) -> None:
    with transaction():
        lifecycle.change_cutoff(name=round_.name, closes_at=utc_now(), now=utc_now(), actor="test")


def test_a_mail_server_that_does_not_answer_delays_no_close(
    environment: Mapping[str, str], app: Flask, mailbox: Mailbox
) -> None:
    supplier = building.add_supplier(email="s@example.com")
    first = building.add_round([building.add_product(supplier)], window=around_now())
    building.place(first, building.add_resident(building.add_leader()), {"P1": 1}, now=utc_now())
    other = building.add_product(building.add_supplier("S2"), "P2")
    second = building.add_round([other], "C2", window=around_now())
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(PATIENCE)
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        slow = create_app(load_settings({**environment, "GROUPBUY_SMTP_URL": url}))
        with running(slow):
            cut_off_now(first)
            connection, _ = silent.accept()
            cut_off_now(second)
            assert wait_for(lambda: state_of(second) == "closed")
            connection.close()
    with slow.app_context():
        db.engine.dispose()
