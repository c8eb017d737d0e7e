"""Sheets of an export workbook as rows by the names of their columns."""

import re
from collections.abc import Mapping, Sequence

from groupbuy.documents.faults import Fault, UnreadableTable, of_file
from groupbuy.documents.workbooks import SheetRows
from groupbuy.orders.export_layout import BUYERS

MAX_ROWS = 2_000
NEEDED = ("跟团号", "商品", "数量", "商品金额", "联系电话")
DOORS = ("楼号", "房号", "弄号")
_BRACKET = re.compile(r"[（(].*")
# What stands in a row by the names of its columns.
Row = Mapping[str, str]


def buyers_of(sheets: Mapping[str, SheetRows]) -> list[tuple[int, Row]]:
    """Return the rows of orders with their numbers; raise UnreadableTable without them or for too many."""
    if BUYERS not in sheets:
        raise of_file("missing_column", f"The workbook has no sheet {BUYERS}.")
    rows = _rows(sheets[BUYERS], NEEDED)
    if len(rows) > MAX_ROWS:
        raise of_file(
            "out_of_range", f"The workbook is too long: at most {MAX_ROWS:,} rows of orders are read."
        )
    return rows


class _Cells(dict[str, str]):
    """A row by the names of its columns; a column that is not there is empty."""

    def __missing__(self, name: str) -> str:
        return ""


def _rows(sheet: SheetRows, needed: Sequence[str]) -> list[tuple[int, Row]]:
    """Return rows that are not blank with their numbers, by header; raise UnreadableTable."""
    names = headers_of(sheet)
    missing = [
        Fault(1, name, "missing_column", f"The column {name} is missing.")
        for name in needed
        if name not in names
    ]
    if missing:
        raise UnreadableTable(missing)
    return [
        (number, _Cells(zip(names, (cell.strip() for cell in row), strict=False)))
        for number, row in enumerate(sheet.rows[1:], 2)
        if any(cell.strip() for cell in row)
    ]


def headers_of(sheet: SheetRows) -> list[str]:
    """Return the headers; an example in brackets behind a door's column is left out."""
    texts = ["".join(text.split()) for text in (sheet.rows[0] if sheet.rows else ())]
    return [short if (short := _BRACKET.sub("", text)) in DOORS else text for text in texts]


def optional_rows(sheets: Mapping[str, SheetRows], name: str) -> list[Row]:
    """Return the rows of a sheet that may be missing."""
    return [row for _, row in _rows(sheets[name], ())] if name in sheets else []
