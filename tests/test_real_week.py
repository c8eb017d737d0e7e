"""A real week of groceries, from the import files to the documents, against figures computed here.

The figures come from the files alone and use nothing of Groupbuy, so that no mistake can hide by
being made twice.
"""

import csv
import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from tests.support.commands import ROOT, Run
from tests.support.run_folder import once_per_run, run_folder

pytestmark = pytest.mark.real_week

KINDS = ("suppliers", "products", "leaders", "residents", "offers", "orders")
ROUND = "W52"
AFTER_THE_CLOSE = "2017-12-25T00:00:00+08:00"

TOTALS = ("orders", "units", "amount_fen")
CODE = "商品编码"

Row = Mapping[str, str]
Rows = list[dict[str, str]]
Entry = tuple[str, str | None, int, int]


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
    _import(week, run_cli, "created")
    before = run_cli("report", ROUND, "--json").json
    _import(week, run_cli, "unchanged")
    assert run_cli("report", ROUND, "--json").json == before
    assert before["orders"] == len({row["order_ref"] for row in week["orders"]})

    run_cli("tick", "--now", AFTER_THE_CLOSE)

    lines = _kept_lines(week)
    report = run_cli("report", ROUND, "--json").json
    assert report["leaders"] == _leaders(week, lines)
    assert report["suppliers"] == _suppliers(week, lines)
    assert [report[key] for key in TOTALS] == [_sum(report["leaders"], key) for key in TOTALS]

    run_cli("documents", ROUND, "--out", tmp_path)

    assert _manifest(tmp_path) == _promised(report)
    assert _listed(tmp_path, "pick_list", "合计数量") == _units(lines)
    assert _listed(tmp_path, "purchase_order", "数量") == _purchased(report)


def _import(week: Mapping[str, Rows], run_cli: Run, outcome: str) -> None:
    for kind in KINDS:
        answer = run_cli("import", kind, _file(kind), "--json").json
        assert (answer["errors"], answer["imported"], answer[outcome]) == (
            [],
            len(week[kind]),
            len(week[kind]),
        )


def _file(kind: str) -> Path:
    return run_folder() / "real-week" / f"{kind}.csv"


def _read(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _kept_lines(week: Mapping[str, Rows]) -> Rows:
    """Return the order lines with price and buyer's leader, without those of offers below their threshold."""
    sold = _units(week["orders"])
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
    ordered = _units(lines)
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


def _sum(rows: Iterable[Mapping[str, Any]], key: str) -> int:
    return sum(row[key] for row in rows)


def _units(lines: Iterable[Row]) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in lines:
        units[line["product_code"]] += int(line["quantity"])
    return units


def _purchased(report: Mapping[str, Any]) -> Counter[str]:
    lines = [line for supplier in report["suppliers"] for line in supplier["lines"]]
    return Counter({line["product_code"]: line["purchased"] for line in lines})


def _promised(report: Mapping[str, Any]) -> set[Entry]:
    """Return kind, whose it is, units and amount of each document that the report calls for."""
    whole = {(kind, None, report["units"], report["amount_fen"]) for kind in ("pick_list", "matrix")}
    sales = {
        (kind, leader["code"], leader["units"], leader["amount_fen"])
        for leader in report["leaders"]
        for kind in ("pickup_sheet", "sorting_list")
    }
    statements = {
        ("commission_statement", leader["code"], leader["units"], leader["commission_fen"])
        for leader in report["leaders"]
    }
    orders = {("purchase_order", row["code"], row["units"], row["cost_fen"]) for row in report["suppliers"]}
    return whole | sales | statements | orders


def _manifest(folder: Path) -> set[Entry]:
    """Return the same of each document that is listed, after seeing that the files there are those listed."""
    files = _files(folder)
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.xlsx")}
    assert sorted(file["path"] for file in files) == sorted(there)
    return {
        (file["kind"], file.get("leader") or file.get("supplier"), file["units"], file["amount_fen"])
        for file in files
    }


def _files(folder: Path) -> list[dict[str, Any]]:
    files: list[dict[str, Any]] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    return files


def _listed(folder: Path, kind: str, column: str) -> Counter[str]:
    """Return what the workbooks of a kind say in a column, by product code."""
    listed: Counter[str] = Counter()
    for file in _files(folder):
        if file["kind"] == kind:
            rows: list[Any] = (
                CalamineWorkbook.from_path(folder / file["path"]).get_sheet_by_index(0).to_python()
            )
            head = next(row for row in rows if CODE in row)
            for row in rows[rows.index(head) + 1 :]:
                if str(row[head.index(CODE)]).startswith("P"):
                    listed[row[head.index(CODE)]] += int(row[head.index(column)])
    return listed
