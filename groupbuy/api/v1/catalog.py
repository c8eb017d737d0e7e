"""Products, for staff."""

from typing import Annotated, Any

from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Json, Page, Shape
from groupbuy.catalog import queries
from groupbuy.catalog.models import Product
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Text


class ProductsQuery(Page):
    """Which products are wanted; ``search`` is found in name, code and barcode."""

    search: Annotated[Text, Field(max_length=64)] | None = None
    supplier_code: Code | None = None


class ProductShape(Shape):
    """A product; prices are per sale unit in fen."""

    code: str
    name: str
    spec: str | None
    unit: str
    category: str | None
    supplier_code: str
    case_size: int
    cost_fen: int
    price_fen: int
    list_price_fen: int | None
    barcode: str | None
    temperature_zone: str
    weighed: bool
    state: str
    version: int


class Products(Shape):
    """A page of products, by code."""

    items: list[ProductShape]
    next_cursor: str | None


@endpoint("GET", "/products", scope="catalog:read", query=ProductsQuery, answers={200: Products})
def list_products(identity: Identity, query: ProductsQuery) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List products by code."""
    rows = queries.products_page(
        search=query.search,
        supplier_code=query.supplier_code,
        after=cursors.code_after(query.cursor),
        most=query.limit + 1,
    )
    rows, cursor = cursors.page(rows, limit=query.limit, key=lambda row: (row.code,))
    return 200, {"items": [_product(row) for row in rows], "next_cursor": cursor}


@endpoint("GET", "/products/<code>", scope="catalog:read", answers={200: ProductShape})
def show_product(identity: Identity, code: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show a product."""
    return 200, _product(queries.get_product(code))


def _product(product: Product) -> Json:
    plain = {name: getattr(product, name) for name in ProductShape.model_fields if hasattr(product, name)}
    category = product.category.name if product.category else None
    return plain | {"category": category, "supplier_code": product.supplier.code}
