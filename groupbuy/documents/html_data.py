"""A sheet as plain values for a page that is printed from the browser: the same cells as on paper."""

from collections.abc import Sequence
from dataclasses import dataclass

from groupbuy.documents import sheet as sheets
from groupbuy.documents.languages import in_readers_language
from groupbuy.documents.measures import number_text
from groupbuy.documents.qr import svg
from groupbuy.documents.sheet import Column, Group, Kind, Row, Sheet
from groupbuy.documents.text import clean

Cell = str | list[tuple[str, str]] | None
"""A text, goods with their units, or nothing; in a column of QR codes a drawing of ours (SVG)."""


@dataclass(frozen=True, slots=True)
class HtmlColumn:
    """A column: its title, what it holds (the value of a ``Kind``), and where its cells stand."""

    title: str
    kind: str
    side: str


@dataclass(frozen=True, slots=True)
class HtmlGroup:
    """Rows that belong together; ``sums`` is empty where none are wanted."""

    heading: str
    rows: list[list[Cell]]
    sums: list[str]


@dataclass(frozen=True, slots=True)
class HtmlSheet:
    """Everything a page says of a sheet; head and closing are labels with their values."""

    title: str
    head: list[tuple[str, str]]
    closing: list[tuple[str, str]]
    notes: list[str]
    signatures: list[str]
    printed: str
    landscape: bool
    columns: list[HtmlColumn]
    groups: list[HtmlGroup]
    sums: list[str]
    total: str
    subtotal: str


def html_sheet(sheet: Sheet) -> HtmlSheet:
    """Return a sheet for a page: texts are texts, to be escaped by whoever shows them."""
    sheet = in_readers_language(sheet)
    return HtmlSheet(
        title=sheet.title,
        head=_pairs(sheet, sheet.head),
        closing=_pairs(sheet, sheet.closing),
        notes=list(sheet.notes),
        signatures=list(sheet.signatures),
        printed=sheet.printed,
        landscape=sheet.landscape,
        columns=[HtmlColumn(column.title, column.kind.value, column.side) for column in sheet.columns],
        groups=[_group(sheet, group) for group in sheet.groups],
        sums=_sums(sheet, sheet.sums()) if sheet.has_totals else [],
        total=sheet.words.total,
        subtotal=sheet.words.subtotal,
    )


def _pairs(sheet: Sheet, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(f"{label}{sheet.words.colon}" if label else "", clean(value)) for label, value in pairs]


def _group(sheet: Sheet, group: Group) -> HtmlGroup:
    rows = [
        [_cell(column, cell) for column, cell in zip(sheet.columns, row, strict=True)] for row in group.rows
    ]
    wanted = group.subtotal and sheet.has_totals
    return HtmlGroup(clean(group.heading), rows, _sums(sheet, sheet.sums(group.rows)) if wanted else [])


def _cell(column: Column, cell: sheets.Cell) -> Cell:
    if cell is None or cell in ("", ()):
        return None
    if isinstance(cell, tuple):
        return [(clean(name), f"×{units}") for name, units in cell]
    if isinstance(cell, int):
        return number_text(column.kind, cell)
    return svg(cell) if column.kind is Kind.QR else clean(cell)


def _sums(sheet: Sheet, sums: Row) -> list[str]:
    return [
        number_text(column.kind, value) if isinstance(value, int) else ""
        for column, value in zip(sheet.columns, sums, strict=True)
    ]
