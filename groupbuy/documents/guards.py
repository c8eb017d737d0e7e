"""Workbooks from outside, made harmless before a parser sees them.

The parts are unpacked here, within bounds that do not trust what the file says about itself, looked
at, and packed again without compression: so the parser inflates nothing. Macros, links to other
files, document type definitions and references that would make a parser allocate gigabytes are refused.
"""

import io
import re
import zipfile
import zlib

from groupbuy.documents.faults import of_file

MEGABYTE = 2**20
MAX_FILE = 64 * MEGABYTE
MAX_ENTRIES = 2_000
MAX_PART = 256 * MEGABYTE
MAX_TOTAL = 384 * MEGABYTE
MAX_RATIO = 250
MAX_TEXT = 256 * MEGABYTE
MAX_ROWS = 200_000
MAX_COLUMNS = 64

# Small files may shrink as much as they like.
_RATIO_FROM = 4 * MEGABYTE
_MACROS = re.compile(r"vbaproject|(^|/)macrosheets/|(^|/)dialogsheets/", re.IGNORECASE)
_LINKS = re.compile(r"(^|/)externallinks/", re.IGNORECASE)
_EXTERNAL = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*TargetMode\s*=\s*[\"']External[\"'][^>]*>")
_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8[\"']|us-ascii[\"'])", re.IGNORECASE)
# A reader keeps the whole rectangle up to the last cell, so one cell far out costs gigabytes. Refused are
# columns after BL (64), rows after 200,001 and references written with character entities.
_FAR_OUT = re.compile(
    rb"r\s*=\s*[\"']\s*(?:"
    rb"[A-Za-z]{3,}\d|(?:[C-Zc-z][A-Za-z]|[Bb][M-Zm-z])\d"
    rb"|[A-Za-z]{0,2}0*(?:\d{7,}|[3-9]\d{5}|2(?!0000[01][\"'])\d{5})"
    rb"|[A-Za-z0-9]{0,9}&)"
)
# A sheet that is short may be wider: columns to ZZ (702) in rows 1 to 999.
_FAR_OUT_WIDE = re.compile(rb"r\s*=\s*[\"']\s*(?:[A-Za-z]{3,}\d|[A-Za-z]{0,2}0*[1-9]\d{3}|[A-Za-z0-9]{0,9}&)")
_SHARED = re.compile(rb"t=\"s\"[^>]*>\s*<(?:\w+:)?v>\s*(\d+)\s*<")


def harmless(content: bytes, *, wide: bool = False) -> dict[str, bytes]:
    """Return the XML parts of a workbook by path; raise UnreadableTable when it is not safe to read.

    ``wide`` lets sheets of less than a thousand rows have columns up to ZZ.
    """
    if len(content) > MAX_FILE:
        raise too_large()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = _unpack(package)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise of_file("inconsistent", "The file is damaged or is no .xlsx workbook.") from error
    for name, part in parts.items():
        _check_part(name, part, wide)
    _check_strings(parts)
    return parts


def packed(parts: dict[str, bytes]) -> io.BytesIO:
    """Return parts as a zip without compression."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name, part in parts.items():
            package.writestr(zipfile.ZipInfo(name), part)
    out.seek(0)
    return out


def too_large() -> Exception:
    """Return the error for a file, or what it unpacks to, beyond the bounds."""
    return of_file("out_of_range", f"The file is too large: at most {MAX_FILE // MEGABYTE} MB are read.")


def _unpack(package: zipfile.ZipFile) -> dict[str, bytes]:
    entries = package.infolist()
    _check_names([entry.filename for entry in entries])
    if sum(entry.file_size for entry in entries) > MAX_TOTAL:
        raise too_large()
    parts = {}
    for entry in entries:
        if entry.flag_bits & 1:
            raise of_file("inconsistent", "The workbook is protected by a password.")
        if entry.filename.lower().endswith((".xml", ".rels")):
            _check_size(entry)
            # The module stops at the size that was declared, so a file that lies about it is cut short.
            parts[entry.filename] = package.read(entry)
    return parts


def _check_names(names: list[str]) -> None:
    if len(names) > MAX_ENTRIES or len({name.lower() for name in names}) < len(names):
        raise of_file("inconsistent", "The workbook has too many parts, or two of the same name.")
    if any(_MACROS.search(name) for name in names):
        raise of_file("inconsistent", "The workbook has macros; save it as .xlsx without macros.")
    if any(_LINKS.search(name) for name in names):
        raise of_file("inconsistent", "The workbook has links to other files; paste the values instead.")


def _check_size(entry: zipfile.ZipInfo) -> None:
    bomb = entry.file_size > _RATIO_FROM and entry.file_size > MAX_RATIO * max(entry.compress_size, 1)
    if bomb or entry.file_size > MAX_PART:
        raise too_large()


def _check_part(name: str, part: bytes, wide: bool) -> None:
    if b"\x00" in part or part[:2] in {b"\xfe\xff", b"\xff\xfe"} or _ENCODING.search(part[:200]):
        raise of_file("inconsistent", "The workbook is not written in UTF-8.")
    if b"<!" in part and (b"<!DOCTYPE" in part or b"<!ENTITY" in part):
        raise of_file("inconsistent", "The workbook has a document type definition, which no workbook needs.")
    if name.endswith("[Content_Types].xml") and b"macroEnabled" in part:
        raise of_file("inconsistent", "The workbook has macros; save it as .xlsx without macros.")
    if name.endswith(".rels") and any(b"/hyperlink" not in link for link in _EXTERNAL.findall(part)):
        raise of_file("inconsistent", "The workbook has links to other files; paste the values instead.")
    far_out = b"sheetData" in part and _FAR_OUT.search(part)
    if far_out and not (wide and _FAR_OUT_WIDE.search(part) is None):
        raise of_file(
            "out_of_range", f"The sheet is too large: at most {MAX_ROWS:,} rows, {MAX_COLUMNS} columns."
        )


def _check_strings(parts: dict[str, bytes]) -> None:
    # A long text that thousands of cells share becomes a copy for each of them in the reader.
    texts = [
        len(text)
        for name, part in parts.items()
        if name.lower().endswith("sharedstrings.xml")
        for text in re.split(rb"</(?:\w+:)?si>", part)
    ]
    sheets = [part for part in parts.values() if b"sheetData" in part]
    uses = sum(part.count(b'"s"') + part.count(b"'s'") for part in sheets)
    if max(texts, default=0) * uses <= MAX_TEXT:
        return
    numbers = [int(number) for part in sheets for number in _SHARED.findall(part)]
    if len(numbers) < uses or sum(texts[n] for n in numbers if n < len(texts)) > MAX_TEXT:
        raise too_large()
