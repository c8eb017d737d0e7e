"""Tables from files that people send: .csv in UTF-8 and .xlsx."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from groupbuy.documents.csv_rows import csv_rows
from groupbuy.documents.faults import Fault, UnreadableTable, of_file
from groupbuy.documents.guards import MAX_FILE, MAX_ROWS, too_large
from groupbuy.documents.xlsx_rows import xlsx_rows

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one header row. Every text is exactly what the file holds, surrounding spaces included.

    ``rows`` are (number, cells): the number as a spreadsheet counts it, the header being row 1, and
    a cell for each header. Blank rows are left out, but counted.
    """

    headers: Cells
    rows: Sequence[tuple[int, Cells]]


def read_table(source: Path | bytes, name: str = "") -> Table:
    """Read a table from a file's path or content; ``name`` tells the kind of content without a path.

    Numbers come as a person sees them (``3``, ``29.9``, ``13812345678``), dates as
    ``YYYY-MM-DD HH:MM:SS``, yes and no as ``true`` and ``false``, formulas as the value stored with
    them. Raise UnreadableTable, whose faults have the codes of an import: ``out_of_range`` for
    what is too large, ``missing_column`` for an empty file, ``duplicate`` and ``unknown_column`` for
    headers, ``required`` for a formula without value, ``inconsistent`` for everything that cannot be read.
    """
    content = _content(source)
    title = (name or (source.name if isinstance(source, Path) else "")).lower()
    rows = _reader(content, title)(content)
    if len(rows) > MAX_ROWS + 1:
        raise of_file("out_of_range", f"The table is too long: at most {MAX_ROWS:,} rows.")
    return _table(rows)


def _content(source: Path | bytes) -> bytes:
    if (len(source) if isinstance(source, bytes) else source.stat().st_size) > MAX_FILE:
        raise too_large()
    return source if isinstance(source, bytes) else source.read_bytes()


def _reader(content: bytes, title: str) -> Callable[[bytes], list[Cells]]:
    if content.startswith(b"PK\x03\x04"):
        return xlsx_rows
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise of_file(
            "inconsistent", "The workbook is an old .xls or protected by a password; save it as .xlsx."
        )
    if title.endswith((".xlsx", ".xls", ".xlsm")):
        raise of_file("inconsistent", "The file is damaged or is no .xlsx workbook.")
    return csv_rows


def _table(rows: list[Cells]) -> Table:
    if not rows or _is_blank(rows[0]):
        raise of_file("missing_column", "The file has no header in row 1.")
    headers = rows[0]
    kept = [place for place, header in enumerate(headers) if header.strip()]
    body = [(number, row) for number, row in enumerate(rows[1:], 2) if not _is_blank(row)]
    faults = [*_repeated_headers(headers), *_stray_cells(set(kept), body)]
    if faults:
        raise UnreadableTable(faults)
    return Table(_chosen(headers, kept), [(number, _chosen(row, kept)) for number, row in body])


def _is_blank(row: Cells) -> bool:
    return not any(row) or not "".join(row).strip()


def _chosen(row: Cells, kept: Sequence[int]) -> Cells:
    if len(row) == len(kept):
        return row
    return tuple([row[place] if place < len(row) else "" for place in kept])


def _repeated_headers(headers: Cells) -> list[Fault]:
    names = [header.strip() for header in headers]
    repeated = {name for place, name in enumerate(names) if name and name in names[:place]}
    return [
        Fault(1, name, "duplicate", "Two columns have this header.") for name in names if name in repeated
    ][len(repeated) :]


def _stray_cells(kept: set[int], body: Iterable[tuple[int, Cells]]) -> list[Fault]:
    return [
        Fault(number, "", "unknown_column", f"Cell {place + 1} of the row has no header above it.")
        for number, row in body
        if len(row) != len(kept)
        for place, cell in enumerate(row)
        if place not in kept and cell.strip()
    ]
