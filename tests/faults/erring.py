"""T9: reading, writing and flushing fail now and then, under the workers' database and under documents."""

import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from groupbuy.app.round_folder import MANIFEST
from groupbuy.db import db
from tests.faults import filling, losing, serving
from tests.faults.books import Outcome
from tests.faults.restarting import PROPER
from tests.faults.stopping import BACK_WITHIN_SECONDS
from tests.faults.traffic import Traffic

# libfiu's libraries, which Debian's fiu-utils and fiu-run put there, and the error: EIO.
LIBRARIES = "/usr/lib/fiu/fiu_run_preload.so /usr/lib/fiu/fiu_posix_preload.so"
EIO = 5
# What the embedded database does with its files; sockets and logs use other calls.
CALLS = ("posix/io/rw/pwrite", "posix/io/sync/fdatasync", "posix/io/rw/pread", "posix/io/rw/pwrite/reduce")
FLUSHING = ("posix/io/sync/fsync", "posix/io/dir/rename")
PROBABILITY = 0.2
SECONDS = 1.5


def run(app: Flask, *, faults: int) -> Outcome:
    """Let calls of every worker fail for a while, and of who writes documents, while orders come in."""
    chance = random.Random(faults)  # noqa: S311 - a repeatable choice, no secret
    complaints: list[str] = []
    with app.app_context(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        buyers = losing.open_market()
        filling.close_a_round(app)
        db.session.remove()
        control = folder / "control"
        with serving.server(environ=_under_libfiu(control)) as port:
            traffic = Traffic(port, buyers)
            with traffic.flowing():
                for number in range(faults):
                    traffic.wait_for_more()
                    with _failing(port, control, CALLS[number % len(CALLS)]):
                        time.sleep(chance.uniform(SECONDS / 2, SECONDS))
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
