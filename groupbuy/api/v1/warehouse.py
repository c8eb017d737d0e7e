"""Goods receipts of purchase orders, the stock, and what is taken out of it."""

from datetime import date
from typing import Annotated, Any, Literal

from flask import current_app
from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Json, Page, RowNumber, Shape
from groupbuy.catalog.service import get_product
from groupbuy.catalog.supplier_files import get_supplier
from groupbuy.config import Settings
from groupbuy.flows import receiving, taking_out
from groupbuy.flows.receiving import MAX_TEXT, MAX_UNITS, Delivery
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.http.row_ids import MAX_ROW_ID
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.purchasing import queries as purchasing
from groupbuy.warehouse import alerts, issuing, levels, receipts, warehouses
from groupbuy.warehouse.receipts import Came

PATH = "/purchase-orders/<number>/receipts"
MAX_LINES = 2000

Units = Annotated[int, Field(ge=0, le=MAX_UNITS)]
Remark = Annotated[Text, Field(max_length=MAX_TEXT)]
Day = Annotated[Text, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class DeliveredLine(Body):
    """What came of a product, in sale units; rejected ones need a reason.

    Without a ``warehouse`` it came into that of the whole delivery.
    """

    product_code: Code
    delivered: Units
    rejected: Units = 0
    reason: Remark | None = None
    batch: Remark | None = None
    best_before: Day | None = None
    warehouse: Code | None = None


class ReceiveGoods(Body):
    """A delivery. ``last``: nothing more will come; without lines only the rest is closed.

    ``confirm_over_delivery``: 1 confirms more than was ordered, 2 tenfold and more. ``seen_receipts`` is
    how many deliveries the sender knew of. Without a ``warehouse`` it comes into the main one.
    """

    lines: Annotated[list[DeliveredLine], Field(max_length=MAX_LINES)]
    last: bool = False
    confirm_over_delivery: Annotated[int, Field(ge=0, le=2)] = 0
    seen_receipts: Annotated[int, Field(ge=0, le=MAX_ROW_ID)] | None = None
    warehouse: Code | None = None
    note: Remark | None = None


class ReceivedLine(Shape):
    """A line of a receipt, in sale units."""

    product_code: str
    delivered: int
    rejected: int
    accepted: int
    reason: str | None
    batch: str | None
    best_before: str | None
    warehouse: str


class Receipt(Shape):
    """A goods receipt (收货单)."""

    receipt: str
    purchase_order: str
    purchase_order_state: str
    warehouse: str
    received_at: str
    note: str | None
    lines: list[ReceivedLine]


class ExpectedLine(Shape):
    """What was purchased of a product, and what of it has come so far, in sale units."""

    product_code: str
    purchased: int
    delivered: int
    rejected: int


class Receipts(Shape):
    """A purchase order with its deliveries, the first one first."""

    purchase_order: str
    state: str
    lines: list[ExpectedLine]
    receipts: list[Receipt]


@endpoint("POST", PATH, scope="warehouse:write", body=ReceiveGoods, answers={201: Receipt, 200: Receipts})
def receive_goods(identity: Identity, number: str, body: ReceiveGoods) -> tuple[int, Any]:
    """Book a delivery on a purchase order, or close the rest of it."""
    settings: Settings = current_app.extensions["groupbuy_settings"]
    now = utc_now()
    if body.last and not body.lines:
        receiving.close_rest(number=number, now=now, actor=identity.actor)
        return 200, _receipts(number)
    receipt = receiving.receive_goods(
        number=number,
        deliveries=[_delivery(index, line) for index, line in enumerate(body.lines)],
        tolerance_bp=settings.over_delivery_bp,
        now=now,
        actor=identity.actor,
        last=body.last,
        confirmed=body.confirm_over_delivery,
        seen=body.seen_receipts,
        note=body.note,
        warehouse_code=body.warehouse,
    )
    return 201, receipts.as_json(receipts.get_receipt(receipt.number))


def _delivery(index: int, line: DeliveredLine) -> Delivery:
    try:
        best_before = date.fromisoformat(line.best_before) if line.best_before else None
    except ValueError as error:
        param = f"lines[{index}].best_before"
        raise BadInput("not_a_date", "Write a day as 2026-12-31.", param=param) from error
    what = (line.product_code, line.delivered, line.rejected, line.reason, line.batch, best_before)
    return Delivery(*what, warehouse=line.warehouse)


@endpoint("GET", PATH, scope="warehouse:read", answers={200: Receipts})
def list_receipts(identity: Identity, number: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets it
    """Show what was purchased, what of it has come, and in which deliveries."""
    return 200, _receipts(number)


def _receipts(number: str) -> Json:
    order = purchasing.purchase_order_of_number(number)
    came = receipts.came_so_far(order.id)
    return {
        "purchase_order": order.number,
        "state": order.state,
        "lines": [
            {
                "product_code": line.product.code,
                "purchased": line.purchased,
                "delivered": came.get(line.id, Came()).delivered,
                "rejected": came.get(line.id, Came()).rejected,
            }
            for line in order.lines
        ],
        "receipts": [receipts.as_json(receipt) for receipt in receipts.receipts_of(order.id)],
    }


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
