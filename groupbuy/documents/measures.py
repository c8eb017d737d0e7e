"""How much room texts take, in widths of a Latin character; a Chinese character takes two."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace

from groupbuy.documents.sheet import NUMBERS, Cell, Column, Kind, Row, Sheet
from groupbuy.documents.text import clean
from groupbuy.kernel.money import format_yuan, plain_yuan

# Room for " ×12" behind the name of goods.
_UNITS_WIDTH = 5
_LONGEST_CODE = 24
_UNBROKEN = NUMBERS | {Kind.CODE}


def width_of(text: str) -> int:
    """Return the width of a text of one line, guessed from its UTF-8: Chinese takes three bytes."""
    if text.isascii():
        return len(text)
    return (len(text) + len(text.encode("utf-8", "surrogatepass"))) // 2


def lines_of(text: str, width: int) -> int:
    """Return how many lines a text takes in a given width."""
    return sum(max(1, -(-width_of(line) // max(width, 1))) for line in text.split("\n"))


def fitted(sheet: Sheet) -> list[Column]:
    """Return the columns of a sheet, wide enough that no number of theirs is cut and no code is broken."""
    rows = list(sheet.rows())
    if sheet.has_totals:
        rows.append(sheet.sums(rows))
    return [_fitted(column, place, rows) for place, column in enumerate(sheet.columns)]


def _fitted(column: Column, place: int, rows: list[Row]) -> Column:
    if column.kind not in _UNBROKEN:
        return column
    width = _least_width(column.kind, [row[place] for row in rows])
    return column if width <= column.width else replace(column, width=width)


def _least_width(kind: Kind, cells: list[Cell]) -> int:
    if kind in NUMBERS:
        numbers = [cell for cell in cells if isinstance(cell, int)] or [0]
        return max(len(number_text(kind, min(numbers))), len(number_text(kind, max(numbers))))
    return min(max([len(str(cell)) for cell in cells], default=0), _LONGEST_CODE)


def number_text(kind: Kind, number: int) -> str:
    """Return a number as people read it on paper: ``¥1,234.50``, ``12.5%``, ``3``."""
    if kind is Kind.MONEY:
        return format_yuan(number)
    if kind is Kind.RATE:
        return f"{plain_yuan(number)}%"
    return str(number)


def row_lines(columns: Sequence[Column]) -> Callable[[Row], int]:
    """Return what tells how many lines the tallest cell of a row takes in these columns."""
    kinds = {Kind.TEXT, Kind.GOODS}
    # The same names come again and again, so what was measured is kept.
    places: list[tuple[int, int, dict[Cell, int]]]
    places = [(place, column.width, {}) for place, column in enumerate(columns) if column.kind in kinds]

    def measure(row: Row) -> int:
        tallest = 1
        for place, width, known in places:
            cell = row[place]
            if cell:
                lines = known.get(cell) or known.setdefault(cell, _cell_lines(cell, width))
                tallest = max(tallest, lines)
        return tallest

    return measure


def _cell_lines(cell: Cell, width: int) -> int:
    if isinstance(cell, tuple):
        return sum([lines_of(clean(name), width - _UNITS_WIDTH) for name, _ in cell])
    return lines_of(clean(str(cell)), width)


@functools.cache
def letters(place: int) -> str:
    """Return the letters of a spreadsheet's column counted from 0: A, B … Z, AA."""
    text = ""
    while place >= 0:
        place, rest = divmod(place, 26)
        text, place = chr(ord("A") + rest) + text, place - 1
    return text
