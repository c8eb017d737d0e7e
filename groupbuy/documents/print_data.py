"""A sheet as plain JSON values for the typesetter: every text from people stays a string."""

import re
from collections.abc import Iterator, Sequence
from typing import TypedDict

from groupbuy.documents.measures import Measure, fitted, number_text, row_lines, width_of_run
from groupbuy.documents.qr import svg
from groupbuy.documents.sheet import Cell, Column, Group, Kind, Row, Sheet
from groupbuy.documents.text import clean

Json = object

# Inner width of A4 in points, upright and across, less what the cells keep free.
_PAPER = {False: 538, True: 785}
_LARGEST, _SMALLEST = 9.5, 5.0
# A Latin letter or digit takes a little more than half of the size of the font.
_LETTER = 0.58
# Cells taller than this may be broken over two pages; others never are.
_TALL = 30
# Marks that turn the direction of what follows could turn a quantity behind a name.
_UNPRINTED = re.compile("[\u200d\ufe0e\ufe0f\u202a-\u202e\u2066-\u2069]")
_RUN = re.compile(r"[!-~]{4,}")
_LINE = 40


class Line(TypedDict):
    """A row; ``after`` is how far a page has come with it, ``tall`` whether it may go on on the next."""

    cells: list[Json]
    after: list[int]
    tall: bool


class Lines(TypedDict):
    """Rows of a group, and its sums where they stand below."""

    heading: str
    rows: list[Line]
    sums: Row | None
    after: list[int]


class PrintData:
    """What the template needs to know of a sheet, as a whole or piece by piece.

    Rows and the sums below a group are counted as lines. How far a page has come is a list: the sums of
    the rows so far, then the number of lines so far.
    """

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._columns = fitted(sheet)
        self._sums = list(sheet.sums())
        self.start = [0 for column in self._columns if column.total] + [0]
        self.lines = sum(_lines_of(sheet, group) for group in sheet.groups)

    def whole(self) -> dict[str, Json]:
        """Return the whole sheet."""
        return self._frame() | {
            "whole": True,
            "first": True,
            "last": True,
            "before": self.start,
            "groups": self.groups(self.start, self.lines),
        }

    def piece(self, before: list[int], groups: list[Lines]) -> dict[str, Json]:
        """Return a piece of the sheet: these groups, which follow what a page has come to."""
        after = groups[-1]["after"][-1] if groups else before[-1]
        return self._frame() | {
            "whole": False,
            "first": before[-1] == 0,
            "last": after == self.lines,
            "before": before,
            "groups": groups,
        }

    def groups(self, before: list[int], stop: int) -> list[Lines]:
        """Return the lines from where a page has come ``before`` up to a number of lines."""
        return list(_groups(self._sheet, self._columns, before, stop))

    def foot(self) -> dict[str, Json]:
        """Return what the foot of a page says, and on which paper."""
        sheet = self._sheet
        return {
            "short_title": printable(sheet.title[:24]),
            "printed": printable(sheet.printed),
            "landscape": sheet.landscape,
            "page_words": sheet.words.page,
        }

    def _frame(self) -> dict[str, Json]:
        sheet, columns = self._sheet, self._columns
        return self.foot() | {
            "title": printable(sheet.title),
            "head": _pairs(sheet, sheet.head),
            "closing": _pairs(sheet, sheet.closing),
            "notes": [printable(note) for note in sheet.notes],
            "signatures": [printable(label) + sheet.words.colon for label in sheet.signatures],
            "words": {"page_total": sheet.words.page_total}
            | {"total": sheet.words.total, "subtotal": sheet.words.subtotal},
            "size": _font_size(sheet, columns),
            "columns": [_column(column) for column in columns],
            "has_totals": sheet.has_totals,
            "span": next((place for place, column in enumerate(columns) if column.total), 0),
            "sums": self._sums,
        }


def printable(text: str, room: int = _LINE) -> str:
    """Return a text that prints in so many letters' width.

    A long run without a space gets places where it may be broken; marks that turn the direction of
    what follows, or that join emoji, are left out.
    """
    plain = _UNPRINTED.sub("", clean(text))
    return _RUN.sub(lambda run: _breakable(run[0], room), plain) if len(plain) > room // 2 else plain


def _breakable(run: str, room: int) -> str:
    return run if width_of_run(run) <= room else "\u200b".join(run)


def _font_size(sheet: Sheet, columns: list[Column]) -> float:
    letters = sum(column.width + 1 for column in columns)
    return round(min(_LARGEST, max(_SMALLEST, _PAPER[sheet.landscape] / letters / _LETTER)), 2)


def _column(column: Column) -> dict[str, Json]:
    return {
        "title": printable(column.title, column.width),
        "kind": column.kind.value,
        "side": column.side,
        "width": column.width + 1,
        "total": column.total,
    }


def _pairs(sheet: Sheet, pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    colon = sheet.words.colon
    return [[printable(label) + colon if label else "", printable(value)] for label, value in pairs]


def _lines_of(sheet: Sheet, group: Group) -> int:
    return len(group.rows) + _has_sums(sheet, group)


def _has_sums(sheet: Sheet, group: Group) -> bool:
    return group.subtotal and sheet.has_totals


def _groups(sheet: Sheet, columns: list[Column], before: list[int], stop: int) -> Iterator[Lines]:
    measure, running, first = row_lines(columns), before, 0
    for group in sheet.groups:
        lines = _lines_of(sheet, group)
        begin, end = max(before[-1] - first, 0), min(stop - first, lines)
        first += lines
        if begin >= end:
            continue
        rows: list[Line] = []
        for row, tall in _measured(measure, group.rows[begin:end]):
            running = _sum_up(running, [*_summed(columns, row), 1])
            rows.append({"cells": _cells(columns, row), "after": running, "tall": tall})
        sums: Row | None = None
        if _has_sums(sheet, group) and end == lines:
            running, sums = [*running[:-1], running[-1] + 1], sheet.sums(group.rows)
        yield {"heading": printable(group.heading), "rows": rows, "sums": sums, "after": running}


def _measured(measure: Measure, rows: Sequence[Row]) -> Iterator[tuple[Row, bool]]:
    """Yield each row and whether it may be broken over two pages."""
    lines = measure(list(zip(*rows, strict=True))) if rows else ()
    return ((row, taken > _TALL) for row, taken in zip(rows, lines, strict=True))


def _sum_up(running: list[int], more: list[int]) -> list[int]:
    return [a + b for a, b in zip(running, more, strict=True)]


def _summed(columns: list[Column], row: Row) -> list[int]:
    cells = [row[place] for place, column in enumerate(columns) if column.total]
    return [cell if isinstance(cell, int) else 0 for cell in cells]


def _cells(columns: list[Column], row: Row) -> list[Json]:
    return [_cell(column, cell) for column, cell in zip(columns, row, strict=True)]


def _cell(column: Column, cell: Cell) -> Json:
    if cell is None or cell in ("", ()):
        return None
    if isinstance(cell, tuple):
        return [[printable(name, column.width), f"×{units}"] for name, units in cell]
    if isinstance(cell, int):
        return number_text(column.kind, cell)
    return svg(cell) if column.kind is Kind.QR else printable(cell, column.width)
