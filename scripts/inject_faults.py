"""Inject faults at the size of the continuous integration, or with --full at full size, on both databases.

Kinds: T1 many buyers at once over HTTP, T2 orders while closing, T3 death at every database event, T4
kill -9 of schedulers and buyers, T4W of web workers, T5 the database stopped or killed, T5W the same over
HTTP, T6 calls of a payment channel shuffled, late, forged and old, T7 the wall clock set (needs a C
compiler), T8 disks full or read-only (needs root), T9 I/O errors (needs libfiu and a C compiler), T10
halted past the lease, T12 answers lost on the way, T13 the model, T13M the model of all money, T15 a
backup under load, restored and audited, T16 migrations on a database in use, T17 an evening with a fault
every few seconds (needs a C compiler).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.faults.books import Outcome  # noqa: E402 - found by the line above
from tests.support import disks  # noqa: E402 - as above
from tests.support.ending import end_in_order  # noqa: E402 - as above
from tests.support.postgres import postgres_programs, start_cluster, stop_cluster  # noqa: E402
from tests.support.run_folder import folder_of_process  # noqa: E402 - as above

# Sizes: continuous integration, full. T3's is a stride: 1 is every database event.
SIZES = {"T1": (20, 500), "T4W": (10, 500), "T12": (600, 50_000)}
SIZES |= {"T2": (8, 1000), "T3": (23, 1), "T4": (20, 2000), "T5": (3, 100), "T7": (2, 60), "T10": (2, 200)}
SIZES |= {"T6": (200, 10_000), "T8": (5, 30), "T9": (2, 20)}
SIZES |= {"T5W": (3, 100), "T13": (12, 10_000), "T13M": (4, 400), "T15": (1, 20), "T16": (1, 5)}
SIZES |= {"T17": (6, 180)}
# SQLite has no server to stop; a wall clock is the same for both.
ONLY = {"T5": "postgresql", "T5W": "postgresql", "T7": "sqlite"}
DATABASES = ("sqlite", "postgresql")
PREFIX = "groupbuy-faults-"
DISKS = ("database", "documents", "logs")
DISK_MB = 256


def main() -> int:
    """Run the kinds that are asked for; 1 when anything was lost, doubled or out of balance."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="T", help=f"some of {', '.join(SIZES)}")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--size", type=int, help="another size, for all kinds named")
    parser.add_argument("--database", choices=DATABASES, action="append", help="only this one")
    options = parser.parse_args()
    if unknown := set(options.kinds) - set(SIZES):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    end_in_order()
    total = Outcome()
    for name in options.kinds or SIZES:
        for kind in options.database or DATABASES:
            if ONLY.get(name, kind) == kind:
                total += _inject(name, options.size or SIZES[name][options.full], kind)
    print(f"all: {total}")
    return 0 if total.clean else 1


def _inject(name: str, size: int, kind: str) -> Outcome:
    if missing := _missing(name):
        print(f"{name} LEFT OUT: {missing}", flush=True)
        return Outcome()
    with _database(kind, apart=name == "T8") as environ:
        said = _run([sys.executable, "-m", "tests.faults", name, str(size)], environ)
    if not said:
        raise SystemExit(f"{name} on {kind} ended with no result")
    outcome = Outcome(**json.loads(said.splitlines()[-1]))
    print(f"{name} {kind}: {outcome}", flush=True)
    for complaint in (*outcome.lost, *outcome.doubled, *outcome.violations):
        print(f"    {complaint}", flush=True)
    return outcome


def _missing(name: str) -> str | None:
    """Return what this machine lacks for a kind."""
    if name in ("T7", "T9", "T17") and shutil.which("cc") is None:
        return "this machine has no C compiler"
    if name == "T9" and shutil.which("fiu-ctrl") is None:
        return "this machine has no libfiu (Debian's fiu-utils)"
    if name == "T8" and not disks.can_mount():
        return "small disks cannot be mounted here; only root can"
    return None


def _run(command: list[str], environ: dict[str, str]) -> str:
    """Run a command and return what it says; it ends in order when we are told to end."""
    with subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            return process.communicate()[0]
        except BaseException:
            process.terminate()
            raise


@contextmanager
def _database(kind: str, *, apart: bool) -> Iterator[dict[str, str]]:
    """Yield the environment of a fresh database; PostgreSQL with its default durability.

    With ``apart`` the database, documents and logs have small disks of their own.
    """
    folder = folder_of_process(PREFIX, _remove)
    environ = {key: text for key, text in os.environ.items() if not key.startswith("GROUPBUY_")}
    environ |= {"GROUPBUY_INSTANCE": str(folder / "documents" / "instance"), "GROUPBUY_LOG_LEVEL": "error"}
    environ |= {"GROUPBUY_DATABASE_URL": f"sqlite:///{folder / 'database' / 'groupbuy.db'}"}
    environ |= {"FAULTS_DISKS": str(folder)}
    try:
        for disk in DISKS:
            (folder / disk).mkdir(mode=0o711)
            if apart:
                disks.mount(folder / disk, DISK_MB)
        if kind == "postgresql":
            if postgres_programs() is None:
                raise SystemExit("PostgreSQL is missing: run ./scripts/test first")
            cluster = start_cluster(folder / "database" / "cluster", ())
            environ["GROUPBUY_DATABASE_URL"] = cluster.url("postgres")
        command = [sys.executable, "-m", "groupbuy", "init-db"]
        subprocess.run(command, env=environ, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        yield environ
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Stop and delete what is in a folder of ours, or of a run that was killed."""
    stop_cluster(folder / "database" / "cluster")
    disks.unmount_below(folder)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
