"""The stock, below how much it warns, and what is taken out of it."""

from typing import Annotated, Any, Literal

from flask import current_app
from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Page, RowNumber, Shape
from groupbuy.api.v1.warehouse import Units
from groupbuy.catalog.service import get_product
from groupbuy.catalog.supplier_files import get_supplier
from groupbuy.config import Settings
from groupbuy.flows import taking_out
from groupbuy.flows.receiving import MAX_UNITS
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.warehouse import alerts, issuing, levels, warehouses


class StockQuery(Page):
    """Which products; ``low`` are those below the units that somebody chose.

    With a warehouse those chosen for it; without one over all warehouses, or in any of them.
    """

    low: bool = False
    warehouse: Code | None = None


class StockRow(Shape):
    """What lies of a product in stock, in sale units; ``least`` is null where nobody chose one.

    ``units`` are free; ``reserved`` waits there for rounds whose goods have not left. Without a warehouse
    ``units`` is all there is, with what is ``on_the_way`` between two. ``low_in`` are the warehouses in
    which it is low.
    """

    product_code: str
    units: int
    reserved: int
    on_the_way: int
    least: int | None
    low: bool
    low_in: list[str]


class StockRows(Shape):
    """A page of products by code."""

    items: list[StockRow]
    next_cursor: str | None


class AlertBody(Body):
    """Below how many units a product is low, over all warehouses where none is named."""

    product_code: Code
    least: Units | None
    warehouse: Code | None = None


class AlertShape(Shape):
    """A low-stock alert; ``least`` is null where there is none."""

    product_code: str
    warehouse: str | None
    least: int | None


class IssueGoods(Body):
    """Goods that leave the stock for no round, of one batch or first expired first.

    A return goes to the supplier that brought these goods; of several name one as ``supplier_code``.
    The same ``submission_key`` again is the same issue.
    """

    product_code: Code
    kind: Literal["write_off", "supplier_return"]
    units: Annotated[int, Field(ge=1, le=MAX_UNITS)]
    reason: Annotated[Text, Field(min_length=1, max_length=issuing.MAX_REASON)]
    submission_key: Annotated[Text, Field(min_length=1, max_length=64)] | None = None
    batch_id: RowNumber | None = None
    supplier_code: Code | None = None


class IssueShape(Shape):
    """A note of goods that left the stock; the cost is in fen per sale unit.

    ``supplier_code`` is to whom they went back, null for what was written off.
    """

    number: str
    product_code: str
    kind: str
    units: int
    cost_fen: int
    reason: str
    supplier_code: str | None


@endpoint("GET", "/stock", scope="warehouse:read", query=StockQuery, answers={200: StockRows})
def list_stock(identity: Identity, query: StockQuery) -> tuple[int, Any]:  # noqa: ARG001 - every view gets it
    """List what lies in stock, by product code."""
    rows = levels.page(
        after=cursors.code_after(query.cursor),
        low=query.low,
        warehouse_id=warehouses.get(query.warehouse).id if query.warehouse else None,
        most=query.limit + 1,
    )
    items, cursor = cursors.page(rows, limit=query.limit, key=lambda row: (row["product_code"],))
    return 200, {"items": items, "next_cursor": cursor}


@endpoint("PUT", "/stock/alerts", scope="warehouse:write", body=AlertBody, answers={200: AlertShape})
def set_stock_alert(identity: Identity, body: AlertBody) -> tuple[int, Any]:
    """Choose below how many units a product is low, in one warehouse or over all; null never warns."""
    place = warehouses.get(body.warehouse) if body.warehouse else None
    product, now, actor = get_product(body.product_code), utc_now(), identity.actor.name
    alerts.set_least(product=product, least=body.least, now=now, actor=actor, warehouse=place)
    least = alerts.least_of(product.id, place.id if place else None)
    return 200, {"product_code": product.code, "warehouse": place.code if place else None, "least": least}


@endpoint("POST", "/stock/issues", scope="warehouse:write", body=IssueGoods, answers={201: IssueShape})
def issue_goods(identity: Identity, body: IssueGoods) -> tuple[int, Any]:
    """Write goods off, or return them to a supplier that brought them."""
    settings: Settings = current_app.extensions["groupbuy_settings"]
    product = get_product(body.product_code)
    issue = taking_out.take_out(
        product=product,
        kind=body.kind,
        units=body.units,
        reason=body.reason,
        now=utc_now(),
        zone=settings.timezone,
        actor=identity.actor,
        submission_key=body.submission_key,
        batch_id=body.batch_id,
        supplier=get_supplier(body.supplier_code) if body.supplier_code else None,
    )
    shown = {name: getattr(issue, name) for name in ("number", "kind", "units", "cost_fen", "reason")}
    to = issue.supplier.code if issue.supplier else None
    return 201, shown | {"product_code": product.code, "supplier_code": to}
