"""T9: reading, writing and flushing fail now and then, under the database and under documents."""

import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy.engine import make_url

from groupbuy.app.round_folder import MANIFEST
from groupbuy.db import db
from tests.faults import filling, losing, serving
from tests.faults.books import Outcome
from tests.faults.preloading import compiled
from tests.faults.restarting import PROPER
from tests.faults.stopping import BACK_WITHIN_SECONDS
from tests.faults.traffic import Traffic
from tests.support.postgres import start_again, stop_cluster

# libfiu's libraries, which Debian's fiu-utils and fiu-run put there, and the error: EIO.
LIBRARIES = "/usr/lib/fiu/fiu_run_preload.so /usr/lib/fiu/fiu_posix_preload.so"
EIO = 5
# What the embedded database does with its files; sockets and logs use other calls.
CALLS = ("posix/io/rw/pwrite", "posix/io/sync/fdatasync", "posix/io/rw/pread", "posix/io/rw/pwrite/reduce")
FLUSHING = ("posix/io/sync/fsync", "posix/io/dir/rename")
PROBABILITY = 0.2
SECONDS = 1.5
# What PostgreSQL does with its files; a log that cannot be written or flushed ends all its processes.
SERVER_CALLS = ("write", "flush", "read", "open")
# A server that has run for a while has all its files open, and read.
ON_COLD_FILES = ("read", "open")
EIO_SENTENCE = "Input/output error"


def run(app: Flask, *, faults: int) -> Outcome:
    """Let calls under the database fail for a while, and of who writes documents, while orders come in."""
    complaints: list[str] = []
    with app.app_context(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        buyers = losing.open_market()
        filling.close_a_round(app)
        db.session.remove()
        hurt, environ = _way_of(folder)
        with serving.server(environ=environ) as port:
            traffic = Traffic(port, buyers)
            with traffic.flowing():
                for number in range(faults):
                    traffic.wait_for_more()
                    complaints += [f"fault {number}: {text}" for text in hurt(port, number)]
                    seconds = traffic.wait_for_more(1)
                    if seconds > BACK_WITHIN_SECONDS:
                        complaints.append(f"fault {number}: back after {seconds:.1f} s")
                    papers = folder / f"papers-{number}"
                    complaints += _write_in_vain(papers, FLUSHING[number % len(FLUSHING)])
                traffic.wait_for_more()
            again = traffic.repeat()
        if not traffic.statuses[503]:
            complaints.append("no call that failed was noticed")
        outcome = losing.outcome_of(app, faults, traffic, again, PROPER)
    outcome.violations += complaints
    return outcome


def _way_of(folder: Path) -> tuple[Callable[[int, int], list[str]], dict[str, str]]:
    """Return what hurts the database once, given the port and a number, and the workers' environment.

    The embedded database's files are the workers' own. PostgreSQL has names of its own that clash with
    libfiu's, so its server runs under a small library of ours instead.
    """
    if db.engine.dialect.name == "sqlite":
        control = folder / "control"
        return (lambda port, number: _hurt_workers(port, control, number)), _under_libfiu(control)
    cluster = Path(str(make_url(str(db.engine.url)).query["host"]))
    failing = cluster / "failing"
    db.engine.dispose()
    stop_cluster(cluster)
    environ = {"LD_PRELOAD": str(compiled("io_errors", cluster)), "FAILING_CALL": str(failing)}
    start_again(cluster, environ)
    return (lambda _port, number: _hurt_server(cluster, failing, number, environ)), {}


def _hurt_workers(port: int, control: Path, number: int) -> list[str]:
    with _failing(port, control, CALLS[number % len(CALLS)]):
        time.sleep(_some_time(number))
    return []


def _hurt_server(cluster: Path, failing: Path, number: int, environ: Mapping[str, str]) -> list[str]:
    """Let a call of every process of the server fail for a while; start it again if it ended by that."""
    call, log = SERVER_CALLS[number % len(SERVER_CALLS)], cluster / "log"
    said = len(log.read_bytes())
    if call in ON_COLD_FILES:
        stop_cluster(cluster)
        start_again(cluster, environ)
    failing.symlink_to(call)
    time.sleep(_some_time(number))
    failing.unlink()
    time.sleep(SECONDS)
    if not _runs(cluster):
        start_again(cluster, environ)
    return [] if EIO_SENTENCE in log.read_bytes()[said:].decode() else [f"no {call} failed"]


def _runs(cluster: Path) -> bool:
    """Tell whether the server's first process is alive."""
    try:
        os.kill(int((cluster / "data" / "postmaster.pid").read_text().split()[0]), 0)
    except (OSError, ValueError, IndexError):
        return False
    return True


def _some_time(number: int) -> float:
    return random.Random(number).uniform(SECONDS / 2, SECONDS)  # noqa: S311 - a repeatable choice, no secret


def _under_libfiu(control: Path, order: str = "") -> dict[str, str]:
    return {"LD_PRELOAD": LIBRARIES, "FIU_CTRL_FIFO": str(control), "FIU_ENABLE": order}


@contextmanager
def _failing(port: int, control: Path, call: str) -> Iterator[None]:
    """Let a call fail now and then in every worker while the block runs."""
    _tell(port, control, f"enable_random name={call},probability={PROBABILITY},failinfo={EIO}")
    try:
        yield
    finally:
        _tell(port, control, f"disable name={call}")


def _tell(port: int, control: Path, order: str) -> None:
    workers = [str(worker) for worker in serving.workers_of(port)]
    subprocess.run(["fiu-ctrl", "-f", str(control), "-c", order, *workers], check=True, capture_output=True)


def _write_in_vain(papers: Path, call: str) -> list[str]:
    """Ask for documents that cannot be flushed or named; nothing half written stays, and later it works."""
    order = f"enable name={call},failinfo={EIO}"
    done = filling.write(papers, environ=_under_libfiu(papers.with_suffix(".control"), order))
    clear = done.returncode == 1 and done.stderr.startswith("groupbuy: ")
    complaints = [] if clear else [f"{call}: {done.returncode}, {done.stderr[-300:]}"]
    complaints += [f"{path} was left" for path in papers.rglob("*.*")]
    done = filling.write(papers)
    whole = done.returncode == 0 and (papers / MANIFEST).exists()
    return complaints + ([] if whole else [f"documents later: {done.stderr[-300:]}"])
