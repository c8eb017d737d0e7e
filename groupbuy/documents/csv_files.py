"""Tables as CSV: one kind for people and their spreadsheets, one that is read back exactly."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

from groupbuy.documents.languages import in_readers_language
from groupbuy.documents.measures import number_text
from groupbuy.documents.progress import Note, counted, silent
from groupbuy.documents.sheet import NUMBERS, Cell, Column, Kind, Sheet
from groupbuy.documents.text import clean
from groupbuy.kernel.money import plain_yuan

CONTENT_TYPE = "text/csv; charset=utf-8"
# Spreadsheets take what begins so for a formula, also behind spaces and in full width.
_DANGEROUS = re.compile(r"\s*[=+\-@]")


def csv_for_people(sheet: Sheet, note: Note = silent) -> bytes:
    """Return a sheet's header and rows for a spreadsheet: UTF-8 with a byte order mark.

    Amounts are yuan with two decimals. A text that a spreadsheet would take for a formula gets an
    apostrophe in front, as people write it. QR codes are left out. ``note`` hears now and then how many
    rows are written.
    """
    sheet = in_readers_language(sheet)
    places = [place for place, column in enumerate(sheet.columns) if column.kind is not Kind.QR]
    header = [harmless(sheet.columns[place].title) for place in places]
    shown = ([_shown(sheet.columns[place], row[place]) for place in places] for row in sheet.rows())
    rows = counted(shown, note)
    return b"\xef\xbb\xbf" + _written([header], rows)


def csv_for_reading(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return texts exactly as they are, for ``read_table``: not to be opened in a spreadsheet."""
    return _written([headers], rows)


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    dangerous = text[:1] in {"\t", "\r", "\n"} or _DANGEROUS.match(unicodedata.normalize("NFKC", text))
    return f"'{text}" if dangerous else text


def _shown(column: Column, cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, tuple):
        return harmless("\n".join(f"{clean(name)} ×{units}" for name, units in cell))
    if isinstance(cell, int) and column.kind in NUMBERS:
        return plain_yuan(cell) if column.kind is Kind.MONEY else number_text(column.kind, cell)
    return harmless(clean(str(cell)))


def _written(*parts: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for rows in parts:
        writer.writerows(rows)
    return out.getvalue().encode()
