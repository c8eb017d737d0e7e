"""Rows of a comma-separated file in UTF-8."""

import codecs
import csv
import io

from groupbuy.documents.faults import of_file


def csv_rows(content: bytes) -> list[tuple[str, ...]]:
    """Return the records of a file, blank ones as empty tuples; raise UnreadableTable."""
    # A record may hold line ends inside quotes, so the reader gets them as they are.
    lines = io.StringIO(_decoded(content), newline="")
    try:
        return [tuple(record) for record in csv.reader(lines, strict=True)]
    except csv.Error as error:
        raise of_file("inconsistent", f"The file is no proper CSV: {error}.") from error


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise of_file("inconsistent", "The file is in UTF-16; save it as CSV UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"Line {line} is not in UTF-8; save the file as CSV UTF-8."
        raise of_file("inconsistent", message) from error
    if "\x00" in text:
        raise of_file("inconsistent", "The file has NUL bytes, so it is no text.")
    return text
