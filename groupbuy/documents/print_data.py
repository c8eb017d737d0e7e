"""A sheet as plain JSON values for the typesetter: every text from people stays a string."""

import re
from collections.abc import Iterator, Sequence

from groupbuy.documents.measures import fitted, number_text, row_lines
from groupbuy.documents.qr import svg
from groupbuy.documents.sheet import Cell, Column, Kind, Row, Sheet
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
_WIDE = "ABCDEFGHKMNOQRSTUVWXYZmw@%&"
_LINE = 40


def print_data(sheet: Sheet) -> dict[str, Json]:
    """Return what the template needs to know of a sheet."""
    columns = fitted(sheet)
    summed = [place for place, column in enumerate(columns) if column.total]
    return {
        "title": printable(sheet.title),
        "short_title": printable(sheet.title[:24]),
        "head": _pairs(sheet, sheet.head),
        "closing": _pairs(sheet, sheet.closing),
        "notes": [printable(note) for note in sheet.notes],
        "signatures": [printable(label) + sheet.words.colon for label in sheet.signatures],
        "printed": printable(sheet.printed),
        "landscape": sheet.landscape,
        "words": {"page": sheet.words.page, "page_total": sheet.words.page_total}
        | {"total": sheet.words.total, "subtotal": sheet.words.subtotal},
        "size": _font_size(sheet, columns),
        "columns": [_column(column) for column in columns],
        "groups": list(_groups(sheet, columns)),
        "has_totals": sheet.has_totals,
        "span": summed[0] if summed else 0,
        "sums": list(sheet.sums()),
        "zeros": [0 for _ in summed],
    }


def printable(text: str, room: int = _LINE) -> str:
    """Return a text that prints in so many letters' width.

    A long run without a space gets places where it may be broken; marks that turn the direction of
    what follows, or that join emoji, are left out.
    """
    plain = _UNPRINTED.sub("", clean(text))
    return _RUN.sub(lambda run: _breakable(run[0], room), plain) if len(plain) > room // 2 else plain


def _breakable(run: str, room: int) -> str:
    width = len(run) + sum(run.count(letter) for letter in _WIDE) * 0.6
    return run if width <= room else "\u200b".join(run)


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


def _groups(sheet: Sheet, columns: list[Column]) -> Iterator[dict[str, Json]]:
    measure, running = row_lines(columns), [0 for column in columns if column.total]
    for group in sheet.groups:
        rows = []
        lines = measure(list(zip(*group.rows, strict=True))) if group.rows else ()
        for row, taken in zip(group.rows, lines, strict=True):
            running = [a + b for a, b in zip(running, _summed(columns, row), strict=True)]
            rows.append({"cells": _cells(columns, row), "sums": running, "tall": taken > _TALL})
        wanted = group.subtotal and sheet.has_totals
        sums = list(sheet.sums(group.rows)) if wanted else None
        yield {"heading": printable(group.heading), "rows": rows, "sums": sums}


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
