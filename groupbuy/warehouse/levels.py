"""What lies of products: free, kept for rounds, on the way, and whether it is too little."""

from typing import Any

from sqlalchemy import Select, func, or_, select

from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.warehouse import alerts, tracing
from groupbuy.warehouse.models import StockLevel
from groupbuy.warehouse.rules import IN_TRANSIT
from groupbuy.warehouse.stock import units_in

NAMES = ("product_code", "units", "reserved", "on_the_way", "least", "low")


def page(*, after: str | None, low: bool, warehouse_id: int | None, most: int) -> list[dict[str, Any]]:
    """Return products by code, after a code, in the shape that the command line and the API hand out.

    ``units`` are free, ``reserved`` waits there for rounds. With a warehouse both are what lies there, and
    ``least`` is that of the warehouse; without one ``low_in`` names those in which a product is low.
    """
    rows = [dict(zip(NAMES, row, strict=True)) for row in _rows(after, low, warehouse_id, most)]
    where = alerts.low_places([row["product_code"] for row in rows])
    return [row | {"low_in": where.get(row["product_code"], [])} for row in rows]


def _rows(after: str | None, low: bool, warehouse_id: int | None, most: int) -> list[Any]:
    held = tracing.reserved(warehouse_id)
    level = func.coalesce(StockLevel.units, 0)
    units = level if warehouse_id is None else units_in(warehouse_id)
    reserved = func.coalesce(held.c.units, 0)
    is_low = alerts.is_low(warehouse_id)
    rows: Select[*tuple[Any, ...]] = (
        select(Product.code, units, reserved, units_in(IN_TRANSIT), alerts.least(warehouse_id), is_low)
        .outerjoin(StockLevel, StockLevel.product_id == Product.id)
        .outerjoin(held, held.c.product_id == Product.id)
        .order_by(Product.code)
        .limit(most)
    )
    rows = rows.where(is_low) if low else rows.where(or_(units > 0, reserved > 0))
    if after is not None:
        rows = rows.where(Product.code > after)
    return list(db.session.execute(rows))
