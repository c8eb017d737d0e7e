"""Reading the catalogue."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from groupbuy.catalog.models import Category, Product, Supplier
from groupbuy.db import db
from groupbuy.kernel.errors import NotFound


def is_supplier(code: str, supplier_ids: Sequence[int]) -> bool:
    """Tell whether a code is one of these suppliers'."""
    found = select(Supplier.id).where(Supplier.code == code, Supplier.id.in_(supplier_ids))
    return db.session.scalar(found) is not None


def products_page(
    *, search: str | None, supplier_code: str | None, after: str | None, most: int
) -> Sequence[Product]:
    """Return products by code, after a code; ``search`` is found anywhere in name, code or barcode."""
    statement = select(Product).options(joinedload(Product.supplier), joinedload(Product.category))
    if search:
        found = (column.contains(search, autoescape=True) for column in (Product.name, Product.code))
        statement = statement.where(or_(*found, Product.barcode == search))
    if supplier_code is not None:
        supplier = select(Supplier.id).where(Supplier.code == supplier_code)
        statement = statement.where(Product.supplier_id.in_(supplier))
    if after is not None:
        statement = statement.where(Product.code > after)
    return db.session.scalars(statement.order_by(Product.code).limit(most)).all()


def get_product(code: str) -> Product:
    """Return a product by code; raise NotFound."""
    statement = select(Product).where(Product.code == code)
    product = db.session.scalar(statement.options(joinedload(Product.supplier), joinedload(Product.category)))
    if product is None:
        raise NotFound("unknown_product", f"There is no product {code}.")
    return product


def categories() -> Sequence[Category]:
    """Return the categories in the order in which residents see them."""
    return db.session.scalars(select(Category).order_by(Category.sort, Category.name)).all()


def get_category(category_id: int) -> Category:
    """Return a category; raise NotFound."""
    category = db.session.get(Category, category_id)
    if category is None:
        raise NotFound("unknown_row", "There is no such entry.")
    return category


def product_ids(codes: Sequence[str]) -> dict[str, int]:
    """Return the ids of those products that there are, by code."""
    rows = db.session.execute(select(Product.code, Product.id).where(Product.code.in_(codes)))
    return {code: product_id for code, product_id in rows}  # noqa: C416 - mypy knows the types of these rows only this way.
