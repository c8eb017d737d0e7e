"""Cells of a workbook: what a column's kind makes of a value."""

from collections.abc import Callable

from groupbuy.documents.sheet import NUMBERS, Cell, Kind
from groupbuy.documents.strings import SharedStrings
from groupbuy.kernel.money import plain_yuan


class Ends(dict[Cell, str]):
    """What stands behind the place of a cell, by its value: most values of a column come again and again.

    A text is always a shared string, so never a formula, a number or a date.
    """

    def __init__(self, kind: Kind, style: int, strings: SharedStrings) -> None:
        super().__init__()
        self._empty = f' s="{style}"/>'
        self._number = f' s="{style}"><v>%s</v></c>'
        self._text = f' s="{style}" t="s"><v>%s</v></c>'
        self._shown = _SHOWN.get(kind, str) if kind in NUMBERS else None
        self._is_picture = kind is Kind.QR
        self._strings = strings

    def __missing__(self, cell: Cell) -> str:
        """Work out what a value not met before makes."""
        self[cell] = end = self._end(cell)
        return end

    def _end(self, cell: Cell) -> str:
        # A code is a picture above the cell.
        if self._is_picture:
            return self._empty
        if isinstance(cell, int):
            if self._shown is not None:
                return self._number % self._shown(cell)
            cell = str(cell)
        return self._text % self._strings.number(cell) if cell else self._empty


def text_cell(letter: str, row: int, style: int, number: int) -> str:
    """Return a cell in a column and a row with the shared string of a number."""
    return f'<c r="{letter}{row}" s="{style}" t="s"><v>{number}</v></c>'


def _fraction(basis_points: int) -> str:
    sign = "-" if basis_points < 0 else ""
    return f"{sign}{abs(basis_points) // 10_000}.{abs(basis_points) % 10_000:04d}"


_SHOWN: dict[Kind, Callable[[int], str]] = {Kind.MONEY: plain_yuan, Kind.RATE: _fraction}
