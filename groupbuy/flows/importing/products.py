"""Importing products."""

from collections.abc import Sequence
from datetime import datetime

from groupbuy.catalog import bulk
from groupbuy.commissions import floors
from groupbuy.flows.importing import cells
from groupbuy.flows.importing.kind import Counts, Kind, counts_of
from groupbuy.flows.importing.layout import Column
from groupbuy.flows.importing.sheet import Row, Sheet


def load(sheet: Sheet, now: datetime) -> Counts:
    """Check products and bring what is stored to them; categories and brands are made as needed."""
    rows = list(sheet.rows())
    sheet.refuse_repeats(rows, "code")
    sheet.resolve(rows, "supplier_code", bulk.supplier_ids(sheet.values(rows, "supplier_code")))
    if sheet.faults:
        return Counts()
    sheet.resolve(rows, "category", bulk.category_ids(sheet.values(rows, "category")))
    sheet.resolve(rows, "brand", bulk.brand_ids(sheet.values(rows, "brand")))
    counts = counts_of(bulk.upsert_products(sheet.fields, sheet.tuples(rows), now=now))
    _hold_prices(sheet, rows)
    return counts


def _hold_prices(sheet: Sheet, rows: Sequence[Row]) -> None:
    """Refuse rows whose price is below the commission per unit that holds for the product."""
    code, price = sheet.at("code"), sheet.at("price_yuan")
    ids = bulk.product_ids([values[code] for _, values in rows])
    above = floors.above_price({ids[values[code]]: values[price] for _, values in rows})
    for number, values in rows:
        if fixed_fen := above.get(ids[values[code]]):
            sentence = floors.sentence(values[code], fixed_fen)
            sheet.refuse(number, "price_yuan", "below_commission", sentence)


PRODUCTS = Kind(
    "products",
    (
        Column("code", cells.code, required=True),
        Column("name", cells.name, required=True, exact=True),
        Column("category", cells.name, "category_id", exact=True),
        Column("supplier_code", cells.reference, "supplier_id", required=True),
        Column("unit", cells.name, blank="份"),
        Column("case_size", cells.quantity, blank=1),
        Column("cost_yuan", cells.price, "cost_fen", required=True),
        Column("price_yuan", cells.price, "price_fen", required=True),
        Column("spec", cells.name, optional=True, exact=True),
        Column("brand", cells.name, "brand_id", optional=True, exact=True),
        Column("barcode", cells.reference, optional=True),
        Column("temperature_zone", cells.temperature_zone, optional=True, blank="常温"),
        Column("weighed", cells.flag, optional=True, blank=False),
        Column("list_price_yuan", cells.price, "list_price_fen", optional=True),
        Column("shelf_place", cells.shelf_place, optional=True),
    ),
    load,
)
