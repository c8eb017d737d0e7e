"""The file that somebody sent, given back with what is wrong with it beside each row."""

import io
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import openpyxl
import structlog
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from groupbuy.documents.faults import Fault
from groupbuy.documents.guards import harmless
from groupbuy.documents.headers import REASON_HEADER, header_name
from groupbuy.documents.reading import Table, read_table
from groupbuy.documents.sheet import Column, Kind, Row, Sheet, table
from groupbuy.documents.templates import put_text
from groupbuy.documents.xlsx import write_xlsx

log = structlog.get_logger()

LIST_TAB = "错误清单"
_REASON_WIDTH = 50
_RED = "FFFDE2DD"
# Above this a workbook is written anew: changing one in place takes fifty times its size in memory.
_LARGE = 4 * 2**20


def mark_up(content: bytes, faults: Sequence[Fault], name: str = "") -> bytes:
    """Return a workbook of the same rows with a column 错误原因, and a sheet that lists all faults.

    A workbook keeps everything else it has, and the cells at fault turn red; a CSV file or a very
    large workbook becomes a new one. The result can be corrected and sent again: that column is not read.
    Raise UnreadableTable when the file is not safe to open or cannot be read at all.
    """
    if content.startswith(b"PK"):
        harmless(content)
        marked = _marked(content, faults) if len(content) <= _LARGE else None
        if marked is not None:
            return marked
    read = read_table(content, name)
    return write_xlsx([_rewritten(read, faults), _listed(faults)])


def reasons(faults: Sequence[Fault]) -> dict[int, str]:
    """Return the sentences of each row's faults, a line each, with the column they are about."""
    lines: dict[int, list[str]] = defaultdict(list)
    for fault in faults:
        lines[fault.row].append(f"{fault.column}：{fault.message}" if fault.column else fault.message)
    return {row: "\n".join(texts) for row, texts in lines.items()}


def _marked(content: bytes, faults: Sequence[Fault]) -> bytes | None:
    """Return the workbook marked in place, or None where openpyxl cannot do it.

    It is stricter than our reader, and fails in a dozen ways on workbooks of other programs; their
    owner still gets the rows back.
    """
    try:
        with warnings.catch_warnings():
            # It warns of drop-downs and the like that it will lose; the rows are what matters here.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content))
            _mark_rows(next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible"), faults)
            _add_list(book, faults)
            out = io.BytesIO()
            book.save(out)
    except Exception:
        log.warning("workbook_not_marked_in_place", exc_info=True)
        return None
    return out.getvalue()


def _mark_rows(sheet: Any, faults: Sequence[Fault]) -> None:
    headers = {header_name(str(cell.value)): cell.column for cell in sheet[1] if cell.value is not None}
    reason_column = headers.get(REASON_HEADER) or max(headers.values(), default=0) + 1
    _clear(sheet, reason_column)
    for row, text in reasons(faults).items():
        if row > 1:
            _mark(sheet.cell(row, reason_column), text)
    for fault in faults:
        if fault.column in headers:
            sheet.cell(fault.row, headers[fault.column]).fill = PatternFill("solid", fgColor=_RED)


def _clear(sheet: Any, column: int) -> None:
    """Take away what an earlier marking wrote."""
    for row in range(2, sheet.max_row + 1):
        if sheet.cell(row, column).value is not None:
            sheet.cell(row, column).value = None
    put_text(sheet.cell(1, column), REASON_HEADER)
    sheet.cell(1, column).font = Font(bold=True)
    sheet.column_dimensions[get_column_letter(column)].width = _REASON_WIDTH


def _mark(cell: Any, text: str) -> None:
    put_text(cell, text)
    cell.fill = PatternFill("solid", fgColor=_RED)
    cell.alignment = Alignment(wrap_text=True, vertical="center")


def _add_list(book: Any, faults: Sequence[Fault]) -> None:
    if LIST_TAB in book.sheetnames:
        del book[LIST_TAB]
    sheet = book.create_sheet(LIST_TAB)
    rows = [("行", "列", REASON_HEADER), *((str(f.row), f.column, f.message) for f in faults)]
    for number, texts in enumerate(rows, 1):
        for place, text in enumerate(texts, 1):
            put_text(sheet.cell(number, place), text)
    sheet.column_dimensions["B"].width = 20
    sheet.column_dimensions["C"].width = _REASON_WIDTH


def _rewritten(read: Table, faults: Sequence[Fault]) -> Sheet:
    columns = [Column(header, Kind.TEXT, 14) for header in read.headers]
    columns.append(Column(REASON_HEADER, Kind.TEXT, _REASON_WIDTH))
    return Sheet("", columns, table(list(_numbered(read, reasons(faults)))), name="数据")


def _numbered(read: Table, texts: dict[int, str]) -> Iterator[Row]:
    """Yield the rows with their reasons, blank ones too, so that every row keeps its number."""
    expected = 2
    for number, cells in read.rows:
        for _ in range(number - expected):
            yield ("",) * (len(cells) + 1)
        yield (*cells, texts.get(number, ""))
        expected = number + 1


def _listed(faults: Sequence[Fault]) -> Sheet:
    columns = (
        Column("行", Kind.INTEGER, 8),
        Column("列", width=20),
        Column(REASON_HEADER, width=_REASON_WIDTH),
    )
    return Sheet("", columns, table([(f.row, f.column, f.message) for f in faults]), name=LIST_TAB)
