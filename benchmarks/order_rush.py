"""The evening rush over HTTP: orders against a bare view that sells in one statement, on the same server.

Run ``benchmarks/order_rush --help``.
"""

import argparse
import csv
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import create_engine, text

from benchmarks.clients import Ask, Outcome, Request, drive, json_body
from benchmarks.commands import groupbuy
from benchmarks.databases import database
from benchmarks.made_up_week import CODE, PLACED, Size, write_files
from benchmarks.processor import postmaster_of, seconds_of

KINDS = ("suppliers", "products", "leaders", "residents", "offers")
JSON = {"Content-Type": "application/json"}
HOT = (0, 1, 2)
WARM_UP_SECONDS = 2
# A round that was closed before the rush, whose bags are handed out during it.
PICKED = "PICKED"
KEYED = "the same with a key"
SAME = "Flask view, our statement"


class Server(NamedTuple):
    """A server that is asked: its port and its first process."""

    port: int
    pid: int


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--turns", type=int, default=5, help="in how many turns that time is spent")
    parser.add_argument("--residents", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, database(chosen.database, Path(folder)) as url:
        os.environ |= {
            "GROUPBUY_DATABASE_URL": url,
            "GROUPBUY_INSTANCE": str(Path(folder) / "instance"),
            "GROUPBUY_RATE_LIMITS": "off",
            "GROUPBUY_INSECURE_HTTP": "1",
        }
        tokens = _prepare(Path(folder), chosen.residents)
        _rush(chosen, tokens, _bags(Path(folder)), postmaster_of(Path(folder) / "cluster"))


def _prepare(folder: Path, residents: int) -> Sequence[str]:
    now = datetime.now(UTC)
    opens, closes = (f"{now + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (-1, 12))
    write_files(Size(residents // 10, 1, 1, opens=opens, closes=closes), folder / "files")
    groupbuy("init-db")
    for kind in KINDS:
        groupbuy("import", kind, str(folder / "files" / f"{kind}.csv"))
    _close_a_round(folder, residents)
    return list(_tokens(folder, "resident").values())


def _close_a_round(folder: Path, residents: int) -> None:
    """Import a round that is over, with an order of two lines for each resident, and let it close."""
    now = datetime.now(UTC)
    opens, closes = (f"{now + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (-3, -2))
    placed = f"{now - timedelta(hours=2, minutes=30):%Y-%m-%dT%H:%M:%SZ}"
    files = folder / "past"
    write_files(Size(residents // 10, residents, 2 * residents, opens=opens, closes=closes), files)
    for kind in ("offers", "orders"):
        path = files / f"{kind}.csv"
        rows = path.read_text(encoding="utf-8").replace(CODE, PICKED).replace(PLACED, placed)
        path.write_text(rows, encoding="utf-8")
        groupbuy("import", kind, str(path))
    groupbuy("tick")


def _tokens(folder: Path, role: str) -> Mapping[str, str]:
    """Return a fresh token for everybody of a role, by code."""
    path = folder / f"{role}.csv"
    groupbuy("issue-token", "--all", role, "--out", str(path))
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["code"]: row["token"] for row in csv.DictReader(file)}


def _bags(folder: Path) -> Sequence[tuple[str, str]]:
    """Return the pickup code of every bag with the token of the leader who hands it out."""
    leaders = _tokens(folder, "leader")
    engine = create_engine(os.environ["GROUPBUY_DATABASE_URL"])
    asked = text(
        'SELECT o.pickup_code, l.code FROM "order" o JOIN leader l ON l.id = o.leader_id'
        " JOIN round r ON r.id = o.round_id WHERE r.name = :name ORDER BY o.id"
    )
    with engine.connect() as connection:
        return [(code, leaders[leader]) for code, leader in connection.execute(asked, {"name": PICKED})]


def _rush(
    chosen: argparse.Namespace, tokens: Sequence[str], bags: Sequence[tuple[str, str]], postmaster: int | None
) -> None:
    # The floor reads the database's address when it is imported.
    make = "from benchmarks.floor_app import make_tables; make_tables()"
    subprocess.run([sys.executable, "-c", make], check=True)
    workers = ("--workers", str(chosen.workers))
    gunicorn = ("-m", "gunicorn", "benchmarks.floor_app:app", "--worker-class", "gthread", "--threads", "8")
    flags = ("--log-level", "error", "--keep-alive", "5", "--no-control-socket", "--bind")
    serve = ("-m", "groupbuy", "serve", "--no-scheduler", *workers, "--port")
    with _server([*gunicorn, *workers, *flags], joined=True) as bare, _server(serve, joined=False) as ours:
        asks = {
            "Flask view, nothing": (bare, lambda _c, _n: ("POST", "/nothing", JSON, b"{}")),
            "Flask view, 3 lines sold": (bare, _selling),
            SAME: (bare, _selling_the_same(len(tokens))),
            "order 3 of 300 products": (ours, _ordering(tokens, range(300))),
            KEYED: (ours, _keyed(_ordering(tokens, range(300)))),
            "order the same 3 products": (ours, _ordering(tokens, HOT)),
            "read the open round": (ours, _reading(tokens)),
            "verify a pickup": (ours, _verifying(bags)),
        }
        if chosen.database == "sqlite":
            del asks[SAME]
        found = _measure(asks, chosen, postmaster)
    lines, spread = found["Flask view, 3 lines sold"], found["order 3 of 300 products"]
    same = {"our statement": found[SAME]} if SAME in found else {}
    floors = {
        "order 3 of 300 products": {**same, "3 lines": lines},
        KEYED: {"without a key": spread, **same, "3 lines": lines},
        "order the same 3 products": {"spread": spread},
    }
    for what, outcome in found.items():
        _row(what, outcome, floors.get(what, {}))


def _measure(
    asks: Mapping[str, tuple[Server, Ask]], chosen: argparse.Namespace, postmaster: int | None
) -> dict[str, Outcome]:
    """Ask all in turns, a short time each, so that a moment in which the machine is busy hits all alike."""
    found: dict[str, Outcome] = {}
    # What a server does once, connecting, planning, importing, is not what a rush waits for.
    for server, ask in asks.values():
        drive(server.port, ask, seconds=WARM_UP_SECONDS)
    for _ in range(chosen.turns):
        for what, (server, ask) in asks.items():
            outcome = _turn(server, ask, chosen.seconds / chosen.turns, postmaster)
            found[what] = found[what] + outcome if what in found else outcome
    return found


def _turn(server: Server, ask: Ask, seconds: float, postmaster: int | None) -> Outcome:
    """Ask for a time, and count what the server and the database use of the processor meanwhile."""

    def used() -> tuple[float, float]:
        return seconds_of(server.pid), seconds_of(postmaster) if postmaster else 0.0

    served, stored = used()
    outcome = drive(server.port, ask, seconds=seconds)
    served_then, stored_then = used()
    return replace(outcome, served=served_then - served, stored=stored_then - stored)


def _selling(client: int, number: int) -> Request:
    return "POST", "/sell", JSON, json_body(_products(client, number, range(300)))


def _selling_the_same(residents: int) -> Ask:
    def ask(client: int, number: int) -> Request:
        codes = [f"P{product:05}" for product in _products(client, number, range(300))]
        resident = (client * 61 + number * 32) % residents + 1
        return "POST", "/same", JSON, json_body({"round": CODE, "resident": resident, "products": codes})

    return ask


def _products(client: int, number: int, products: Sequence[int]) -> list[int]:
    """Return three different products; of the hot ones it is always all three, in any order."""
    first = client * 7 + number * 3
    return [products[(first + step * (len(products) // 3)) % len(products)] for step in range(3)]


def _ordering(tokens: Sequence[str], products: Sequence[int]) -> Ask:
    def ask(client: int, number: int) -> Request:
        token = tokens[(client * 61 + number * 32) % len(tokens)]
        lines = [
            {"product_code": f"P{product:05}", "quantity": 1}
            for product in _products(client, number, products)
        ]
        body = json_body({"round": CODE, "lines": lines})
        return "POST", "/api/v1/orders", JSON | {"Authorization": f"Bearer {token}"}, body

    return ask


def _keyed(ask: Ask) -> Ask:
    """Send a key of its own with each request, as programs do that repeat what got no answer."""

    def asking(client: int, number: int) -> Request:
        method, path, headers, body = ask(client, number)
        return method, path, {**headers, "Idempotency-Key": uuid.uuid4().hex}, body

    return asking


def _reading(tokens: Sequence[str]) -> Ask:
    def ask(client: int, number: int) -> Request:
        token = tokens[(client * 61 + number * 32) % len(tokens)]
        return "GET", f"/api/v1/rounds/{CODE}", {"Authorization": f"Bearer {token}"}, b""

    return ask


def _verifying(bags: Sequence[tuple[str, str]]) -> Ask:
    """Hand out one bag after the other, each once while there are any; 409 says that they are all gone."""
    handed = multiprocessing.get_context("fork").Value("q", 0)

    def ask(_client: int, _number: int) -> Request:
        with handed.get_lock():
            code, token = bags[handed.value % len(bags)]
            handed.value += 1
        headers = JSON | {"Authorization": f"Bearer {token}"}
        return "POST", "/api/v1/pickups/verify", headers, json_body({"code": code})

    return ask


@contextmanager
def _server(arguments: Sequence[str], *, joined: bool) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, *arguments, f"127.0.0.1:{port}" if joined else str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server does not answer")


def _row(what: str, outcome: Outcome, floors: Mapping[str, Outcome]) -> None:
    times = f"p50 {outcome.percentile(50):6.1f} ms  p99 {outcome.percentile(99):6.1f} ms"
    used = f"processor {outcome.each(outcome.served):5.2f} + {outcome.each(outcome.stored):5.2f} ms"
    ratios = "".join(f"  {outcome.rate / floor.rate:4.2f} of {name}" for name, floor in floors.items())
    # A refusal is quicker than the work: with few residents all bags are handed out before the time is over.
    refused = sum(count for status, count in outcome.statuses.items() if status >= HTTPStatus.BAD_REQUEST)
    mixed = f"  {refused / len(outcome.seconds):.0%} refused: ask for more --residents" if refused else ""
    print(
        f"  {what:28} {outcome.rate:7.0f}/s  {times}  {used}  {outcome.statuses}{ratios}{mixed}", flush=True
    )


if __name__ == "__main__":
    main()
