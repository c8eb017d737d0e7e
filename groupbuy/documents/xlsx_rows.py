"""Rows of the first visible sheet of a workbook, as the texts a person sees."""

import posixpath
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import python_calamine

from groupbuy.documents.faults import Fault, UnreadableTable, of_file
from groupbuy.documents.guards import harmless, packed

Value = int | float | str | bool | time | date | datetime | timedelta
_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*[^/>])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>[^<]")
_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Z]+)(\d+)", re.IGNORECASE)
MAX_MERGED = 500_000
_EXACT = 10**15


def xlsx_rows(content: bytes) -> list[tuple[str, ...]]:
    """Return the rows from row 1 on; raise UnreadableTable.

    Merged cells all have the text of the first one, as people mean it.
    """
    parts = harmless(content)
    try:
        with python_calamine.load_workbook(packed(parts)) as book:
            index = _first_visible(book)
            part = sheet_part(parts, index)
            rows = _rows(book.get_sheet_by_index(index))
    except (python_calamine.CalamineError, ElementTree.ParseError) as error:
        raise of_file("inconsistent", f"The workbook cannot be read: {error}.") from error
    faults = formula_faults(part, rows[0] if rows else ())
    if faults:
        raise UnreadableTable(faults)
    return rows


def _first_visible(book: python_calamine.CalamineWorkbook) -> int:
    for index, sheet in enumerate(book.sheets_metadata):
        table = sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        if table and sheet.visible == python_calamine.SheetVisibleEnum.Visible:
            return index
    raise of_file("missing_column", "The workbook has no visible sheet.")


def _rows(sheet: python_calamine.CalamineSheet) -> list[tuple[str, ...]]:
    if sheet.start is None:
        return []
    rows = [
        tuple([cell if type(cell) is str else shown(cell) for cell in row])
        for row in sheet.to_python(skip_empty_area=False)
    ]
    _fill_merged(rows, sheet.merged_cell_ranges or [])
    return rows


def shown(value: Value) -> str:
    """Return the text of a cell as a person sees it: ``3``, ``29.9``, ``true``, ``2026-11-22 22:00:00``."""
    if type(value) is float:
        return _number(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        # A moment is kept as a fraction of a day, so 22:00:00 may come back a hair too early.
        return (value + timedelta(milliseconds=500)).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return f"{value.isoformat()} 00:00:00"
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return value.isoformat("seconds") if isinstance(value, time) else str(value)


def _number(value: float) -> str:
    if value.is_integer() and -_EXACT < value < _EXACT:
        return str(int(value))
    # Spreadsheets show 15 digits, so 13 * 2.3 is 29.9 and not 29.899999999999999.
    return format(Decimal(f"{value:.15g}"), "f")


def _fill_merged(rows: list[tuple[str, ...]], areas: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    room = MAX_MERGED
    for (top, left), (bottom, right) in areas:
        text = rows[top][left] if top < len(rows) and left < len(rows[top]) else ""
        right = min(right, len(rows[0]) - 1) if text else -1
        for number in range(top, min(bottom, len(rows) - 1) + 1) if text else ():
            rows[number] = (*rows[number][:left], *[text] * (right - left + 1), *rows[number][right + 1 :])
            room -= right - left + 1
            if room < 0:
                raise of_file("out_of_range", "The sheet has too many merged cells.")


def sheet_part(parts: dict[str, bytes], index: int) -> bytes:
    """Return the XML of a sheet by its place in the workbook; raise UnreadableTable, ParseError."""
    lowered = {name.lower(): part for name, part in parts.items()}
    path = next((name for name in lowered if name.endswith("workbook.xml")), "")
    folder, base = posixpath.split(path)
    sheets = _nodes(lowered.get(path, b""), "sheet")[index : index + 1]
    links = [value for sheet in sheets for key, value in sheet.attrib.items() if key.endswith("}id")]
    relationships = _nodes(lowered.get(f"{folder}/_rels/{base}.rels", b""), "Relationship")
    targets = [node.get("Target", "") for node in relationships if node.get("Id") in links]
    for target in targets:
        found = lowered.get(posixpath.join("/", folder, target).lower().removeprefix("/"))
        if found is not None:
            return found
    raise of_file("inconsistent", "The workbook cannot be read: a sheet is missing.")


def _nodes(part: bytes, name: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(part)  # noqa: S314 # The guards found no document type definition in it.
    return [node for node in root.iter() if node.tag.endswith(f"}}{name}")]


def formula_faults(part: bytes, headers: tuple[str, ...]) -> list[Fault]:
    """Return the cells of a sheet that show an error, or have a formula whose value was not stored."""
    if b"<f" not in part and b":f" not in part and b't="e"' not in part:
        return []
    cells = _CELL.finditer(part)
    return [fault for cell in cells for fault in _cell_faults(cell[1], cell[2], headers)]


def _cell_faults(attributes: bytes, body: bytes, headers: tuple[str, ...]) -> Iterator[Fault]:
    place = _PLACE.search(attributes)
    if place is None:
        return
    column, row = _column_number(place[1].decode()), int(place[2])
    header = headers[column] if column < len(headers) else ""
    if b't="e"' in attributes:
        yield Fault(row, header, "inconsistent", "The cell shows an error instead of a value.")
    elif _FORMULA.search(body) and not _VALUE.search(body) and b't="str"' not in attributes:
        message = (
            "The formula has no stored value; open and save the file in a spreadsheet, or type the value."
        )
        yield Fault(row, header, "required", message)


def _column_number(name: str) -> int:
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
