"""Rows of goods pasted from a spreadsheet: code, price, limit, per buyer, threshold, by tab or comma."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from groupbuy.kernel.money import parse_yuan

MAX_ROWS = 500
# What a row may hold, in this order; further cells are ignored, as a spreadsheet's remarks are.
NUMBERS = ("limit_units", "per_buyer_limit", "min_units")


@dataclass(frozen=True, slots=True)
class PastedRow:
    """One row: fen and sale units; None where the cell was empty."""

    line: int
    code: str
    price_fen: int | None = None
    limit_units: int | None = None
    per_buyer_limit: int | None = None
    min_units: int | None = None


@dataclass(frozen=True, slots=True)
class PasteFault:
    """What could not be understood: the line and the text in question."""

    line: int
    text: str


def read_paste(text: str) -> tuple[list[PastedRow], list[PasteFault]]:
    """Return the rows of a pasted text and what was not understood; a header row is passed over."""
    rows: list[PastedRow] = []
    faults: list[PasteFault] = []
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    for number, line in lines[:MAX_ROWS]:
        cells = [unicodedata.normalize("NFKC", cell).strip() for cell in _cells(line)]
        if number == lines[0][0] and _is_header(cells):
            continue
        row, fault = _read(number, cells)
        rows.append(row)
        if fault:
            faults.append(PasteFault(number, fault))
    faults += [PasteFault(number, line) for number, line in lines[MAX_ROWS:]]
    return rows, faults


def _cells(line: str) -> list[str]:
    if "\t" in line:
        return line.split("\t")
    return re.split(r"\s*[,，;；]\s*|\s{2,}", line.strip())


def _is_header(cells: Sequence[str]) -> bool:
    return not any(char.isdigit() for char in "".join(cells))


def _read(number: int, cells: Sequence[str]) -> tuple[PastedRow, str]:
    """Return a row and the first cell that could not be read, empty when all could."""
    row, fault = PastedRow(number, cells[0]), ""
    if len(cells) > 1 and cells[1]:
        try:
            row = replace(row, price_fen=_price(cells[1]))
        except (ValueError, OverflowError):
            fault = cells[1]
    for name, cell in zip(NUMBERS, cells[2:], strict=False):
        plain = _plain(cell).removesuffix(".0").removesuffix(".00")
        if plain.isascii() and plain.isdigit() and len(plain) < 8:
            row = replace(row, **_amount(name, int(plain)))
        elif plain:
            fault = fault or cell
    return row, fault


def _price(cell: str) -> int:
    """Return a price in fen; raise ValueError or OverflowError, also for one below zero."""
    fen = parse_yuan(_plain(cell))
    if fen < 0:
        raise ValueError(cell)
    return fen


def _amount(name: str, units: int) -> dict[str, Any]:
    return {name: units}


def _plain(cell: str) -> str:
    return cell.replace(",", "").removeprefix("¥").removesuffix("元").strip()
