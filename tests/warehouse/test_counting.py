"""Count sheets: downloaded, filled in, sent back, looked at, and booked once."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
from flask import Flask
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.catalog.models import Product
from groupbuy.catalog.service import place_product
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.documents.reading import read_table
from groupbuy.flows.importing.count_file import CountFile, book_counts, read_counts, write_counts
from groupbuy.kernel.errors import RuleBroken
from groupbuy.warehouse import counting, stock
from groupbuy.warehouse.models import StockMovement
from tests import building
from tests.support.commands import Run
from tests.warehouse import day
from tests.warehouse.places import lying

HEADERS = "商品编码,品名,规格,单位,仓库编码,仓库,货位,批次,保质期至,账面数量,实盘数量,盘点版本"
Filling = Mapping[tuple[str, str], Any]


def sheet() -> bytes:
    """Return the count sheet of everything as it is now."""
    db.session.rollback()
    return write_counts(counting.to_count(None), made_after=counting.last_movement())


def filled(content: bytes, counted: Filling, *more: Sequence[Any]) -> bytes:
    """Fill a sheet in: what was counted by product and batch, and rows that are added."""
    book = openpyxl.load_workbook(BytesIO(content))
    tab = book.worksheets[0]
    for row in tab.iter_rows(min_row=2):
        row[10].value = counted.get((row[0].value, row[7].value or ""), row[10].value)
    for values in more:
        tab.append(values)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def book(content: bytes) -> CountFile:
    """Book a sheet."""
    table = read_table(content)
    return in_transaction(lambda: book_counts(table, now=building.NOW, zone=building.ZONE, actor="test"))


def faults(content: bytes) -> list[tuple[int, str, str]]:
    """Return where a sheet is at fault and how."""
    db.session.rollback()
    found = read_counts(read_table(content), zone=building.ZONE)
    return [(fault.row, fault.column, fault.code) for fault in found.faults]


def test_a_sheet_is_booked_once_with_a_movement_for_each_difference(goods: list[Product]) -> None:
    first, second = goods
    # Two of A are gone, B is as in the books, P2 was not counted; three more turn up in the grid warehouse.
    counted = filled(
        sheet(), {("P1", "A"): 2, ("P1", "B"): 5}, ["P2", "", "", "", "G1", "", "", "", "", "", "3"]
    )
    found = book(counted)
    assert [(line.product.code, line.seen, line.counted) for line in found.differing] == [
        ("P1", 4, 2),
        ("P2", 0, 3),
    ]
    assert lying(first) == {("MAIN", "A"): 2, ("MAIN", "B"): 5}
    assert lying(second) == {("MAIN", "A"): 7, ("G1", ""): 3}
    assert book(counted).faults != ()
    # Two come in again, so that the sheet and the books agree; the sheet is an old one all the same.
    with transaction():
        stock.put(
            product_id=first.id,
            units=2,
            cost_fen=500,
            kind="customer_return",
            cause=("test", 1),
            now=building.NOW,
            actor="test",
            batches={counting.to_count(None)[0][0].key: 2},
        )
    assert (2, "账面数量", "stock_changed") in faults(counted)
    moved = select(StockMovement.units).where(StockMovement.kind == "stock_take").order_by(StockMovement.id)
    assert db.session.scalars(moved).all() == [-2, 3]
    noted = db.session.scalars(select(AuditEntry.subject).where(AuditEntry.verb == "stock_counted")).all()
    assert sorted(noted) == ["P1", "P2"]
    assert day.wrong() == []


def test_every_line_at_fault_is_named_and_nothing_is_booked(goods: list[Product]) -> None:
    twice = ["P1", "", "", "", "MAIN", "", "", "B", "2026-12-31", "5", "5"]
    wrong = filled(
        sheet(),
        {("P1", "A"): "-1", ("P1", "B"): 5, ("P2", "A"): "3.5"},
        ["P9", "", "", "", "MAIN", "", "", "", "", "", "1"],
        ["P1", "", "", "", "G9", "", "", "", "", "", "1"],
        ["P1", "", "", "", "G1", "", "", "A", "", "", "1"],
        ["P2", "", "", "", "G1", "", "", "", "", "4", "1"],
    )
    tab = openpyxl.load_workbook(BytesIO(wrong)).worksheets[0]
    twice[8] = tab.cell(3, 9).value
    assert faults(filled(wrong, {}, twice)) == [
        (2, "实盘数量", "out_of_range"),
        (4, "实盘数量", "not_a_number"),
        (5, "商品编码", "unknown_reference"),
        (6, "仓库编码", "unknown_reference"),
        (7, "批次", "unknown_batch"),
        (8, "账面数量", "stock_changed"),
        (9, "商品编码", "duplicate"),
    ]
    assert book(wrong).lines == ()
    assert faults(sheet()) == [(1, "实盘数量", "required")]
    assert {code for _row, _column, code in faults("商品编码,数量\nP1,2\n".encode())} == {
        "missing_column",
        "unknown_column",
    }
    # Without its number nobody knows how old a sheet is.
    bare = f"{HEADERS}\nP1,,,,G1,,,,,0,2,\n".encode()
    assert faults(bare) == [(2, "盘点版本", "required")]
    assert db.session.scalars(select(StockMovement).where(StockMovement.kind == "stock_take")).all() == []


def test_of_two_who_book_the_same_sheet_at_once_one_does(app: Flask, goods: list[Product]) -> None:
    counted = filled(sheet(), {("P1", "A"): 1, ("P2", "A"): 9})
    db.session.rollback()

    def attempt(_number: int) -> int:
        with app.app_context():
            try:
                return len(book(counted).differing)
            except RuleBroken:
                return 0

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [0, 0, 0, 2]
    assert day.in_stock(goods[0]) == 6
    assert day.in_stock(goods[1]) == 9
    assert day.wrong() == []


def test_a_sheet_is_written_and_booked_from_the_command_line(
    goods: list[Product], run_cli: Run, tmp_path: Path
) -> None:
    file = tmp_path / "count.xlsx"
    assert run_cli("stock-take", "sheet", str(file)).stdout.startswith("3 batches to count")
    run_cli("stock-take", "sheet", str(tmp_path / "g1.xlsx"), "--warehouse", "G1")
    empty = file.read_bytes()
    file.write_bytes(filled(empty, {("P1", "A"): 3}))
    tried = run_cli("stock-take", "book", str(file), "--dry-run").stdout.splitlines()
    assert tried == [
        "P1  MAIN A  4 in the books, 3 counted, -1",
        "1 lines counted, 1 differences would be booked.",
    ]
    booked = run_cli("stock-take", "book", str(file), "--json").json
    assert (booked["counted"], booked["differing"][0]["difference"]) == (1, -1)
    again = run_cli("stock-take", "book", str(file), check=False)
    assert (again.exit_code, "stock_changed" in again.stderr) == (1, True)
    assert run_cli("stock-take", "book", str(file), "--json", check=False).json["faults"][0]["row"] == 2
    assert run_cli("stock-take", "book", str(tmp_path / "none.xlsx"), check=False).exit_code == 1


def test_a_sheet_goes_along_the_shelves_of_the_main_warehouse(goods: list[Product]) -> None:
    book(filled(sheet(), {("P1", "A"): 4}, ["P2", "", "", "", "G1", "", "", "", "", "", "2"]))
    for product, shelf in zip(goods, ("A-10", "a-2"), strict=True):
        with transaction():
            fresh = db.session.get_one(Product, product.id)
            place_product(product=fresh, shelf_place=shelf, now=building.NOW, actor="test")
    rows = list(openpyxl.load_workbook(BytesIO(sheet())).worksheets[0].iter_rows(min_row=2, values_only=True))
    walked = [(row[0], row[4], row[6] or "", row[7]) for row in rows]
    assert walked == [
        ("P2", "MAIN", "a-2", "A"),
        ("P1", "MAIN", "A-10", "A"),
        ("P1", "MAIN", "A-10", "B"),
        ("P2", "G1", "", None),
    ]
    assert [line.counted for line in book(filled(sheet(), {("P1", "A"): 3})).differing] == [3]
