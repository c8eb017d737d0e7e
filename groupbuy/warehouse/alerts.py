"""When a stock is low: below so many units over all warehouses, or below so many in one of them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, delete, func, select

from groupbuy.audit import service as audit
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.kernel.errors import BadInput
from groupbuy.warehouse.models import StockAlert, StockBatch, StockLevel, Warehouse, WarehouseAlert
from groupbuy.warehouse.stock import MAX_UNITS


def least_of(product_id: int, warehouse_id: int | None = None) -> int | None:
    """Return the units below which a product's stock is low, in a warehouse or over all of them."""
    if warehouse_id is None:
        row: StockAlert | WarehouseAlert | None = db.session.get(StockAlert, product_id)
    else:
        row = db.session.get(WarehouseAlert, (product_id, warehouse_id))
    return row.least if row else None


def least_by_place(product_id: int) -> Mapping[int, int]:
    """Return by warehouse the units below which a product's stock there is low."""
    chosen = select(WarehouseAlert.warehouse_id, WarehouseAlert.least)
    return by_key(chosen.where(WarehouseAlert.product_id == product_id))


def set_least(
    *, product: Product, least: int | None, now: datetime, actor: str, warehouse: Warehouse | None = None
) -> None:
    """Choose below how many units a stock is low, None or 0 for never; again changes nothing.

    Raise BadInput ``out_of_range``.
    """
    if least is not None and not 0 <= least <= MAX_UNITS:
        raise BadInput("out_of_range", f"Between 0 and {MAX_UNITS}.", param="least")
    least, place_id = least or None, warehouse.id if warehouse else None
    former = least_of(product.id, place_id)
    if former == least:
        return
    _store(product.id, place_id, least)
    where = {"warehouse": warehouse.code} if warehouse else {}
    audit.record(
        at=now,
        actor=actor,
        verb="stock_alert_set",
        subject_kind="product",
        subject=product.code,
        before=where | {"least": former},
        after=where | {"least": least},
    )


def _store(product_id: int, place_id: int | None, least: int | None) -> None:
    if least is not None and place_id is None:
        db.session.merge(StockAlert(product_id=product_id, least=least))
    elif least is not None:
        db.session.merge(WarehouseAlert(product_id=product_id, warehouse_id=place_id, least=least))
    elif place_id is None:
        db.session.execute(delete(StockAlert).where(StockAlert.product_id == product_id))
    else:
        chosen = (WarehouseAlert.product_id == product_id, WarehouseAlert.warehouse_id == place_id)
        db.session.execute(delete(WarehouseAlert).where(*chosen))
    db.session.flush()


def least(warehouse_id: int | None) -> ColumnElement[int | None]:
    """Return the units below which a product is low, for a statement that selects products."""
    if warehouse_id is None:
        chosen = select(StockAlert.least).where(StockAlert.product_id == Product.id)
    else:
        chosen = select(WarehouseAlert.least).where(
            WarehouseAlert.product_id == Product.id, WarehouseAlert.warehouse_id == warehouse_id
        )
    return chosen.correlate(Product).scalar_subquery()


def is_low(warehouse_id: int | None) -> ColumnElement[bool]:
    """Return the condition that a product is low in a warehouse; without one, over all or in any of them."""
    places = _low_places().where(WarehouseAlert.product_id == Product.id)
    if warehouse_id is not None:
        return places.where(WarehouseAlert.warehouse_id == warehouse_id).correlate(Product).exists()
    over_all = (
        select(StockAlert.product_id)
        .outerjoin(StockLevel, StockLevel.product_id == StockAlert.product_id)
        .where(StockAlert.product_id == Product.id, func.coalesce(StockLevel.units, 0) < StockAlert.least)
    )
    return over_all.correlate(Product).exists() | places.correlate(Product).exists()


def _low_places() -> Select[*tuple[Any, ...]]:
    """Select product and warehouse wherever less lies than somebody chose."""
    lying = select(func.coalesce(total(StockBatch.units), 0)).where(
        StockBatch.product_id == WarehouseAlert.product_id,
        StockBatch.warehouse_id == WarehouseAlert.warehouse_id,
    )
    there = lying.correlate(WarehouseAlert).scalar_subquery()
    low = select(WarehouseAlert.product_id, WarehouseAlert.warehouse_id).select_from(WarehouseAlert)
    return low.where(there < WarehouseAlert.least)


def low_places(codes: Collection[str]) -> Mapping[str, list[str]]:
    """Return by product code the codes of the warehouses in which some products are low, the main first."""
    rows = db.session.execute(
        _low_places()
        .with_only_columns(Product.code, Warehouse.code)
        .join(Product, Product.id == WarehouseAlert.product_id)
        .join(Warehouse, Warehouse.id == WarehouseAlert.warehouse_id)
        .where(Product.code.in_(codes))
        .order_by(Warehouse.id)
    )
    found: dict[str, list[str]] = {}
    for product, place in rows:
        found.setdefault(product, []).append(place)
    return found


def places_low() -> ScalarSelect[str | None]:
    """Return the names of the warehouses in which a product is low, for a statement that selects products."""
    names = _low_places().with_only_columns(func.aggregate_strings(Warehouse.name, "、"))
    named = names.join(Warehouse, Warehouse.id == WarehouseAlert.warehouse_id)
    return named.where(WarehouseAlert.product_id == Product.id).correlate(Product).scalar_subquery()


def count_low() -> int:
    """Return how many products are low, over all warehouses or in one of them."""
    return db.session.scalar(select(func.count()).select_from(Product).where(is_low(None))) or 0
