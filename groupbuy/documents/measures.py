"""How much room texts take, in widths of a Latin character; a Chinese character takes two."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

from groupbuy.documents.sheet import NUMBERS, Cell, Column, Kind, Row, Sheet
from groupbuy.documents.text import clean
from groupbuy.kernel.money import format_yuan, plain_yuan

# Room for " ×12" behind the name of goods.
_UNITS_WIDTH = 5
_LONGEST_CODE = 24


def width_of(text: str) -> int:
    """Return the width of a text of one line."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)


def lines_of(text: str, width: int) -> int:
    """Return how many lines a text takes in a given width."""
    return sum(max(1, -(-width_of(line) // max(width, 1))) for line in text.split("\n"))


def fitted(sheet: Sheet) -> list[Column]:
    """Return the columns of a sheet, wide enough that no number of theirs is cut and no code is broken."""
    rows = list(sheet.rows())
    sums = [sheet.sums(rows)] if sheet.has_totals else []
    return [
        replace(
            column, width=max(column.width, _least_width(column.kind, [row[place] for row in rows + sums]))
        )
        for place, column in enumerate(sheet.columns)
    ]


def _least_width(kind: Kind, cells: list[Cell]) -> int:
    if kind in NUMBERS:
        numbers = [cell for cell in cells if isinstance(cell, int)] or [0]
        return max(len(number_text(kind, min(numbers))), len(number_text(kind, max(numbers))))
    if kind is Kind.CODE:
        return min(max([len(str(cell)) for cell in cells], default=0), _LONGEST_CODE)
    return 0


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
    places = [(place, column.width) for place, column in enumerate(columns) if column.kind in kinds]

    def measure(row: Row) -> int:
        return max([_cell_lines(row[place], width) for place, width in places], default=1)

    return measure


def _cell_lines(cell: Cell, width: int) -> int:
    if isinstance(cell, str):
        # Most texts are short: nothing to count.
        plain = 2 * len(cell) <= width and "\n" not in cell and "\r" not in cell
        return 1 if plain else lines_of(clean(cell), width)
    if isinstance(cell, tuple):
        return sum([_cell_lines(name, width - _UNITS_WIDTH) for name, _ in cell]) or 1
    return 1


def letters(place: int) -> str:
    """Return the letters of a spreadsheet's column counted from 0: A, B … Z, AA."""
    text = ""
    while place >= 0:
        place, rest = divmod(place, 26)
        text, place = chr(ord("A") + rest) + text, place - 1
    return text
