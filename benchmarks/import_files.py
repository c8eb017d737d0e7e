"""Import long files of products, residents and orders, .csv and .xlsx, as ratios against the floor.

Processor seconds of the command, its start included, and of the database; command and floor in turn. The
floor reads the file and inserts the same rows into copies of the tables, with the same constraints and
indexes; ``--without-keys`` leaves the foreign keys of the copies out, to tell what those take.
"""

import argparse
import csv
import os
import resource
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from rustpy_xlsxwriter import write_worksheet
from sqlalchemy import delete, text

from benchmarks import import_floor
from benchmarks.commands import groupbuy
from benchmarks.databases import database
from benchmarks.made_up_week import Size, write_files
from benchmarks.processor import postmaster_of, seconds_of
from groupbuy.app.core import create_core
from groupbuy.config import load_settings
from groupbuy.db import Base, db
from groupbuy.db.transaction import transaction

# What an import has made, table by table; leaders have accounts too, and keep them.
CLEARED: dict[str, tuple[tuple[str, str], ...]] = {
    "products": (("product", "true"),),
    "residents": (
        ("resident", "true"),
        ("account_role", "role = 'resident'"),
        ("account", "id NOT IN (SELECT account_id FROM leader)"),
    ),
    "orders": (("order_line", "true"), ("posting", "true"), ("order", "true")),
}


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--kind", choices=list(CLEARED), help="Only this one.")
    parser.add_argument("--without-keys", action="store_true", help="The floor has no foreign keys.")
    chosen = parser.parse_args()
    print(f"{chosen.rows:,} rows on {chosen.database}, processor seconds, the best of {chosen.turns} turns")
    with tempfile.TemporaryDirectory() as name, database(chosen.database, Path(name)) as url:
        folder = Path(name)
        os.environ |= {"GROUPBUY_DATABASE_URL": url, "GROUPBUY_INSTANCE": str(folder / "instance")}
        groupbuy("init-db")
        app = create_core(load_settings(os.environ))
        bench = Bench(app, Clock(folder / "cluster"), chosen.turns, not chosen.without_keys)
        _measure(bench, folder, chosen.rows, [chosen.kind] if chosen.kind else list(CLEARED))


class Clock:
    """Processor seconds of this process, of those it has waited for, and of a database server.

    What it takes to look for the server's processes is left out: it grows with all that the machine runs.
    """

    def __init__(self, cluster: Path) -> None:
        self._cluster = cluster
        self._looking = 0.0

    def __call__(self) -> float:
        own = _own()
        pid = postmaster_of(self._cluster)
        server = 0.0 if pid is None else seconds_of(pid)
        now = own - self._looking + server
        self._looking += _own() - own
        return now


def _own() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@dataclass(frozen=True)
class Bench:
    """What all measurements share."""

    app: Flask
    clock: Clock
    turns: int
    keys: bool

    def compare(self, kind: str, file: Path) -> None:
        """Print the row of an import: its best turn and the best turn of its floor."""
        seconds, floors, memory = [], [], 0
        for _ in range(self.turns):
            begin = self.clock()
            memory = groupbuy("import", kind, str(file)).megabytes
            seconds.append(self.clock() - begin)
            with self.app.app_context():
                floors.append(import_floor.measure(kind, file, self.clock, keys=self.keys))
                self._clear(kind)
        ratio = min(seconds) / min(floors)
        figures = f"{min(seconds):6.2f} s   floor {min(floors):6.2f} s   ratio {ratio:5.2f}   {memory:5} MB"
        print(f"  {kind:10}{file.suffix:6}{figures}", flush=True)

    def _clear(self, kind: str) -> None:
        with transaction():
            for table, condition in CLEARED[kind]:
                db.session.execute(delete(Base.metadata.tables[table]).where(text(condition)))
        db.session.remove()


def _measure(bench: Bench, folder: Path, rows: int, kinds: Sequence[str]) -> None:
    """Products and residents by themselves first, then orders of a round of 300 products."""
    if kinds != ["orders"]:
        write_files(Size(leaders=rows // 10, orders=1, lines=1, products=rows), folder / "wide")
        for kind in ("suppliers", "leaders"):
            groupbuy("import", kind, str(folder / "wide" / f"{kind}.csv"))
    for kind in kinds:
        if kind == "orders":
            write_files(Size(rows // 100, rows // 3, rows), folder / "round")
            for before in ("suppliers", "products", "leaders", "residents", "offers"):
                groupbuy("import", before, str(folder / "round" / f"{before}.csv"))
        file = folder / ("round" if kind == "orders" else "wide") / f"{kind}.csv"
        for one in (file, _as_workbook(file)):
            bench.compare(kind, one)


def _as_workbook(file: Path) -> Path:
    with file.open(encoding="utf-8", newline="") as lines:
        records = [dict(row) for row in csv.DictReader(lines)]
    workbook = file.with_suffix(".xlsx")
    write_worksheet(records, str(workbook))
    return workbook


if __name__ == "__main__":
    main()
