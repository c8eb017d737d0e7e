"""Rows of a comma-separated file."""

import codecs
import csv
import io
from collections.abc import Sequence

from groupbuy.documents.faults import of_file

UTF_8 = "utf-8-sig"


def csv_rows(content: bytes, encodings: Sequence[str] = (UTF_8,)) -> list[tuple[str, ...]]:
    """Return the records of a file in the first encoding that fits, blank ones as empty tuples.

    Raise UnreadableTable.
    """
    # A record may hold line ends inside quotes, so the reader gets them as they are.
    lines = io.StringIO(_decoded(content, encodings), newline="")
    try:
        return [tuple(record) for record in csv.reader(lines, strict=True)]
    except csv.Error as error:
        raise of_file("inconsistent", f"The file is no proper CSV: {error}.") from error


def _decoded(content: bytes, encodings: Sequence[str]) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise of_file("inconsistent", "The file is in UTF-16; save it as CSV UTF-8.")
    text = _first_that_fits(content, encodings)
    if "\x00" in text:
        raise of_file("inconsistent", "The file has NUL bytes, so it is no text.")
    return text


def _first_that_fits(content: bytes, encodings: Sequence[str]) -> str:
    faults = []
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            faults.append(error)
    line = content.count(b"\n", 0, faults[0].start) + 1
    message = f"Line {line} is not in UTF-8; save the file as CSV UTF-8."
    raise of_file("inconsistent", message) from faults[0]
