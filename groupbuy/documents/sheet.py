"""The plain value of a printed table: what it says, not how a file format says it.

A domain turns a read model into a ``Sheet``; the writers of this room turn sheets into xlsx, PDF
or CSV that look alike. Sums are taken here, from the rows themselves, so that a document's
totals cannot differ from what stands above them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

Goods = tuple[str, int]
"""Name with specification, and units of it."""

Cell = str | int | None | tuple[Goods, ...]
Row = tuple[Cell, ...]


class Kind(Enum):
    """What a column holds; it decides type, alignment and number format in every writer."""

    TEXT = "text"
    """Text from people; may have several lines."""
    CODE = "code"
    """Digits or letters that are no number: codes, phones, order numbers. Never a number cell."""
    INTEGER = "integer"
    QUANTITY = "quantity"
    """An integer in bold."""
    MONEY = "money"
    """An int of fen, shown as yuan."""
    RATE = "rate"
    """An int of basis points, shown as a percentage."""
    GOODS = "goods"
    """A tuple of (name, units): a line each, units in bold."""
    QR = "qr"
    """A text shown as a QR code; where pictures are left out, so is the column."""


NUMBERS = frozenset({Kind.INTEGER, Kind.QUANTITY, Kind.MONEY, Kind.RATE})
SUMMABLE = frozenset({Kind.INTEGER, Kind.QUANTITY, Kind.MONEY})


@dataclass(frozen=True, slots=True)
class Column:
    """A column; ``width`` is in Latin characters (a Chinese one takes two) and gives proportions on paper.

    ``align`` is ``left``, ``center`` or ``right``; by default numbers stand right, codes in the
    middle, text left. ``total`` asks for sums per group, per page and overall.
    """

    title: str
    kind: Kind = Kind.TEXT
    width: int = 10
    total: bool = False
    align: str = ""

    def __post_init__(self) -> None:
        if self.total and self.kind not in SUMMABLE:
            raise ValueError(f"a {self.kind.value} column has no total")

    @property
    def side(self) -> str:
        """Return where the cells stand: ``left``, ``center`` or ``right``."""
        if self.align:
            return self.align
        if self.kind in NUMBERS:
            return "right"
        return "center" if self.kind in {Kind.CODE, Kind.QR} else "left"


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together, with a heading above them and their own sums below, where wanted."""

    rows: Sequence[Row]
    heading: str = ""
    subtotal: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """The words that writers add; give other ones for a sheet in another language."""

    total: str = "合计"
    subtotal: str = "小计"
    page_total: str = "本页小计"
    page: str = "第 {page} / {pages} 页"
    colon: str = "："


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table for print.

    ``head`` and ``closing`` are (label, value) pairs above and below the table; an empty label
    shows the value alone. Without title and head the table begins in row 1. ``signatures`` are the
    labels of lines to sign on. ``printed`` says when and in which version, and stands on every
    page. ``name`` is the tab of the sheet in a workbook (the title where empty).
    ``frozen_columns`` stay in view when a wide table is scrolled.
    Raise ValueError where a row has not as many cells as there are columns.
    """

    title: str
    columns: Sequence[Column]
    groups: Sequence[Group]
    name: str = ""
    head: Sequence[tuple[str, str]] = ()
    closing: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    signatures: Sequence[str] = ()
    printed: str = ""
    landscape: bool = False
    frozen_columns: int = 0
    words: Words = field(default=Words())

    def __post_init__(self) -> None:
        width = len(self.columns)
        if not width or any(set(map(len, group.rows)) - {width} for group in self.groups):
            raise ValueError(f"every row of {self.title!r} needs {width} cells")

    def rows(self) -> Iterator[Row]:
        """Yield the rows of all groups."""
        for group in self.groups:
            yield from group.rows

    @property
    def has_totals(self) -> bool:
        """Tell whether any column is summed."""
        return any(column.total for column in self.columns)

    def sums(self, rows: Sequence[Row] | None = None) -> Row:
        """Return one cell per column: the sum of some rows (of all by default), None where none is wanted."""
        chosen = list(self.rows()) if rows is None else rows
        # A text in a summed column is a mistake of ours, which adding it up shows as a TypeError.
        return tuple(
            sum([cell for row in chosen if (cell := row[place]) is not None]) if column.total else None  # type: ignore[misc] # See above.
            for place, column in enumerate(self.columns)
        )


def table(rows: Sequence[Row]) -> tuple[Group, ...]:
    """Return the groups of a sheet that has only one, without heading."""
    return (Group(rows),)
