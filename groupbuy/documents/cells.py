"""Cells of a workbook: what a column's kind makes of a value."""

from collections.abc import Callable

from groupbuy.documents.measures import letters
from groupbuy.documents.sheet import NUMBERS, Cell, Kind
from groupbuy.documents.strings import SharedStrings
from groupbuy.kernel.money import plain_yuan

CellWriter = Callable[[int, Cell], str]
"""Makes the XML of a cell from the number of its row (from 1) and its value."""


def writer(kind: Kind, place: int, style: int, strings: SharedStrings) -> CellWriter:
    """Return what writes the cells of a column (counted from 0) in a style."""
    if kind is Kind.QR:
        return _empty_writer(letters(place), style)
    if kind in NUMBERS:
        return _number_writer(kind, place, style, strings)
    return text_writer(place, style, strings)


def text_writer(place: int, style: int, strings: SharedStrings) -> CellWriter:
    """Return what writes texts: always a shared string, so never a formula, a number or a date."""
    letter, number_of = letters(place), strings.number

    def write(row: int, cell: Cell) -> str:
        if isinstance(cell, int):
            cell = str(cell)
        if not cell:
            return f'<c r="{letter}{row}" s="{style}"/>'
        return f'<c r="{letter}{row}" s="{style}" t="s"><v>{number_of(cell)}</v></c>'

    return write


def _number_writer(kind: Kind, place: int, style: int, strings: SharedStrings) -> CellWriter:
    letter, shown, otherwise = letters(place), _SHOWN.get(kind, str), text_writer(place, style, strings)

    def write(row: int, cell: Cell) -> str:
        if isinstance(cell, int):
            return f'<c r="{letter}{row}" s="{style}"><v>{shown(cell)}</v></c>'
        return otherwise(row, cell)

    return write


def _empty_writer(letter: str, style: int) -> CellWriter:
    def write(row: int, cell: Cell) -> str:  # noqa: ARG001 # The code is a picture above the cell.
        return f'<c r="{letter}{row}" s="{style}"/>'

    return write


def _fraction(basis_points: int) -> str:
    sign = "-" if basis_points < 0 else ""
    return f"{sign}{abs(basis_points) // 10_000}.{abs(basis_points) % 10_000:04d}"


_SHOWN: dict[Kind, Callable[[int], str]] = {Kind.MONEY: plain_yuan, Kind.RATE: _fraction}
