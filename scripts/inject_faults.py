"""Inject faults at the size of the continuous integration, or with --full at full size, on both databases.

Kinds: T1 many buyers at once over HTTP, T2 orders while closing, T3 death at every database event, T4 kill
-9 of schedulers and buyers, T4W of web workers, T5 the database stopped or killed, T5W the same over HTTP, T6
calls of a payment channel shuffled, late, forged and old, T7 the wall clock set (needs a C compiler), T10
halted past the lease, T12 answers lost on the way, T13 the model, T15 a backup under load, restored and
audited, T16 migrations on a database in use.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.faults.books import Outcome  # noqa: E402 - found by the line above
from tests.support.postgres import postgres_programs, start_cluster, stop_cluster  # noqa: E402

# Sizes: continuous integration, full. T3's is a stride: 1 is every database event.
SIZES = {"T1": (20, 500), "T4W": (10, 500), "T12": (600, 50_000)}
SIZES |= {"T2": (8, 1000), "T3": (23, 1), "T4": (20, 2000), "T5": (3, 100), "T7": (2, 60), "T10": (2, 200)}
SIZES |= {"T6": (200, 10_000)}
SIZES |= {"T5W": (3, 100), "T13": (12, 10_000), "T15": (1, 20), "T16": (1, 5)}
# SQLite has no server to stop; a wall clock is the same for both.
ONLY = {"T5": "postgresql", "T5W": "postgresql", "T7": "sqlite"}


def main() -> int:
    """Run the kinds that are asked for; 1 when anything was lost, doubled or out of balance."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="T", help=f"some of {', '.join(SIZES)}")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--size", type=int, help="another size, for all kinds named")
    options = parser.parse_args()
    if unknown := set(options.kinds) - set(SIZES):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    total = Outcome()
    for name in options.kinds or SIZES:
        for kind in ("sqlite", "postgresql"):
            if ONLY.get(name, kind) == kind:
                total += _inject(name, options.size or SIZES[name][options.full], kind)
    print(f"all: {total}")
    return 0 if total.clean else 1


def _inject(name: str, size: int, kind: str) -> Outcome:
    if name == "T7" and shutil.which("cc") is None:
        print("T7 LEFT OUT: this machine has no C compiler", flush=True)
        return Outcome()
    with _database(kind) as environ:
        command = [sys.executable, "-m", "tests.faults", name, str(size)]
        done = subprocess.run(command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if not done.stdout:
        raise SystemExit(f"{name} on {kind} ended with {done.returncode} and no result")
    outcome = Outcome(**json.loads(done.stdout.splitlines()[-1]))
    print(f"{name} {kind}: {outcome}", flush=True)
    for complaint in (*outcome.lost, *outcome.doubled, *outcome.violations):
        print(f"    {complaint}", flush=True)
    return outcome


@contextmanager
def _database(kind: str) -> Iterator[dict[str, str]]:
    """Yield the environment of a fresh database; PostgreSQL with its default durability."""
    folder = Path(tempfile.mkdtemp(prefix="groupbuy-faults-"))
    folder.chmod(0o711)
    environ = {key: text for key, text in os.environ.items() if not key.startswith("GROUPBUY_")}
    environ |= {"GROUPBUY_INSTANCE": str(folder / "instance"), "GROUPBUY_LOG_LEVEL": "error"}
    try:
        if kind == "postgresql":
            if postgres_programs() is None:
                raise SystemExit("PostgreSQL is missing: run ./scripts/test first")
            environ["GROUPBUY_DATABASE_URL"] = start_cluster(folder / "cluster", ()).url("postgres")
        command = [sys.executable, "-m", "groupbuy", "init-db"]
        subprocess.run(command, env=environ, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        yield environ
    finally:
        stop_cluster(folder / "cluster")
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
