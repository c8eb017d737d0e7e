"""Tables from files that people send: .csv and .xlsx."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from groupbuy.documents.csv_rows import UTF_8, csv_rows
from groupbuy.documents.faults import Fault, UnreadableTable, of_file
from groupbuy.documents.guards import MAX_FILE, MAX_ROWS, too_large
from groupbuy.documents.headers import REASON_HEADER, header_name
from groupbuy.documents.xlsx_rows import xlsx_rows

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one header row. Every cell is exactly what the file holds, surrounding spaces included.

    ``headers`` come without surrounding spaces and without the star of a required column.
    ``rows`` are (number, cells): the number as a spreadsheet counts it, the header being row 1, and
    a cell for each header. Blank rows are left out, but counted.
    """

    headers: Cells
    rows: Sequence[tuple[int, Cells]]


@dataclass(frozen=True, slots=True)
class Layout:
    """How files of a kind are written: which encodings text may be in, and which row is the header.

    Without ``is_header``, or where it finds none, the header is row 1; what stands above it is left out.
    """

    encodings: Sequence[str] = (UTF_8,)
    is_header: Callable[[Cells], bool] | None = None


OURS = Layout()


def read_table(source: Path | bytes, name: str = "", *, layout: Layout = OURS) -> Table:
    """Read a table from a file's path or content; ``name`` tells the kind of content without a path.

    Numbers come as a person sees them (``3``, ``29.9``, ``13812345678``), dates as
    ``YYYY-MM-DD HH:MM:SS``, yes and no as ``true`` and ``false``, formulas as the value stored with
    them. Raise UnreadableTable, whose faults have the codes of an import: ``out_of_range`` for
    what is too large, ``missing_column`` for an empty file, ``duplicate`` and ``unknown_column`` for
    headers, ``required`` for a formula without value, ``inconsistent`` for everything that cannot be read.
    """
    content = _content(source)
    title = (name or (source.name if isinstance(source, Path) else "")).lower()
    rows = xlsx_rows(content) if _is_workbook(content, title) else csv_rows(content, layout.encodings)
    if len(rows) > MAX_ROWS + 1:
        raise of_file("out_of_range", f"The table is too long: at most {MAX_ROWS:,} rows.")
    return _table(rows, _place_of_header(rows, layout))


def _content(source: Path | bytes) -> bytes:
    if (len(source) if isinstance(source, bytes) else source.stat().st_size) > MAX_FILE:
        raise too_large()
    return source if isinstance(source, bytes) else source.read_bytes()


def _is_workbook(content: bytes, title: str) -> bool:
    if content.startswith(b"PK\x03\x04"):
        return True
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise of_file(
            "inconsistent", "The workbook is an old .xls or protected by a password; save it as .xlsx."
        )
    if title.endswith((".xlsx", ".xls", ".xlsm")):
        raise of_file("inconsistent", "The file is damaged or is no .xlsx workbook.")
    return False


def _place_of_header(rows: Sequence[Cells], layout: Layout) -> int:
    if layout.is_header is None:
        return 0
    return next((place for place, row in enumerate(rows) if layout.is_header(row)), 0)


def _table(rows: list[Cells], top: int) -> Table:
    headers = tuple([header_name(header) for header in rows[top]]) if rows else ()
    kept = [place for place, header in enumerate(headers) if header not in {"", REASON_HEADER}]
    if not kept:
        raise of_file("missing_column", "The file has no header in row 1.")
    body = list(enumerate(rows[top + 1 :], top + 2))
    faults = [*_repeated_headers(headers, top + 1), *_stray_cells(headers, body)]
    if faults:
        raise UnreadableTable(faults)
    chosen = [(number, _chosen(row, kept)) for number, row in body]
    return Table(_chosen(headers, kept), [row for row in chosen if not _is_blank(row[1])])


def _is_blank(row: Cells) -> bool:
    return not any(row) or not "".join(row).strip()


def _chosen(row: Cells, kept: Sequence[int]) -> Cells:
    if len(row) == len(kept) == kept[-1] + 1:
        return row
    return tuple([row[place] if place < len(row) else "" for place in kept])


def _repeated_headers(headers: Cells, row: int) -> list[Fault]:
    repeated = {name: None for place, name in enumerate(headers) if name and name in headers[:place]}
    return [Fault(row, name, "duplicate", "Two columns have this header.") for name in repeated]


def _stray_cells(headers: Cells, body: Iterable[tuple[int, Cells]]) -> list[Fault]:
    bare = {place for place, header in enumerate(headers) if not header}
    return [
        Fault(number, "", "unknown_column", f"Cell {place + 1} of the row has no header above it.")
        for number, row in body
        if bare or len(row) > len(headers)
        for place, cell in enumerate(row)
        if (place in bare or place >= len(headers)) and cell.strip()
    ]
