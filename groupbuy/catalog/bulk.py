"""Suppliers and products, many at once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from groupbuy.catalog.models import Brand, Category, Product, Supplier
from groupbuy.db.bulk import Upserted, ids_for, select_in, table_of, upsert

SUPPLIER = table_of(Supplier)
PRODUCT = table_of(Product)
CATEGORY = table_of(Category)
BRAND = table_of(Brand)


def upsert_suppliers(fields: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Upserted:
    """Bring suppliers to the rows, by code, the first field."""
    return upsert(SUPPLIER, fields, rows)


def upsert_products(fields: Sequence[str], rows: Sequence[tuple[Any, ...]], *, now: datetime) -> Upserted:
    """Bring products to the rows, by code, the first field. What rounds offer stays as agreed."""
    return upsert(PRODUCT, fields, rows, new={"created_at": now}, version=True)


def supplier_ids(codes: Collection[str]) -> dict[str, int]:
    """Return the ids of those suppliers that exist."""
    return ids_for(SUPPLIER, "code", codes)


def product_ids(codes: Collection[str]) -> dict[str, int]:
    """Return the ids of those products that exist."""
    return ids_for(PRODUCT, "code", codes)


def category_ids(names: Collection[str]) -> dict[str, int]:
    """Return the ids of categories; make those that do not exist."""
    return ids_for(CATEGORY, "name", names, make=True)


def brand_ids(names: Collection[str]) -> dict[str, int]:
    """Return the ids of brands; make those that do not exist."""
    return ids_for(BRAND, "name", names, make=True)


def products_to_offer(codes: Collection[str]) -> dict[str, Any]:
    """Return what an offer needs to know of products: id, supplier and what it agrees on."""
    columns = ("code", "id", "supplier_id", "name", "spec", "unit", "list_price_fen", "cost_fen", "case_size")
    statement = select(*(PRODUCT.c[name] for name in columns))
    return {row.code: row for row in select_in(statement, PRODUCT.c.code, codes)}
