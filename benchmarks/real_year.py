"""A year of real baskets, week by week: import, close and report, against an independent computation.

Run ``benchmarks/real_year --help``. The floor is reading the same files and adding them up.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from benchmarks.databases import database

ROOT = Path(__file__).resolve().parents[1]
PEOPLE = ("suppliers", "products", "leaders", "residents")
# Later than the last cut-off of the year.
AFTER = "2019-01-01T00:00:00+08:00"

Totals = tuple[int, int, int, int]


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weeks", type=int, default=53, help="how many weeks, from the first")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, database(chosen.database, Path(folder)) as url:
        os.environ["GROUPBUY_DATABASE_URL"] = url
        os.environ["GROUPBUY_INSTANCE"] = str(Path(folder) / "instance")
        _run(Path(folder) / "files", chosen.weeks)


def _run(files: Path, weeks: int) -> None:
    make = [sys.executable, str(ROOT / "scripts" / "real_week.py"), "--year", "--weeks", str(weeks)]
    subprocess.run([*make, "--out", str(files)], check=True, stdout=subprocess.DEVNULL)
    offers, orders = (sorted(files.glob(f"{kind}-*.csv")) for kind in ("offers", "orders"))
    begin = time.perf_counter()
    expected = _expected(files, offers, orders)
    floor = time.perf_counter() - begin
    _groupbuy("init-db")
    importing = sum(_groupbuy("import", kind, str(files / f"{kind}.csv"))[0] for kind in PEOPLE)
    for offer_file, order_file in zip(offers, orders, strict=True):
        importing += _groupbuy("import", "offers", str(offer_file))[0]
        importing += _groupbuy("import", "orders", str(order_file))[0]
    closing, _ = _groupbuy("tick", "--now", AFTER)
    for name, totals in expected.items():
        assert _reported(name) == totals, f"{name}: {_reported(name)} is not {totals}"
    lines = sum(sum(1 for _ in path.open(encoding="utf-8")) - 1 for path in orders)
    print(f"{len(orders)} weeks, {lines:,} order lines: every total equals the independent computation")
    print(f"  reading and adding up {floor:7.1f} s")
    print(f"  import                {importing:7.1f} s   ratio {importing / floor:5.1f}")
    print(f"  close all rounds      {closing:7.1f} s   ratio {closing / floor:5.1f}")


def _expected(files: Path, offers: list[Path], orders: list[Path]) -> dict[str, Totals]:
    """Return orders, units, fen and commission of each round, from the files alone."""
    percents = {row["code"]: Decimal(row["commission_percent"]) for row in _rows(files / "leaders.csv")}
    leaders = {row["code"]: row["leader_code"] for row in _rows(files / "residents.csv")}
    rates = {resident: percents[leader] for resident, leader in leaders.items()}
    return dict(
        _week(offer_file, order_file, rates) for offer_file, order_file in zip(offers, orders, strict=True)
    )


def _week(offer_file: Path, order_file: Path, rates: Mapping[str, Decimal]) -> tuple[str, Totals]:
    offers = {row["product_code"]: row for row in _rows(offer_file)}
    lines = _rows(order_file)
    sold: Counter[str] = Counter()
    for line in lines:
        sold[line["product_code"]] += int(line["quantity"])
    kept = [
        line
        for line in lines
        if sold[line["product_code"]] >= int(offers[line["product_code"]]["min_units"] or 0)
    ]
    amounts = [
        Decimal(offers[line["product_code"]]["price_yuan"]) * 100 * int(line["quantity"]) for line in kept
    ]
    shares = (
        (amount * rates[line["resident_code"]] / 100).quantize(Decimal(1), ROUND_HALF_UP)
        for amount, line in zip(amounts, kept, strict=True)
    )
    units = sum(int(line["quantity"]) for line in kept)
    count = len({line["order_ref"] for line in kept})
    return lines[0]["campaign_code"], (count, units, int(sum(amounts)), int(sum(shares)))


def _reported(name: str) -> Totals:
    report = json.loads(_groupbuy("report", name, "--json")[1])
    commission = sum(leader["commission_fen"] for leader in report["leaders"])
    return report["orders"], report["units"], report["amount_fen"], commission


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _groupbuy(*arguments: str) -> tuple[float, str]:
    begin = time.perf_counter()
    command = [sys.executable, "-m", "groupbuy", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return time.perf_counter() - begin, done.stdout


if __name__ == "__main__":
    main()
