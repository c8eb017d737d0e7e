"""A file being checked: its header, its cells, and every fault found in them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from groupbuy.documents.faults import Fault
from groupbuy.flows.importing.layout import Column, Read, field_of
from groupbuy.kernel.errors import BadInput

HEADER_ROW = 1

# A row of a file: its number as the spreadsheet counts, then a value per column of the sheet.
# What could not be read is None.
Row = tuple[int, list[Any]]


class Table(Protocol):
    """A table with one header row; the rows can be gone through again.

    A row is its number, as a spreadsheet counts it, and its cells as texts.
    """

    @property
    def headers(self) -> Sequence[str]:
        """Return the texts of the header row."""

    @property
    def rows(self) -> Iterable[tuple[int, Sequence[str]]]:
        """Return the rows below it."""


@dataclass(slots=True)
class Sheet:
    """The rows of a table under the columns of its kind, and the faults found so far."""

    table: Table
    columns: tuple[Column, ...]
    zone: ZoneInfo
    present: tuple[Column, ...] = ()
    faults: list[Fault] = field(default_factory=list)
    _positions: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        header = [text.strip() for text in self.table.headers]
        places = {text: index for index, text in reversed(list(enumerate(header))) if text}
        self.present = tuple(column for column in self.columns if column.name in places)
        self._positions = [places[column.name] for column in self.present]
        self._check_header(header, places)

    def _check_header(self, header: Sequence[str], places: Mapping[str, int]) -> None:
        known = {column.name for column in self.columns}
        for column in self.columns:
            if column.name not in places and not column.optional:
                self.refuse(HEADER_ROW, column.name, "missing_column", f"Add the column {column.name}.")
        for index, text in enumerate(header):
            if text and text not in known:
                advice = f"Remove this column; known are {', '.join(sorted(known))}."
                self.refuse(HEADER_ROW, self.table.headers[index], "unknown_column", advice)
            elif text and places[text] != index:
                self.refuse(HEADER_ROW, text, "duplicate", "Keep only one column of this name.")

    @property
    def complete(self) -> bool:
        """Tell whether every column that the kind needs is there."""
        return not any(fault.code == "missing_column" for fault in self.faults)

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the fields of the table that the columns fill, in their order."""
        return tuple(field_of(column) for column in self.present)

    def refuse(self, row: int, column: str, code: str, message: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(row, column, code, message))

    def place(self, column: str) -> int | None:
        """Return where a column's value stands in a row, None where the file lacks it."""
        return next((index for index, known in enumerate(self.present) if known.name == column), None)

    def rows(self) -> Iterator[Row]:
        """Read the rows one by one, blank ones left out; note every cell that is faulty."""
        readers = [
            (position, column.reader(self.zone))
            for position, column in zip(self._positions, self.present, strict=True)
        ]
        nameless = [index for index, text in enumerate(self.table.headers) if not text.strip()]
        width = len(self.table.headers)
        for number, cells in self.table.rows:
            if nameless or len(cells) > width:
                self._refuse_nameless(
                    number, [*cells[width:], *(cells[i] for i in nameless if i < len(cells))]
                )
            try:
                values = [read(cells[position]) for position, read in readers]
            except (BadInput, IndexError):
                if "".join(cells).strip():
                    yield number, self._read_faulty(number, cells, readers)
            else:
                yield number, values

    def _read_faulty(
        self, number: int, cells: Sequence[str], readers: Iterable[tuple[int, Read]]
    ) -> list[Any]:
        """Read a row cell by cell, as the first fault does not tell of the others."""
        values = []
        for (position, read), column in zip(readers, self.present, strict=True):
            try:
                values.append(read(cells[position] if position < len(cells) else ""))
            except BadInput as error:
                self.refuse(number, column.name, error.code, error.message)
                values.append(None)
        return values

    def _refuse_nameless(self, number: int, cells: Iterable[str]) -> None:
        if any(cell.strip() for cell in cells):
            advice = "Remove the cell that has no header above it, or quote a text that has a comma."
            self.refuse(number, "", "unknown_column", advice)

    def at(self, column: str) -> int:
        """Return where the value of a column that every complete file has stands in a row."""
        return [known.name for known in self.present].index(column)

    def refuse_repeats(self, rows: Iterable[Row], *columns: str) -> None:
        """Refuse rows whose values in these columns an earlier row has; the last column is named."""
        places = [self.at(column) for column in columns]
        first: dict[Any, int] = {}
        for number, values in rows:
            key = tuple(values[place] for place in places)
            if None not in key and first.setdefault(key, number) != number:
                advice = f"Keep one of the rows {first[key]} and {number}; both have this {columns[-1]}."
                self.refuse(number, columns[-1], "duplicate", advice)

    def refuse_disagreement(self, rows: Iterable[Row], key: str, columns: Sequence[str]) -> None:
        """Refuse values that differ from those of the first row with the same key."""
        places = [(column, self.at(column)) for column in columns]
        key_place = self.at(key)
        first: dict[tuple[Any, str], tuple[int, Any]] = {}
        for number, values in rows:
            for column, place in places if values[key_place] is not None else ():
                if values[place] is None:
                    continue
                row, agreed = first.setdefault((values[key_place], column), (number, values[place]))
                if agreed != values[place]:
                    advice = f"Write the same {column} as in row {row}, or another {key}."
                    self.refuse(number, column, "inconsistent", advice)

    def faulty_rows(self) -> set[int]:
        """Return the numbers of the rows that have a fault."""
        return {fault.row for fault in self.faults}

    def values(self, rows: Iterable[Row], column: str) -> list[Any]:
        """Return a column's different values, in their first order, without blanks."""
        place = self.place(column)
        if place is None:
            return []
        return list(dict.fromkeys(values[place] for _, values in rows if values[place] is not None))

    def resolve(self, rows: Iterable[Row], column: str, found: Mapping[Any, Any]) -> None:
        """Put what was found in the place of a column's values; refuse what stands for nothing."""
        place = self.place(column)
        if place is None:
            return
        for number, values in rows:
            value = values[place]
            if value is not None:
                values[place] = found.get(value)
                if value not in found:
                    self.refuse(number, column, "unknown_reference", f"There is no {value}; import it first.")

    def tuples(self, rows: Iterable[Row]) -> list[tuple[Any, ...]]:
        """Return the values of the rows, ready to be stored."""
        return [tuple(values) for _, values in rows]
