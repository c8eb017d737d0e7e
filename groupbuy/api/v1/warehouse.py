"""Goods receipts of purchase orders."""

from datetime import date
from typing import Annotated, Any

from flask import current_app
from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Json, Shape
from groupbuy.config import Settings
from groupbuy.flows import receiving
from groupbuy.flows.receiving import MAX_TEXT, MAX_UNITS, Delivery
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.http.row_ids import MAX_ROW_ID
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.purchasing import queries as purchasing
from groupbuy.warehouse import receipts
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
