"""Transfers from a workbook: what lies there, how much of it goes, and what is wrong with a line."""

from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl

from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.documents.reading import read_table
from groupbuy.flows.importing.transfer_file import TransferFile, read_transfer, write_transfer
from groupbuy.warehouse import counting
from groupbuy.warehouse.rules import MAIN
from tests import building
from tests.support.commands import Run
from tests.warehouse import day
from tests.warehouse.places import lying


def template() -> bytes:
    """Return the workbook of what lies in the main warehouse."""
    db.session.rollback()
    return write_transfer("中心仓", counting.to_count(MAIN))


def wanting(content: bytes, *units: Any, more: tuple[Any, ...] = ()) -> bytes:
    """Write down how much is to be sent, row by row, and add rows of product, batch, day and units."""
    book = openpyxl.load_workbook(BytesIO(content))
    tab = book.worksheets[0]
    for row, wanted in enumerate(units, 2):
        tab.cell(row, 8).value = wanted
    for product, batch, until, wanted in more:
        tab.append([product, "", "", "", batch, until, "", wanted])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def read(content: bytes) -> TransferFile:
    """Read a workbook that sends from the main warehouse."""
    db.session.rollback()
    return read_transfer(read_table(content), origin_id=MAIN, zone=building.ZONE)


def lots(content: bytes) -> list[tuple[str, str, int]]:
    """Return the batches that a workbook without fault wants."""
    found = read(content)
    assert found.faults == ()
    return [(batch.product.code, batch.number, units) for batch, units in found.lots]


def faults(content: bytes) -> list[tuple[int, str, str]]:
    """Return where a workbook is at fault and how."""
    return [(fault.row, fault.column, fault.code) for fault in read(content).faults]


def test_a_workbook_names_batches_or_takes_what_expires_first(goods: list[Product]) -> None:
    assert lots(wanting(template(), 1, None, "7")) == [("P1", "A", 1), ("P2", "A", 7)]
    # One of A is named, six more of P1 are anything: the other three of A and three of B.
    assert lots(wanting(template(), 1, more=(("P1", "", "", 6),))) == [("P1", "A", 4), ("P1", "B", 3)]
    assert lots("商品编码,批次,保质期至,数量\nP2,A,,3\n".encode()) == [("P2", "A", 3)]


def test_every_line_at_fault_is_named(goods: list[Product]) -> None:
    more = (
        ("P9", "", "", 1),
        ("P1", "C", "", 1),
        ("P1", "A", "2020-01-01", 1),
        ("P2", "", "", 8),
        ("P2", "", "", 1),
    )
    assert faults(wanting(template(), 0, "1.5", more=more)) == [
        (2, "数量", "out_of_range"),
        (3, "数量", "not_a_number"),
        (5, "商品编码", "unknown_reference"),
        (6, "批次", "unknown_batch"),
        (7, "批次", "unknown_batch"),
        (8, "数量", "out_of_stock"),
        (9, "商品编码", "duplicate"),
    ]
    # The two together are one too many.
    assert faults(wanting(template(), 4, 5, more=(("P1", "", "", 1),))) == [(5, "数量", "out_of_stock")]
    assert faults(template()) == [(1, "数量", "required")]
    assert {code for _row, _column, code in faults("商品编码\nP1\n".encode())} == {"missing_column"}


def test_a_file_is_sent_once_from_the_command_line(
    goods: list[Product], run_cli: Run, tmp_path: Path
) -> None:
    file = tmp_path / "transfer.xlsx"
    file.write_bytes(wanting(template(), 4, 2))
    sent = run_cli("transfer", "send", "MAIN", "G1", "--file", str(file), "--key", "once", "--json").json
    again = run_cli("transfer", "send", "MAIN", "G1", "--file", str(file), "--key", "once", "--json").json
    assert (again, [line["sent"] for line in sent["lines"]]) == (sent, [4, 2])
    refused = run_cli("transfer", "send", "MAIN", "G1", "--file", str(file), check=False)
    assert (refused.exit_code, "Row 2, 批次: This batch does not lie" in refused.stderr) == (1, True)
    assert lying(goods[0])["MAIN", "B"] == 3
    assert run_cli("transfer", "send", "MAIN", "G1", check=False).exit_code == 1
    assert day.wrong() == []
