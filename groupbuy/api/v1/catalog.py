"""Products and their categories, for staff."""

from typing import Annotated, Any

from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Json, Page, Shape
from groupbuy.catalog import queries, service
from groupbuy.catalog.models import Category, Product
from groupbuy.catalog.rules import MAX_SHELF_PLACE
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now


class ProductsQuery(Page):
    """Which products are wanted; ``search`` is found in name, code and barcode."""

    search: Annotated[Text, Field(max_length=64)] | None = None
    supplier_code: Code | None = None


class ProductShape(Shape):
    """A product; prices are per sale unit in fen.

    ``dispose_hours`` null leaves disposal to the category's rule, 0 is never. ``shelf_place`` is where it
    stands in the main warehouse (货位).
    """

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
    shelf_place: str | None
    weighed: bool
    dispose_hours: int | None
    dispose_refund: bool
    state: str
    version: int


class Products(Shape):
    """A page of products, by code."""

    items: list[ProductShape]
    next_cursor: str | None


class CategoryShape(Shape):
    """A category; ``after_sale_hours`` null is the platform's days after the pickup.

    ``dispose_hours`` after they arrived goods that nobody fetched may be disposed of, null is never.
    """

    id: int
    name: str
    sort: int
    after_sale_hours: int | None
    dispose_hours: int | None
    dispose_refund: bool


class Categories(Shape):
    """The categories in the order in which residents see them."""

    items: list[CategoryShape]


class CategoryTime(Body):
    """For how many hours after the pickup a category's goods may be complained about; null for the usual."""

    after_sale_hours: Annotated[int, Field(ge=1, le=service.MAX_HOURS)] | None


class DisposalRule(Body):
    """How many hours after they arrived goods that nobody fetched may be disposed of; null for never.

    ``dispose_refund`` says whether what they cost is paid back then.
    """

    dispose_hours: Annotated[int, Field(ge=1, le=service.MAX_HOURS)] | None
    dispose_refund: bool = False


class ProductDisposalRule(Body):
    """The rule of one product in the place of its category's; null leaves it to that, 0 is never."""

    dispose_hours: Annotated[int, Field(ge=0, le=service.MAX_HOURS)] | None
    dispose_refund: bool = False


class ShelfPlace(Body):
    """Where a product stands on the shelves of the main warehouse, such as ``A-03-2``; null for nowhere."""

    shelf_place: Annotated[Text, Field(min_length=1, max_length=MAX_SHELF_PLACE)] | None


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


@endpoint("GET", "/categories", scope="catalog:read", answers={200: Categories})
def list_categories(identity: Identity) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List the categories of the catalogue."""
    return 200, {"items": [_category(row) for row in queries.categories()]}


@endpoint(
    "PUT",
    "/categories/<int:category_id>/after-sale-hours",
    scope="catalog:write",
    body=CategoryTime,
    answers={200: CategoryShape},
)
def set_after_sale_hours(identity: Identity, category_id: int, body: CategoryTime) -> tuple[int, Any]:
    """Choose for how long a category's goods may be complained about."""
    return _changed(identity, category_id, body.model_dump())


@endpoint(
    "PUT",
    "/categories/<int:category_id>/disposal-rule",
    scope="catalog:write",
    body=DisposalRule,
    answers={200: CategoryShape},
)
def set_disposal_rule(identity: Identity, category_id: int, body: DisposalRule) -> tuple[int, Any]:
    """Choose when goods of a category that nobody fetched may be disposed of, and who bears their cost."""
    return _changed(identity, category_id, body.model_dump())


@endpoint(
    "PUT",
    "/products/<code>/disposal-rule",
    scope="catalog:write",
    body=ProductDisposalRule,
    answers={200: ProductShape},
)
def set_product_disposal_rule(identity: Identity, code: str, body: ProductDisposalRule) -> tuple[int, Any]:
    """Choose when goods of one product that nobody fetched may be disposed of, in its category's place."""
    product = queries.get_product(code)
    service.edit_product(
        product=product,
        version=product.version,
        values=body.model_dump(),
        now=utc_now(),
        actor=identity.actor.name,
    )
    return 200, _product(product)


@endpoint(
    "PUT",
    "/products/<code>/shelf-place",
    scope="warehouse:write",
    body=ShelfPlace,
    answers={200: ProductShape},
)
def set_shelf_place(identity: Identity, code: str, body: ShelfPlace) -> tuple[int, Any]:
    """Say where a product stands on the shelves; the pick list follows them."""
    product = queries.get_product(code)
    place = (body.shelf_place or "").strip() or None
    service.place_product(product=product, shelf_place=place, now=utc_now(), actor=identity.actor.name)
    return 200, _product(product)


def _changed(identity: Identity, category_id: int, values: Json) -> tuple[int, Any]:
    category = queries.get_category(category_id)
    service.save_named(
        table=Category,
        row_id=category.id,
        values={"name": category.name, **values},
        now=utc_now(),
        actor=identity.actor.name,
    )
    return 200, _category(category)


def _category(category: Category) -> Json:
    return {name: getattr(category, name) for name in CategoryShape.model_fields}


def _product(product: Product) -> Json:
    plain = {name: getattr(product, name) for name in ProductShape.model_fields if hasattr(product, name)}
    category = product.category.name if product.category else None
    return plain | {"category": category, "supplier_code": product.supplier.code}
