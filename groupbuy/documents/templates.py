"""Workbooks for people to fill in: a sheet with the columns of an import, and one that explains them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import openpyxl
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from groupbuy.documents.headers import STAR
from groupbuy.documents.styles import FONT, HEADER_FILL
from groupbuy.documents.xlsx import tab_name

GUIDE_TAB = "填写说明"
_GUIDE_HEADERS = ("列名", "必填", "说明", "示例")
_GUIDE_WIDTHS = (22, 8, 60, 30)
_REQUIRED_FILL = "FFFFF0C2"
_LAST_ROW = 10_000
# A list of choices in a cell's rule may not be longer.
_MAX_CHOICES = 255


@dataclass(frozen=True, slots=True)
class TemplateColumn:
    """A column to fill in; ``choices`` become a drop-down list where they are short enough for one."""

    header: str
    required: bool = False
    explanation: str = ""
    example: str = ""
    choices: Sequence[str] = ()


def write_template(
    title: str,
    columns: Sequence[TemplateColumn],
    notes: Sequence[str] = (),
    rows: Sequence[Sequence[str]] = (),
) -> bytes:
    """Return a workbook with a sheet of these columns, required ones starred, and a guide.

    The sheet is empty but for ``rows``, texts that are filled in already.
    """
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = tab_name(title)
    sheet.freeze_panes = "A2"
    for place, column in enumerate(columns, 1):
        _add_column(sheet, place, column)
    for number, row in enumerate(rows, 2):
        for place, text in enumerate(row, 1):
            put_text(sheet.cell(number, place), text)
    _add_guide(book.create_sheet(GUIDE_TAB), columns, notes)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def put_text(cell: Cell, text: str) -> None:
    """Put a text into a cell so that it is never taken for a formula."""
    cell.value = text
    cell.data_type = "s"


def _add_column(sheet: Any, place: int, column: TemplateColumn) -> None:
    cell = sheet.cell(1, place)
    put_text(cell, column.header + (STAR if column.required else ""))
    _dress(cell, _REQUIRED_FILL if column.required else HEADER_FILL)
    letter = get_column_letter(place)
    sheet.column_dimensions[letter].width = max(14, 2 * len(column.header) + 4)
    # As text, so that a spreadsheet leaves leading zeros, long codes and phones alone.
    sheet.column_dimensions[letter].number_format = "@"
    listed = ",".join(column.choices)
    if column.choices and len(listed) <= _MAX_CHOICES and '"' not in listed:
        rule = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True)
        rule.add(f"{letter}2:{letter}{_LAST_ROW}")
        sheet.add_data_validation(rule)


def _add_guide(sheet: Any, columns: Sequence[TemplateColumn], notes: Sequence[str]) -> None:
    for row, note in enumerate(notes, 1):
        put_text(sheet.cell(row, 1), note)
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=len(_GUIDE_HEADERS))
    first = len(notes) + 1
    for place, (header, width) in enumerate(zip(_GUIDE_HEADERS, _GUIDE_WIDTHS, strict=True), 1):
        put_text(sheet.cell(first, place), header)
        _dress(sheet.cell(first, place), HEADER_FILL)
        sheet.column_dimensions[get_column_letter(place)].width = width
    for row, column in enumerate(columns, first + 1):
        texts = (column.header, "是" if column.required else "否", _explained(column), column.example)
        for place, text in enumerate(texts, 1):
            put_text(sheet.cell(row, place), text)
            sheet.cell(row, place).alignment = Alignment(wrap_text=True, vertical="center")


def _explained(column: TemplateColumn) -> str:
    choices = f"可选：{'、'.join(column.choices)}" if column.choices else ""
    return "\n".join(part for part in (column.explanation, choices) if part)


def _dress(cell: Cell, fill: str) -> None:
    side = Side(style="thin", color="FF8C959F")
    cell.font = Font(name=FONT, bold=True)
    cell.fill = PatternFill("solid", fgColor=fill)
    cell.border = Border(left=side, right=side, top=side, bottom=side)
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
