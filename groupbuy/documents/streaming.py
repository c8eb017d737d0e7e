"""Long tables row by row, where the whole table would fill the memory."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from groupbuy.documents.faults import of_file
from groupbuy.documents.reading import Table, read_table

XLSX_OR_ZIP = b"PK\x03\x04"
OLD_XLS = b"\xd0\xcf\x11\xe0"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A .csv file of any length in UTF-8, read anew each time its rows are gone through.

    Unlike a ``Table`` it has blank rows and rows of any width. Going through it raises
    UnreadableTable where the file cannot be read further.
    """

    path: Path
    headers: tuple[str, ...]

    @property
    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each row below the header with its number as a spreadsheet counts it."""
        numbered = enumerate(_records(self.path), 1)
        next(numbered)
        yield from numbered


def open_table(path: Path) -> Table | CsvFile:
    """Open a .csv file of any length or a workbook; raise UnreadableTable or OSError."""
    with path.open("rb") as file:
        start = file.read(4)
    looks_like_a_workbook = start in (XLSX_OR_ZIP, OLD_XLS) or start[:2] in UTF_16
    if looks_like_a_workbook or path.suffix.lower() in (".xlsx", ".xls", ".xlsm"):
        return read_table(path)
    headers = tuple(next(_records(path), ()))
    if not "".join(headers).strip():
        raise of_file("missing_column", "The file has no header in row 1.")
    return CsvFile(path, headers)


def _records(path: Path) -> Iterator[list[str]]:
    # A record may hold line ends inside quotes, so the reader gets them as they are.
    with path.open(encoding="utf-8-sig", newline="") as file:
        records = csv.reader(file, strict=True)
        try:
            yield from records
        except csv.Error as error:
            message = f"Line {records.line_num} is no proper CSV: {error}."
            raise of_file("inconsistent", message) from error
        except UnicodeDecodeError as error:
            message = f"Line {_line_not_in_utf_8(path)} is not in UTF-8; save the file as CSV UTF-8."
            raise of_file("inconsistent", message) from error


def _line_not_in_utf_8(path: Path) -> int:
    """Return the number of the first such line; the decoder reads ahead and knows only its own place."""
    with path.open("rb") as file:
        return next(number for number, line in enumerate(file, 1) if not _is_utf_8(line))


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
