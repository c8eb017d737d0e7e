"""Reads documents back as a person with a spreadsheet would, without any code of ours."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import python_calamine

# The columns that each kind is summed by: sale units, and fen where the kind has an amount.
UNITS = {"pick_list": "合计数量", "matrix": "合计", "purchase_order": "数量", "sorting_list": "数量"}
AMOUNT = {"pick_list": "总价", "commission_statement": "佣金", "sorting_list": None}


@dataclass(frozen=True)
class Read:
    """The sums of one document's rows, and its printed totals; ``amount_fen`` is None where it shows none."""

    units: int
    amount_fen: int | None
    total_units: int
    total_amount_fen: int | None


def read_all(folder: Path) -> list[tuple[dict[str, Any], Read]]:
    """Return each workbook of the manifest with what stands in it."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    files = [file for file in manifest["files"] if file["path"].endswith(".xlsx")]
    return [(file, read(folder / file["path"], file["kind"])) for file in files]


def read(path: Path, kind: str) -> Read:
    """Return what the rows of a workbook add up to; annexes are left out."""
    book = python_calamine.load_workbook(path)
    names = book.sheet_names if kind == "matrix" else book.sheet_names[:1]
    parts = [_read_tab(book.get_sheet_by_name(name).to_python(), kind) for name in names]
    amounts = [part.amount_fen for part in parts]
    totals = [part.total_amount_fen for part in parts]
    return Read(
        sum(part.units for part in parts),
        None if None in amounts else sum(amounts),
        sum(part.total_units for part in parts),
        None if None in totals else sum(totals),
    )


def _read_tab(rows: list[list[Any]], kind: str) -> Read:
    units, amount = UNITS.get(kind, "件数"), AMOUNT.get(kind, "金额")
    header = next(place for place, row in enumerate(rows) if units in row)
    columns = rows[header].index(units), rows[header].index(amount) if amount else None
    body = [row for row in rows[header + 1 :] if isinstance(row[columns[0]], float)]
    totals = [row for row in body if row[0] == "合计"]
    plain = [row for row in body if row[0] not in ("合计", "小计")]
    return Read(*_sums(plain, *columns), *_sums(totals, *columns))


def _sums(rows: list[list[Any]], units: int, amount: int | None) -> tuple[int, int | None]:
    counted = sum(int(row[units]) for row in rows)
    return counted, None if amount is None else sum(round(row[amount] * 100) for row in rows)
