"""How much room texts take, in widths of a Latin character; a Chinese character takes two."""

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import repeat

from groupbuy.documents.sheet import NUMBERS, Cell, Column, Kind, Sheet
from groupbuy.documents.text import clean
from groupbuy.kernel.money import format_yuan, plain_yuan

Measure = Callable[[Sequence[tuple[Cell, ...]]], Iterable[int]]
"""Tells from the cells of columns how many lines each row's tallest cell takes."""

# Room for " ×12" behind the name of goods.
_UNITS_WIDTH = 5
_LONGEST_CODE = 30
# Capitals and a few others take more than half as much again as a digit.
_BROAD = frozenset("ABCDEFGHKMNOQRSTUVWXYZmw@%&")
_UNBROKEN = NUMBERS | {Kind.CODE}


def width_of(text: str) -> int:
    """Return the width of a text of one line, guessed from its UTF-8: Chinese takes three bytes."""
    if text.isascii():
        return len(text)
    return (len(text) + len(text.encode("utf-8", "surrogatepass"))) // 2


def width_of_run(text: str) -> int:
    """Return the width of a text of one line in print, where some letters are wider than a digit."""
    return width_of(text) + math.ceil(0.6 * sum(letter in _BROAD for letter in text))


def lines_of(text: str, width: int) -> int:
    """Return how many lines a text takes in a given width."""
    return sum(max(1, -(-width_of(line) // max(width, 1))) for line in text.split("\n"))


def fitted(sheet: Sheet) -> list[Column]:
    """Return the columns of a sheet, wide enough that no number of theirs is cut and no code is broken."""
    rows = list(sheet.rows())
    if sheet.has_totals:
        rows.append(sheet.sums(rows))
    cells = zip(*rows, strict=True) if rows else [()] * len(sheet.columns)
    return [_fitted(column, theirs) for column, theirs in zip(sheet.columns, cells, strict=True)]


def _fitted(column: Column, cells: tuple[Cell, ...]) -> Column:
    if column.kind not in _UNBROKEN:
        return column
    width = _least_width(column.kind, cells)
    return column if width <= column.width else replace(column, width=width)


def _least_width(kind: Kind, cells: tuple[Cell, ...]) -> int:
    if kind in NUMBERS:
        numbers = [cell for cell in cells if isinstance(cell, int)] or [0]
        return max(len(number_text(kind, min(numbers))), len(number_text(kind, max(numbers))))
    return min(max([width_of_run(cell) for cell in {str(cell) for cell in cells}], default=0), _LONGEST_CODE)


def number_text(kind: Kind, number: int) -> str:
    """Return a number as people read it on paper: ``¥1,234.50``, ``12.5%``, ``3``."""
    if kind is Kind.MONEY:
        return format_yuan(number)
    if kind is Kind.RATE:
        return f"{plain_yuan(number)}%"
    return str(number)


def row_lines(columns: Sequence[Column]) -> Measure:
    """Return what tells from the cells of these columns how many lines each row's tallest cell takes."""
    kinds = {Kind.TEXT, Kind.GOODS}
    places = [(place, _Lines(column.width)) for place, column in enumerate(columns) if column.kind in kinds]

    def measure(cells: Sequence[tuple[Cell, ...]]) -> Iterable[int]:
        tall = [map(lines.__getitem__, cells[place]) for place, lines in places]
        if len(tall) > 1:
            return map(max, *tall)
        return tall[0] if tall else repeat(1, len(cells[0]))

    return measure


class _Lines(dict[Cell, int]):
    """How many lines a cell takes in a width: the same names come again and again."""

    def __init__(self, width: int) -> None:
        super().__init__({None: 1, "": 1, (): 1})
        self._width = width

    def __missing__(self, cell: Cell) -> int:
        self[cell] = lines = self._measured(cell)
        return lines

    def _measured(self, cell: Cell) -> int:
        if isinstance(cell, tuple):
            return sum([_lines_of_name(name, self._width - _UNITS_WIDTH) for name, _ in cell])
        return lines_of(clean(str(cell)), self._width)


@functools.lru_cache(maxsize=20_000)
def _lines_of_name(name: str, width: int) -> int:
    return lines_of(clean(name), width)


@functools.cache
def letters(place: int) -> str:
    """Return the letters of a spreadsheet's column counted from 0: A, B … Z, AA."""
    text = ""
    while place >= 0:
        place, rest = divmod(place, 26)
        text, place = chr(ord("A") + rest) + text, place - 1
    return text
