"""Names as people really type them: from the import into every document, and read back the same."""

import csv
import json
from pathlib import Path

import openpyxl
from flask import Flask

from tests.documents.samples import DANGEROUS, LONG, ODD
from tests.files import REGION, csv_text
from tests.support.commands import Run

# Names of one line; others are refused by the import.
NAMES = [name for name in (*DANGEROUS, *ODD, LONG) if not set("\t\r\n") & set(name)]


def write_files(folder: Path) -> None:
    """Write a region in which products, suppliers, leaders and residents have odd names."""
    for kind, text in REGION.items():
        header, *rows = csv.reader(text.splitlines())
        if "name" in header:
            place = header.index("name")
            for number, row in enumerate(rows):
                row[place] = NAMES[number]
        (folder / f"{kind}.csv").write_text(csv_text(",".join(header), rows), encoding="utf-8")
    products = [(f"N{n}", name, name, "S1", "份", 1, 1, 2) for n, name in enumerate(NAMES)]
    columns = REGION["products"].splitlines()[0]
    (folder / "more.csv").write_text(csv_text(columns, products), encoding="utf-8")
    window = ("C1", NAMES[0], "2026-11-22 08:00", "2026-11-22 22:00", "2026-11-23")
    offers = [(*window, code, 2, "", "", "") for code, *_ in products]
    (folder / "offers.csv").write_text(csv_text(REGION["offers"].splitlines()[0], offers), encoding="utf-8")
    orders = [(f"A{n}", "C1", f"M{n % 3 + 1}", "2026-11-22 12:00", f"N{n}", 1) for n in range(len(NAMES))]
    columns = "order_ref,campaign_code,resident_code,placed_at,product_code,quantity"
    (folder / "orders.csv").write_text(csv_text(columns, orders), encoding="utf-8")


def test_odd_names_come_out_of_every_workbook_as_they_were_and_never_as_formulas(
    cli_runner: Run, app: Flask, tmp_path: Path
) -> None:
    write_files(tmp_path)
    for kind, name in (("suppliers", "suppliers"), ("products", "products"), ("products", "more")):
        cli_runner("import", kind, tmp_path / f"{name}.csv")
    for kind in ("leaders", "residents", "offers", "orders"):
        cli_runner("import", kind, tmp_path / f"{kind}.csv")
    cli_runner("tick", "--now", "2026-11-22T22:00:00+08:00")

    cli_runner("documents", "C1", "--out", tmp_path / "out")

    files = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))["files"]
    cells = [cell for file in files for cell in cells_of(tmp_path / "out" / file["path"])]
    assert {file["kind"] for file in files} >= {"pickup_sheet", "purchase_order", "matrix"}
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    texts = {str(cell.value) for cell in cells}
    assert [name for name in NAMES if name not in texts] == []


def cells_of(path: Path) -> list[openpyxl.cell.Cell]:
    """Return all cells of a workbook."""
    return [cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row]
