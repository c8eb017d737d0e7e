"""Importing further suppliers of products: those of a file are named or changed, others stay."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from groupbuy.catalog import bulk, sourcing
from groupbuy.catalog.models import Product
from groupbuy.catalog.sourcing import MAX_UNITS, MOST, Further, Sourced, Sourcing
from groupbuy.flows.importing import cells
from groupbuy.flows.importing.kind import Counts, Kind
from groupbuy.flows.importing.layout import Column, field_of
from groupbuy.flows.importing.sheet import Row, Sheet
from groupbuy.kernel.errors import BadInput

PRODUCT, SUPPLIER, LIMIT = 0, 1, 5
# What a product has once; the columns may be missing.
ONCE = ("split_by", "own_limit")
SPLIT_WORDS = {"share": "share", "price": "price", "按比例": "share", "按价格": "price"}


@dataclass(frozen=True, slots=True)
class Change:
    """What the rows of one product make of it."""

    rows: Sequence[Row]
    former: Sourcing
    wanted: Sourced

    @property
    def changes(self) -> bool:
        """Tell whether anything is to be stored."""
        return self.wanted.sourcing != self.former

    def counts(self) -> Counts:
        """Return how many rows name somebody new, change what was agreed, or say what is stored."""
        known = {one.supplier_code: one for one in self.former.further}
        same_terms = replace(self.former, further=()) == replace(self.wanted.sourcing, further=())
        new = sum(values[SUPPLIER] not in known for _, values in self.rows)
        same = sum(known.get(values[SUPPLIER]) == _further(values) for _, values in self.rows)
        unchanged = same if same_terms else 0
        return Counts(new, len(self.rows) - new - unchanged, unchanged)


def load(sheet: Sheet, _now: datetime) -> Counts:
    """Check further suppliers and bring what is stored to them."""
    rows = list(sheet.rows())
    sheet.refuse_repeats(rows, "product_code", "supplier_code")
    sheet.refuse_disagreement(rows, "product_code", [one for one in ONCE if sheet.place(one) is not None])
    ids = bulk.supplier_ids(sheet.values(rows, "supplier_code"))
    sheet.resolve(rows, "supplier_code", {code: code for code in ids})
    sheet.resolve(rows, "product_code", sourcing.lock_sourced(sheet.values(rows, "product_code")))
    faulty = sheet.faulty_rows()
    by_product: dict[int, list[Row]] = {}
    for row in rows:
        if row[0] not in faulty:
            by_product.setdefault(row[1][PRODUCT].product.id, []).append(row)
    changes = [_change(sheet, by_product[one]) for one in sorted(by_product)]
    return Counts() if sheet.faults else _store(changes)


def _change(sheet: Sheet, rows: Sequence[Row]) -> Change:
    sourced: Sourced = rows[0][1][PRODUCT]
    named = {values[SUPPLIER]: _further(values) for _, values in rows}
    further = {one.supplier_code: one for one in sourced.sourcing.further} | named
    by_code = tuple(further[code] for code in sorted(further))
    wanted = replace(sourced.sourcing, further=by_code, **_once(sheet, rows))
    _check(sheet, rows, sourced.product, wanted)
    return Change(rows, sourced.sourcing, Sourced(sourced.product, wanted))


def _further(values: Sequence[Any]) -> Further:
    return Further(*values[SUPPLIER : LIMIT + 1])


def _once(sheet: Sheet, rows: Sequence[Row]) -> dict[str, Any]:
    """Return what the rows say of the product itself; one row is enough to say it."""
    said: dict[str, Any] = {}
    for place, column in enumerate(sheet.present):
        if column.name in ONCE:
            told = (values[place] for _, values in rows)
            said[field_of(column)] = next((one for one in told if one is not None), column.blank)
    return said


def _check(sheet: Sheet, rows: Sequence[Row], product: Product, wanted: Sourcing) -> None:
    """Refuse what no product can have, also together with what is stored of it."""
    for number, values in rows:
        if values[SUPPLIER] == product.supplier.code:
            advice = "Name another supplier; this one is the product's own."
            sheet.refuse(number, "supplier_code", "inconsistent", advice)
    last = rows[-1][0]
    if len(wanted.further) > MOST:
        advice = f"A product has at most {MOST} further suppliers; {product.code} would have more."
        sheet.refuse(last, "supplier_code", "out_of_range", advice)
    if wanted.main_share_bp < 0:
        advice = f"The shares of {product.code}, those stored included, make more than 100 %."
        sheet.refuse(last, "share_percent", "out_of_range", advice)


def _store(changes: Sequence[Change]) -> Counts:
    sourcing.bring_many([one.wanted for one in changes if one.changes])
    counts = [one.counts() for one in changes]
    return Counts(*(sum(getattr(one, name) for one in counts) for name in Counts.__slots__))


def _split(text: str) -> str:
    if text.lower() not in SPLIT_WORDS:
        raise BadInput("out_of_range", "Write share or price, 按比例 or 按价格.")
    return SPLIT_WORDS[text.lower()]


def _bounded(parse: Callable[[str], int], advice: str) -> Callable[[str], int]:
    """Return a reader that takes no more than a source may have."""

    def read(text: str) -> int:
        value = parse(text)
        if value > MAX_UNITS:
            raise BadInput("out_of_range", advice)
        return value

    return read


_cost = _bounded(cells.price, f"Use an amount from 0 to {MAX_UNITS // 100}.")
_limit = _bounded(cells.limit, f"Use a whole number from 0 to {MAX_UNITS}.")

SOURCES = Kind(
    "sources",
    (
        Column("product_code", cells.reference, required=True),
        Column("supplier_code", cells.reference, required=True),
        Column("cost_yuan", _cost, "cost_fen", required=True),
        Column("case_size", cells.quantity, blank=1),
        Column("share_percent", cells.percent, "share_bp", blank=0),
        Column("daily_limit", _limit),
        Column("split_by", _split, optional=True, blank="share"),
        Column("own_limit", _limit, "daily_limit", optional=True),
    ),
    load,
)
