"""Sums read back from a workbook of ours, by the titles of its columns, as a person would."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import python_calamine

TOTAL, SUBTOTAL = "合计", "小计"


@dataclass(frozen=True, slots=True)
class Sums:
    """What the rows add up to and what is printed as their total, in sale units and fen, if it has those."""

    units: int
    amount_fen: int | None
    printed_units: int
    printed_amount_fen: int | None

    @property
    def agree(self) -> bool:
        """Tell whether the printed totals are those of the rows."""
        return (self.units, self.amount_fen) == (self.printed_units, self.printed_amount_fen)


def reread(path: Path, *, units: str, amount: str | None, all_tabs: bool) -> Sums:
    """Add up a column of units and one of yuan, of the first tab or of all; raise ValueError without them."""
    with python_calamine.load_workbook(path) as book:
        names = book.sheet_names if all_tabs else book.sheet_names[:1]
        tabs = [_tab(book.get_sheet_by_name(name).to_python(), units, amount) for name in names]
    return Sums(
        sum(tab.units for tab in tabs),
        sum(tab.amount_fen or 0 for tab in tabs) if amount else None,
        sum(tab.printed_units for tab in tabs),
        sum(tab.printed_amount_fen or 0 for tab in tabs) if amount else None,
    )


def _tab(rows: Sequence[Sequence[Any]], units: str, amount: str | None) -> Sums:
    header = next((place for place, row in enumerate(rows) if units in row), None)
    if header is None or (amount and amount not in rows[header]):
        raise ValueError(f"no columns {units} and {amount}")
    column, price = rows[header].index(units), rows[header].index(amount) if amount else None
    body = [row for row in rows[header + 1 :] if isinstance(row[column], float)]
    totals = [row for row in body if row[0] == TOTAL]
    plain = [row for row in body if row[0] not in (TOTAL, SUBTOTAL)]
    return Sums(*_sums(plain, column, price), *_sums(totals, column, price))


def _sums(rows: Sequence[Sequence[Any]], units: int, amount: int | None) -> tuple[int, int | None]:
    counted = sum(int(row[units]) for row in rows)
    return counted, None if amount is None else sum(round(row[amount] * 100) for row in rows)
