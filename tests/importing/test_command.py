"""``groupbuy import`` as other programs and people call it."""

import io
import json
import zipfile
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select

from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.orders.models import Order
from tests.files import ORDER_COLUMNS, PRODUCTS, REGION, SUPPLIERS, csv_text
from tests.support.commands import Run

NOON = "2026-11-22 12:00"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the files of a region."""
    for kind, text in REGION.items():
        (tmp_path / f"{kind}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def workbook(path: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def stored(model: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_region_is_imported_file_by_file(run_cli: Run, folder: Path) -> None:
    for kind, text in REGION.items():
        answer = run_cli("import", kind, folder / f"{kind}.csv", "--json").json

        rows = len(text.splitlines()) - 1
        assert answer == {"imported": rows, "created": rows, "updated": 0, "unchanged": 0, "errors": []}


def test_faults_are_json_on_standard_output_and_exit_code_1(cli_runner: Run, folder: Path) -> None:
    result = cli_runner("import", "products", folder / "products.csv", "--json", check=False)

    assert result.exit_code == 1
    assert result.json["imported"] == 0
    assert [(e["row"], e["column"], e["code"]) for e in result.json["errors"]] == [
        (row, "supplier_code", "unknown_reference") for row in (2, 3, 4)
    ]
    assert all(set(error) == {"row", "column", "code", "message"} for error in result.json["errors"])


def test_people_read_sentences(cli_runner: Run, folder: Path) -> None:
    refused = cli_runner("import", "products", folder / "products.csv", check=False)
    done = cli_runner("import", "suppliers", folder / "suppliers.csv")

    assert "Row 2, supplier_code: There is no S1; import it first. (unknown_reference)" in refused.stdout
    assert "2 rows of suppliers imported: 2 new" in done.stdout


def test_a_dry_run_stores_nothing(cli_runner: Run, app: Flask, folder: Path) -> None:
    result = cli_runner("import", "suppliers", folder / "suppliers.csv", "--dry-run", "--json")

    assert result.json["created"] == 2
    assert stored(Supplier) == 0


def test_a_byte_order_mark_and_windows_line_ends_are_fine(cli_runner: Run, tmp_path: Path) -> None:
    file = tmp_path / "bom.csv"
    file.write_bytes(b"\xef\xbb\xbf" + SUPPLIERS.replace("\n", "\r\n").encode())

    assert cli_runner("import", "suppliers", file, "--json").json["created"] == 2


def test_a_workbook_is_read_as_people_see_it(cli_runner: Run, app: Flask, folder: Path) -> None:
    cli_runner("import", "suppliers", folder / "suppliers.csv")
    rows: list[list[object]] = [PRODUCTS.splitlines()[0].split(",")]
    rows += [
        ["P1", "=1+1 苹果", "水果", "S1", "斤", 10.0, 3.5, 5],
        [1002, "@蛋", None, "S1", None, None, 10, 12.5],
    ]
    file = workbook(folder / "products.xlsx", rows)
    # What a person typed is text, not a formula.
    book = openpyxl.load_workbook(file)
    book.active["B2"].data_type = "s"
    book.save(file)

    assert cli_runner("import", "products", file, "--json").json["created"] == 2

    names = db.session.execute(select(Product.code, Product.name)).all()
    assert dict(names) == {"P1": "=1+1 苹果", "1002": "@蛋"}


def test_a_number_cell_that_is_whole_is_a_quantity(cli_runner: Run, folder: Path) -> None:
    for kind in REGION:
        cli_runner("import", kind, folder / f"{kind}.csv")
    head = ["order_ref", "campaign_code", "resident_code", "placed_at", "product_code", "quantity"]
    good = ["A1", "C1", "M1", "2026-11-22 12:00", "P1", 3.0]
    bad = ["A2", "C1", "M1", "2026-11-22 12:00", "P2", 2.5]

    refused = cli_runner(
        "import", "orders", workbook(folder / "o.xlsx", [head, good, bad]), "--json", check=False
    )
    done = cli_runner("import", "orders", workbook(folder / "o.xlsx", [head, good]), "--json")

    assert [(e["row"], e["code"]) for e in refused.json["errors"]] == [(3, "not_a_number")]
    assert done.json["created"] == 1


def test_every_way_in_which_an_order_cannot_be_taken_has_its_code(
    cli_runner: Run, app: Flask, folder: Path
) -> None:
    (folder / "offers.csv").write_text(
        REGION["offers"] + "C0,早团,2026-11-20 08:00,2026-11-20 22:00,2026-11-21,P2,12,,,\n", encoding="utf-8"
    )
    for kind in REGION:
        cli_runner("import", kind, folder / f"{kind}.csv")
    cli_runner("tick", "--now", "2026-11-20T22:00:00+08:00")
    (folder / "first.csv").write_text(
        csv_text(ORDER_COLUMNS, [(ref, "C1", f"M{ref[1]}", NOON, "P1", 4) for ref in ("A1", "A2")])
    )
    cli_runner("import", "orders", folder / "first.csv")
    rows = [
        ("B1", "C0", "M1", "2026-11-20 12:00", "P2", 1),
        ("B2", "C1", "M3", NOON, "P1", 3),
        ("B3", "C1", "M1", NOON, "P1", 1),
        ("A1", "C1", "M1", NOON, "P1", 3),
        ("B4", "C1", "M1", NOON, "P2", 1),
        ("B4", "C1", "M2", NOON, "P1", 1),
        ("B5", "C1", "M1", "2026-11-22 22:00", "P2", 1),
        ("B6", "C1", "M3", NOON, "P2", 1),
        ("B6", "C1", "M3", NOON, "P2", 2),
        ("B7", "C1", "M3", NOON, "P2", 1),
    ]
    (folder / "orders.csv").write_text(csv_text(ORDER_COLUMNS, rows), encoding="utf-8")

    result = cli_runner("import", "orders", folder / "orders.csv", "--json", check=False)

    answer = result.json
    errors = answer.pop("errors")
    assert answer == {"imported": 0, "created": 0, "updated": 0, "unchanged": 0}
    assert (result.exit_code, stored(Order)) == (1, 2)
    assert [(error["row"], error["column"], error["code"]) for error in errors] == [
        (2, "campaign_code", "round_closed"),
        (3, "quantity", "sold_out"),
        (4, "quantity", "limit_reached"),
        (5, "order_ref", "already_exists"),
        (7, "resident_code", "inconsistent"),
        (8, "placed_at", "outside_window"),
        (10, "product_code", "duplicate"),
    ]


def test_a_merged_header_is_told_and_a_merged_cell_stands_for_all_its_rows(
    cli_runner: Run, app: Flask, folder: Path
) -> None:
    cli_runner("import", "suppliers", folder / "suppliers.csv")
    head = PRODUCTS.splitlines()[0].split(",")
    rows: list[list[object]] = [
        ["P1", "苹果", "水果", "S1", "斤", 10, 3, 5],
        ["P2", "梨", "水果", None, "斤", 1, 3, 5],
    ]
    book = openpyxl.load_workbook(workbook(folder / "merged.xlsx", [head, *rows]))
    book.active.merge_cells("D2:D3")
    book.save(folder / "merged.xlsx")

    assert cli_runner("import", "products", folder / "merged.xlsx", "--json").json["created"] == 2

    book.active.merge_cells("A1:B1")
    book.save(folder / "merged.xlsx")
    refused = cli_runner("import", "products", folder / "merged.xlsx", "--json", check=False)
    assert refused.exit_code == 1
    assert [(e["row"], e["column"], e["code"]) for e in refused.json["errors"]] == [(1, "code", "duplicate")]


def zip_bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("xl/workbook.xml", "<workbook/>")
        package.writestr("xl/worksheets/sheet1.xml", b"0" * 300 * 2**20)
    return content.getvalue()


def formula_without_value() -> bytes:
    content = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(SUPPLIERS.splitlines()[0].split(","))
    book.active.append(["S1", "=A1", None, None, None, None])
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "row"),
    [
        ("gbk.csv", SUPPLIERS.encode("gbk"), 1),
        ("mixed.csv", SUPPLIERS.encode() + "S3,菜场,,,,\n".encode("gbk"), 1),
        ("utf16.csv", SUPPLIERS.encode("utf-16"), 1),
        ("empty.csv", b"", 1),
        ("blank.csv", b"\n\n", 1),
        ("quote.csv", b'code,name\nS1,"open', 1),
        ("picture.csv", bytes(range(256)), 1),
        ("bomb.xlsx", zip_bomb(), 1),
        ("text.xlsx", SUPPLIERS.encode(), 1),
        ("torn.xlsx", formula_without_value()[:700], 1),
        ("formula.xlsx", formula_without_value(), 2),
    ],
)
def test_a_file_that_cannot_be_read_is_a_fault_and_stores_nothing(
    cli_runner: Run, app: Flask, tmp_path: Path, name: str, content: bytes, row: int
) -> None:
    file = tmp_path / name
    file.write_bytes(content)

    result = cli_runner("import", "suppliers", file, "--json", check=False)

    assert result.exit_code == 1
    assert result.json["imported"] == 0
    assert result.json["errors"][0]["row"] == row
    assert result.json["errors"][0]["message"]
    assert stored(Supplier) == 0


def test_a_file_that_is_not_there_is_a_fault_too(cli_runner: Run, tmp_path: Path) -> None:
    result = cli_runner("import", "suppliers", tmp_path / "nowhere.csv", "--json", check=False)

    assert (result.exit_code, result.json["errors"][0]["row"]) == (1, 1)


def test_cells_beyond_the_header_and_short_rows_are_told_apart(cli_runner: Run, tmp_path: Path) -> None:
    file = tmp_path / "shifted.csv"
    file.write_text(SUPPLIERS + "S3,菜场,阳光路1号, 2楼,138,,,\n\nS4\n", encoding="utf-8")

    errors = cli_runner("import", "suppliers", file, "--json", check=False).json["errors"]

    assert {(e["row"], e["column"], e["code"]) for e in errors} >= {(6, "name", "required")}


def test_a_file_of_100_000_rows_is_stored_whole(cli_runner: Run, app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    columns = "code,name,contact,phone,email,min_order_yuan"
    rows = [(f"S{n}", f"供应商{n}", "", "", "", f"{n}.5") for n in range(100_000)]
    file.write_text(csv_text(columns, rows), encoding="utf-8")

    assert cli_runner("import", "suppliers", file, "--json").json["created"] == 100_000
    assert stored(Supplier) == 100_000


def test_100_000_faulty_rows_are_all_listed(cli_runner: Run, app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    columns = "code,name,contact,phone,email,min_order_yuan"
    file.write_text(csv_text(columns, [(f"S{n}", "x", "", "", "", "-1") for n in range(100_000)]))

    result = cli_runner("import", "suppliers", file, "--json", check=False)

    assert [error["row"] for error in json.loads(result.stdout)["errors"]] == list(range(2, 100_002))
    assert stored(Supplier) == 0


def test_an_unknown_kind_is_refused_with_those_there_are(cli_runner: Run, folder: Path) -> None:
    result = cli_runner("import", "customers", folder / "leaders.csv", check=False)

    assert result.exit_code == 2
    assert "'suppliers', 'products', 'sources', 'leaders', 'residents', 'offers', 'orders'" in result.stderr


def test_a_database_that_is_away_is_told_in_one_sentence(run_cli: Run, folder: Path) -> None:
    away = f"postgresql://groupbuy@/groupbuy?host={folder}"

    result = run_cli("import", "suppliers", folder / "suppliers.csv", check=False, GROUPBUY_DATABASE_URL=away)

    assert result.exit_code == 1
    assert result.stderr == "groupbuy: the database does not answer or is busy; try again.\n"
