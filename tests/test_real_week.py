"""A real week of groceries, from the import files to the documents, against figures computed here.

The figures come from the files alone and use nothing of Groupbuy, so that no mistake can hide by
being made twice.
"""

import csv
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import ROOT, Run
from tests.support.run_folder import once_per_run, run_folder

pytestmark = pytest.mark.real_week

KINDS = ("suppliers", "products", "leaders", "residents", "offers", "orders")
ROUND = "W52"
AFTER_THE_CLOSE = "2017-12-25T00:00:00+08:00"

Row = Mapping[str, str]
Rows = list[dict[str, str]]


@pytest.fixture
def week() -> dict[str, Rows]:
    """Return the rows of each import file; the files are made once per run."""
    with once_per_run("real-week") as folder:
        if folder:
            script = ROOT / "scripts" / "real_week.py"
            subprocess.run([sys.executable, script, "--out", folder], check=True, capture_output=True)
    return {kind: _read(_file(kind)) for kind in KINDS}


def test_a_real_week_runs_from_import_to_documents(
    week: Mapping[str, Rows], run_cli: Run, tmp_path: Path
) -> None:
    for kind in KINDS:
        answer = run_cli("import", kind, _file(kind), "--json").json
        assert (answer["imported"], answer["errors"]) == (len(week[kind]), [])
    preview = run_cli("report", ROUND, "--json").json

    run_cli("tick", "--now", AFTER_THE_CLOSE)

    lines = _kept_lines(week)
    report = run_cli("report", ROUND, "--json").json
    assert report["state"] == "ordered"
    assert report["leaders"] == _leaders(week, lines)
    assert report["suppliers"] == _suppliers(week, lines)
    assert _totals(report) == _totals_of(report["leaders"])
    assert preview["orders"] == len({row["order_ref"] for row in week["orders"]})

    run_cli("documents", ROUND, "--out", tmp_path / "documents")
    _check_documents(tmp_path / "documents", report)


def test_importing_a_real_week_again_changes_nothing(week: Mapping[str, Rows], run_cli: Run) -> None:
    for kind in KINDS:
        run_cli("import", kind, _file(kind))
    before = run_cli("report", ROUND, "--json").json

    for kind in KINDS:
        assert run_cli("import", kind, _file(kind), "--json").json["unchanged"] == len(week[kind])

    assert run_cli("report", ROUND, "--json").json == before


def _file(kind: str) -> Path:
    return run_folder() / "real-week" / f"{kind}.csv"


def _read(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _kept_lines(week: Mapping[str, Rows]) -> Rows:
    """Return the order lines, each with its price and buyer's leader, without offers below their threshold."""
    sold: Counter[str] = Counter()
    for row in week["orders"]:
        sold[row["product_code"]] += int(row["quantity"])
    offers = {row["product_code"]: row for row in week["offers"]}
    leaders = {row["code"]: row["leader_code"] for row in week["residents"]}
    lines = []
    for row in week["orders"]:
        offer = offers[row["product_code"]]
        if sold[row["product_code"]] >= int(offer["min_units"] or 0):
            added = {"price": offer["price_yuan"], "leader": leaders[row["resident_code"]]}
            lines.append(row | added)
    # The week must try thresholds, or the line above proves nothing.
    assert 0 < len(lines) < len(week["orders"])
    return lines


def _leaders(week: Mapping[str, Rows], lines: Rows) -> list[dict[str, Any]]:
    percents = {row["code"]: row["commission_percent"] for row in week["leaders"]}
    by_leader = _grouped(lines, "leader")
    return [
        {
            "code": code,
            "orders": len({line["order_ref"] for line in mine}),
            "units": sum(int(line["quantity"]) for line in mine),
            "amount_fen": sum(_amount(line) for line in mine),
            "commission_fen": sum(_half_up(_amount(line) * Decimal(percents[code]) / 100) for line in mine),
        }
        for code, mine in sorted(by_leader.items())
    ]


def _suppliers(week: Mapping[str, Rows], lines: Rows) -> list[dict[str, Any]]:
    ordered: Counter[str] = Counter()
    for line in lines:
        ordered[line["product_code"]] += int(line["quantity"])
    products = [row for row in week["products"] if ordered[row["code"]]]
    return [
        _supplier(code, sorted(mine, key=lambda row: row["code"]), ordered)
        for code, mine in sorted(_grouped(products, "supplier_code").items())
    ]


def _supplier(code: str, products: Iterable[Row], ordered: Mapping[str, int]) -> dict[str, Any]:
    lines, cost = [], 0
    for product in products:
        size, wanted = int(product["case_size"] or 1), ordered[product["code"]]
        cases = -(-wanted // size)
        cost += cases * size * _fen(product["cost_yuan"])
        lines.append(
            {
                "product_code": product["code"],
                "ordered": wanted,
                "cases": cases,
                "case_size": size,
                "from_stock": 0,
                "purchased": cases * size,
                "surplus": cases * size - wanted,
                "shortfall": 0,
            }
        )
    return {"code": code, "units": sum(line["purchased"] for line in lines), "cost_fen": cost, "lines": lines}


def _grouped(rows: Iterable[dict[str, str]], column: str) -> dict[str, Rows]:
    groups: dict[str, Rows] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups


def _amount(line: Row) -> int:
    return int(line["quantity"]) * _fen(line["price"])


def _fen(yuan: str) -> int:
    return int(Decimal(yuan) * 100)


def _half_up(amount: Decimal) -> int:
    return int(amount + Decimal("0.5"))


def _totals(report: Mapping[str, Any]) -> tuple[int, int, int]:
    return report["orders"], report["units"], report["amount_fen"]


def _totals_of(rows: Iterable[Mapping[str, int]]) -> tuple[int, ...]:
    return tuple(sum(row[key] for row in rows) for key in ("orders", "units", "amount_fen"))
