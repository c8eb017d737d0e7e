"""The real server of the platform with several workers, and buyers who reach it over HTTP."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from groupbuy.accounts import tokens
from groupbuy.db.transaction import transaction
from groupbuy.flows.tokens import holders_of
from groupbuy.kernel.clock import utc_now
from tests import building
from tests.building import ACTOR
from tests.support.commands import ROOT

WORKERS = 3
TRIES = 10
HOUR = timedelta(hours=1)
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Answer:
    """What came back: the status 0 is no answer at all."""

    status: int
    body: str = ""

    @property
    def json(self) -> Any:
        """Return the body read as JSON."""
        return json.loads(self.body)


def add_buyers(count: int) -> list[str]:
    """Make residents of one leader; return a token for each."""
    leader = building.add_leader("L1")
    for number in range(count):
        building.add_resident(leader, f"居民{number}")
    with transaction():
        holders = holders_of("resident")
        issued = tokens.issue_many(
            holders=holders, role="resident", now=utc_now(), actor=ACTOR.name, lifetime=HOUR
        )
        return [secret for _, secret in issued]


def ask(port: int, token: str, body: Any, key: str | None = None) -> Answer:
    """Place an order on a connection of its own; no answer is one too."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Connection": "close"}
    if key is not None:
        headers["Idempotency-Key"] = key
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", "/api/v1/orders", json.dumps(body), headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read().decode())
    except (OSError, http.client.HTTPException):
        return Answer(0)
    finally:
        connection.close()


def insist(port: int, token: str, body: Any, key: str) -> Answer:
    """Ask until an answer comes; a line that is cut and a server that is busy are none."""
    for _ in range(TRIES):
        answer = ask(port, token, body, key)
        if answer.status not in (0, 503):
            return answer
        time.sleep(0.05)
    return Answer(0)


def order(round_name: str, quantities: dict[str, int]) -> dict[str, Any]:
    """Return the body of an order, its lines in the order of the quantities."""
    lines = [{"product_code": code, "quantity": quantity} for code, quantity in quantities.items()]
    return {"round": round_name, "lines": lines}


def all_at_once(works: Sequence[Callable[[], Answer]], *, threads: int = 40) -> list[Answer]:
    """Do everything in as many threads as are given; return the answers in the order of the works."""
    answers = [Answer(0)] * len(works)
    numbers = iter(range(len(works)))
    lock = threading.Lock()

    def run() -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            answers[number] = works[number]()

    crew = [threading.Thread(target=run) for _ in range(min(threads, len(works)))]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    return answers


@contextmanager
def server(
    workers: int = WORKERS, errors: IO[bytes] | None = None, environ: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run ``groupbuy serve`` on the database of the environment, its log to a file; yield its port."""
    port = free_port()
    command = [sys.executable, "-m", "groupbuy", "serve", "--no-scheduler", "--workers", str(workers)]
    changed = os.environ | {"GROUPBUY_RATE_LIMITS": "off", "GROUPBUY_INSECURE_HTTP": "1"} | (environ or {})
    process = subprocess.Popen(
        [*command, "--port", str(port)], cwd=ROOT, env=changed, stdout=subprocess.DEVNULL, stderr=errors
    )
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)


def groupbuy(*arguments: str, environ: Mapping[str, str] | None = None, check: bool = True) -> Done:
    """Run a command on the database of the environment, or of a changed one."""
    command = [sys.executable, "-m", "groupbuy", *arguments]
    changed = os.environ | (environ or {})
    return subprocess.run(command, cwd=ROOT, env=changed, capture_output=True, text=True, check=check)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until somebody listens on a port."""
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server does not answer")


def workers_of(port: int) -> list[int]:
    """Return the ids of the worker processes that serve a port: children of the process that listens."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if str(port).encode() in words and b"serve" in words and _serves(parent, port):
            found.append(int(folder.name))
    return found


def _serves(process: int, port: int) -> bool:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"serve" in words and str(port).encode() in words


def kill_one(port: int, number: int) -> bool:
    """Kill one of the workers as kill -9 does; False when there is none at this moment."""
    workers = workers_of(port)
    if not workers:
        return False
    os.kill(workers[number % len(workers)], signal.SIGKILL)
    return True
