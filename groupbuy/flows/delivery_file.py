"""A delivery from a file: one row for each product."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Protocol

from groupbuy.documents.faults import Fault, UnreadableTable, of_file
from groupbuy.flows.receiving import MAX_UNITS, Delivery

REQUIRED = ("product_code", "delivered")
COLUMNS = (*REQUIRED, "rejected", "reason", "batch", "best_before", "warehouse")


class Rows(Protocol):
    """A table with one header row; rows are numbered as a spreadsheet counts them."""

    @property
    def headers(self) -> Sequence[str]:
        """Return the texts of the header row."""

    @property
    def rows(self) -> Iterable[tuple[int, Sequence[str]]]:
        """Return the rows below it."""


def read_deliveries(
    table: Rows, *, known: Collection[str] | None = None, places: Collection[str] | None = None
) -> list[Delivery]:
    """Return the deliveries of a table with the columns COLUMNS; raise UnreadableTable with every fault.

    ``known`` are the product codes that may come, ``places`` the warehouses that take goods in, None for any.
    """
    for column in REQUIRED:
        if column not in table.headers:
            raise of_file("missing_column", f"The file has no column {column}.")
    for column in table.headers:
        if column not in COLUMNS:
            raise of_file("unknown_column", f"A delivery has no column {column}.")
    faults: list[Fault] = []
    found = [_read(number, cells, faults, known, places) for number, cells in filled_rows(table)]
    if faults:
        raise UnreadableTable(faults)
    return found


def filled_rows(table: Rows) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the rows that are not blank by their numbers, trimmed cells by the header above them."""
    for number, row in table.rows:
        cells = dict(zip(table.headers, (cell.strip() for cell in row), strict=False))
        if any(cells.values()):
            yield number, cells


def _read(
    number: int,
    cells: Mapping[str, str],
    faults: list[Fault],
    known: Collection[str] | None,
    places: Collection[str] | None,
) -> Delivery:
    code = cells.get("product_code", "")
    if not code:
        faults.append(Fault(number, "product_code", "required", "Say which product."))
    elif known is not None and code not in known:
        faults.append(Fault(number, "product_code", "unknown_product", "The order has no such product."))
    place = cells.get("warehouse") or None
    if place is not None and places is not None and place not in places:
        faults.append(Fault(number, "warehouse", "unknown_warehouse", "No such warehouse takes goods in."))
    return Delivery(
        code,
        _units(number, cells, "delivered", faults),
        _units(number, cells, "rejected", faults),
        cells.get("reason") or None,
        cells.get("batch") or None,
        _day(number, cells.get("best_before", ""), faults),
        place,
    )


def _units(number: int, cells: Mapping[str, str], column: str, faults: list[Fault]) -> int:
    text = cells.get(column, "") or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_UNITS))):
        faults.append(Fault(number, column, "not_a_number", "Write a whole number."))
        return 0
    return int(text)


def _day(number: int, text: str, faults: list[Fault]) -> date | None:
    try:
        # A workbook's date comes with the time of day.
        return date.fromisoformat(text.removesuffix(" 00:00:00")) if text else None
    except ValueError:
        faults.append(Fault(number, "best_before", "not_a_date", "Write a day as 2026-12-31."))
        return None
