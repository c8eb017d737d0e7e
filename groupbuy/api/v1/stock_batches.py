"""The stock by batch: what lies there and expires when, and where the goods of a batch went."""

from datetime import timedelta
from typing import Annotated, Any

from flask import current_app
from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Page, Shape
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.http.identity import Identity
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.models import Order
from groupbuy.warehouse import batching, tracing, warehouses

MOST_DAYS = 3650


class BatchQuery(Page):
    """Which batches; ``expires_within`` days, 0 being what is good today for the last time or is over."""

    product_code: Code | None = None
    warehouse: Code | None = None
    expires_within: Annotated[int, Field(ge=0, le=MOST_DAYS)] | None = None


class BatchRow(Shape):
    """What lies of a batch in a warehouse, in sale units; empty or null without a number or a day."""

    batch_id: int
    product_code: str
    warehouse: str
    batch: str
    best_before: str | None
    units: int


class BatchRows(Shape):
    """A page of batches, what expires first before the others."""

    items: list[BatchRow]
    next_cursor: str | None


class BatchReceipt(Shape):
    """A delivery by which a batch came, in sale units."""

    receipt: str
    supplier: str
    delivered: int
    rejected: int


class BatchPlace(Shape):
    """The orders of one leader in a round that hold goods of a batch; not ``certain``: they may.

    Goods are handed out by product: with several batches in a round nobody knows which order got which.
    """

    round: str
    leader_code: str
    orders: int
    units: int
    certain: bool


class BatchTrace(Shape):
    """A batch, how it came and where it went."""

    batch: BatchRow
    receipts: list[BatchReceipt]
    leaders: list[BatchPlace]


class TracedOrder(Shape):
    """An order that holds goods of a batch, or may."""

    order: str
    round: str
    leader_code: str
    units: int
    certain: bool


class TracedOrders(Shape):
    """A page of orders in the order in which they were placed."""

    items: list[TracedOrder]
    next_cursor: str | None


@endpoint("GET", "/stock/batches", scope="warehouse:read", query=BatchQuery, answers={200: BatchRows})
def list_batches(identity: Identity, query: BatchQuery) -> tuple[int, Any]:  # noqa: ARG001 - every view gets it
    """List the batches that lie in stock, what expires first before the others."""
    settings: Settings = current_app.extensions["groupbuy_settings"]
    days = query.expires_within
    today = utc_now().astimezone(settings.timezone).date()
    rows = batching.page(
        product_code=query.product_code,
        warehouse_id=warehouses.get(query.warehouse).id if query.warehouse else None,
        expires=None if days is None else today + timedelta(days=days),
        after=cursors.day_and_id(query.cursor),
        most=query.limit + 1,
    )
    rows, cursor = cursors.page(rows, limit=query.limit, key=lambda row: (str(row[0].best_before), row[0].id))
    return 200, {
        "items": [batching.as_json(batch, product.code) for batch, product in rows],
        "next_cursor": cursor,
    }


@endpoint("GET", "/stock/batches/<int:batch_id>", scope="warehouse:read", answers={200: BatchTrace})
def show_batch(identity: Identity, batch_id: int) -> tuple[int, Any]:  # noqa: ARG001 - every view gets it
    """Show how a batch came, and which leaders got goods of it."""
    batch = tracing.get_batch(batch_id)
    return 200, {
        "batch": batching.as_json(batch, batch.product.code),
        "receipts": [
            {
                "receipt": line.receipt.number,
                "supplier": line.receipt.purchase_order.supplier.code,
                "delivered": line.delivered,
                "rejected": line.rejected,
            }
            for line in tracing.receipts_of(batch)
        ],
        "leaders": [
            {
                "round": place.round_name,
                "leader_code": place.leader_code,
                "orders": place.orders,
                "units": place.units,
                "certain": place.certain,
            }
            for place in tracing.places_of(batch)
        ],
    }


@endpoint(
    "GET",
    "/stock/batches/<int:batch_id>/orders",
    scope="warehouse:read",
    query=Page,
    answers={200: TracedOrders},
)
def list_batch_orders(identity: Identity, batch_id: int, query: Page) -> tuple[int, Any]:  # noqa: ARG001 - every view gets it
    """List the orders that hold goods of a batch, or may."""
    batch = tracing.get_batch(batch_id)
    certain = {use.round_id: use.certain for use in tracing.rounds_of(batch)}
    statement = tracing.orders_of(batch, certain).limit(query.limit + 1)
    if query.cursor:
        statement = statement.where(Order.id > cursors.decode(query.cursor, (int,))[0])
    rows, cursor = cursors.page(
        db.session.execute(statement).all(), limit=query.limit, key=lambda row: (row.Order.id,)
    )
    items = [
        {
            "order": row.Order.number,
            "round": row.Round.name,
            "leader_code": row.Leader.code,
            "units": row.units,
            "certain": certain[row.Round.id],
        }
        for row in rows
    ]
    return 200, {"items": items, "next_cursor": cursor}
