"""The evening rush over HTTP: orders against a bare view that sells in one statement, on the same server.

Run ``benchmarks/order_rush --help``.
"""

import argparse
import csv
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.clients import Ask, Outcome, Request, drive, json_body
from benchmarks.databases import database
from benchmarks.made_up_week import CODE, Size, write_files

KINDS = ("suppliers", "products", "leaders", "residents", "offers")
JSON = {"Content-Type": "application/json"}
HOT = (0, 1, 2)


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
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
        floor = _floor(chosen)
        _rush(chosen, tokens, floor)


def _prepare(folder: Path, residents: int) -> Sequence[str]:
    now = datetime.now(UTC)
    opens, closes = (f"{now + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (-1, 12))
    write_files(Size(residents // 10, 1, 1, opens=opens, closes=closes), folder / "files")
    _groupbuy("init-db")
    for kind in KINDS:
        _groupbuy("import", kind, str(folder / "files" / f"{kind}.csv"))
    _groupbuy("issue-token", "--all", "resident", "--out", str(folder / "tokens.csv"))
    with (folder / "tokens.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row["token"] for row in csv.DictReader(file)]


def _floor(chosen: argparse.Namespace) -> Outcome:
    postgresql = chosen.database == "postgresql"
    # It reads the database's address when it is imported.
    make = "from benchmarks.floor_app import make_tables; make_tables()"
    subprocess.run([sys.executable, "-c", make], check=True)
    gunicorn = ("-m", "gunicorn", "benchmarks.floor_app:app", "--worker-class", "gthread", "--threads", "8")
    flags = ("--workers", str(chosen.workers), "--log-level", "error", "--keep-alive", "5")
    with _server([*gunicorn, *flags, "--no-control-socket", "--bind"], joined=True) as port:
        nothing = drive(port, lambda _c, _n: ("POST", "/nothing", JSON, b"{}"), seconds=chosen.seconds)
        floor = drive(port, _selling, seconds=chosen.seconds)
        same = drive(port, _selling_the_same, seconds=chosen.seconds) if postgresql else None
    _row("Flask view, nothing", nothing)
    _row("Flask view, 3 lines sold", floor)
    if same:
        _row("Flask view, our statement", same, floor, "lines sold")
    return floor


def _selling(client: int, number: int) -> Request:
    return "POST", "/sell", JSON, json_body(_products(client, number, range(300)))


def _selling_the_same(client: int, number: int) -> Request:
    codes = [f"P{product:05}" for product in _products(client, number, range(300))]
    resident = (client * 61 + number * 32) % 2000 + 1
    return "POST", "/same", JSON, json_body({"round": CODE, "resident": resident, "products": codes})


def _products(client: int, number: int, products: Sequence[int]) -> list[int]:
    """Return three different products; of the hot ones it is always all three, in any order."""
    first = client * 7 + number * 3
    return [products[(first + step * (len(products) // 3)) % len(products)] for step in range(3)]


def _rush(chosen: argparse.Namespace, tokens: Sequence[str], floor: Outcome) -> None:
    serve = ["-m", "groupbuy", "serve", "--no-scheduler", "--workers", str(chosen.workers), "--port"]
    with _server(serve, joined=False) as port:
        reading = drive(port, _reading(tokens), seconds=chosen.seconds)
        spread = drive(port, _ordering(tokens, range(300)), seconds=chosen.seconds)
        hot = drive(port, _ordering(tokens, HOT), seconds=chosen.seconds)
    _row("read the open round", reading)
    _row("order 3 of 300 products", spread, floor, "lines sold")
    _row("order the same 3 products", hot, spread, "spread orders")


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


def _reading(tokens: Sequence[str]) -> Ask:
    def ask(client: int, number: int) -> Request:
        token = tokens[(client * 61 + number * 32) % len(tokens)]
        return "GET", f"/api/v1/rounds/{CODE}", {"Authorization": f"Bearer {token}"}, b""

    return ask


@contextmanager
def _server(arguments: Sequence[str], *, joined: bool) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, *arguments, f"127.0.0.1:{port}" if joined else str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield port
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


def _groupbuy(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "groupbuy", *arguments], check=True, stdout=subprocess.DEVNULL)


def _row(what: str, outcome: Outcome, floor: Outcome | None = None, name: str = "") -> None:
    times = f"p50 {outcome.percentile(50):6.1f} ms  p99 {outcome.percentile(99):6.1f} ms"
    ratio = f"  ratio {outcome.rate / floor.rate:4.2f} of {name}" if floor else ""
    print(f"  {what:28} {outcome.rate:7.0f}/s  {times}  {outcome.statuses}{ratio}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
