"""Workbooks with several tables, each on a sheet of its own, as other programs export them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from xml.etree import ElementTree

import python_calamine

from groupbuy.documents.faults import UnreadableTable, of_file
from groupbuy.documents.guards import MAX_FILE, harmless, packed, too_large
from groupbuy.documents.xlsx_rows import MAX_MERGED, formula_faults, sheet_part, shown

Area = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class SheetRows:
    """A sheet's cells as a person sees them; ``covered`` are cells (row, column from 0) below a merged one.

    A covered cell may hold a text that nobody sees, which is left out here.
    """

    rows: tuple[tuple[str, ...], ...]
    covered: frozenset[tuple[int, int]]


def read_sheets(content: bytes, names: Collection[str]) -> Mapping[str, SheetRows]:
    """Read those of the named sheets that a workbook has, hidden ones too.

    Raise UnreadableTable as ``read_table`` does: what is too large, damaged, has macros or links, or
    a formula without a stored value.
    """
    if len(content) > MAX_FILE:
        raise too_large()
    if not content.startswith(b"PK\x03\x04"):
        raise of_file("inconsistent", "The file is damaged or is no .xlsx workbook.")
    parts = harmless(content, wide=True)
    try:
        with python_calamine.load_workbook(packed(parts)) as book:
            places = {name: place for place, name in enumerate(book.sheet_names) if name in names}
            found = {name: _rows(book.get_sheet_by_index(place)) for name, place in places.items()}
            faults = [
                fault
                for name, place in places.items()
                for fault in formula_faults(sheet_part(parts, place), _header(found[name]))
            ]
    except (python_calamine.CalamineError, ElementTree.ParseError) as error:
        raise of_file("inconsistent", f"The workbook cannot be read: {error}.") from error
    if faults:
        raise UnreadableTable(faults)
    return found


def _header(sheet: SheetRows) -> tuple[str, ...]:
    return sheet.rows[0] if sheet.rows else ()


def _rows(sheet: python_calamine.CalamineSheet) -> SheetRows:
    if sheet.start is None:
        return SheetRows((), frozenset())
    rows = [
        [cell if type(cell) is str else shown(cell) for cell in row]
        for row in sheet.to_python(skip_empty_area=False)
    ]
    covered = _covered(sheet.merged_cell_ranges or [], len(rows), len(rows[0]) if rows else 0)
    for row, column in covered:
        rows[row][column] = ""
    return SheetRows(tuple(tuple(row) for row in rows), covered)


def _covered(areas: Sequence[Area], height: int, width: int) -> frozenset[tuple[int, int]]:
    covered: set[tuple[int, int]] = set()
    room = MAX_MERGED
    for (top, left), (bottom, right) in areas:
        last_row, last_column = min(bottom, height - 1), min(right, width - 1)
        room -= max(last_row - top + 1, 0) * max(last_column - left + 1, 0)
        if room < 0:
            raise of_file("out_of_range", "The sheet has too many merged cells.")
        cells = product(range(top, last_row + 1), range(left, last_column + 1))
        covered.update(cell for cell in cells if cell != (top, left))
    return frozenset(covered)
