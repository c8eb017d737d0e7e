"""What came of a round's goods and nobody ordered: it goes into stock once no supplier brings more of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, select

from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.queries import FINAL
from groupbuy.warehouse.mixing import surplus_by_line
from groupbuy.warehouse.models import GoodsReceiptLine
from groupbuy.warehouse.supply import freed_units


@dataclass(frozen=True, slots=True)
class Surplus:
    """Units of a purchase order's line that go into stock at its cost per sale unit in fen."""

    line_id: int
    product_id: int
    cost_fen: int
    units: int


def of_order(order: PurchaseOrder) -> Iterator[Surplus]:
    """Yield what is too much of the goods of an order on which nothing more comes, by product id.

    What another supplier may still bring of the same goods waits for that one: its surplus can be what
    this one has left out.
    """
    freed = freed_units(order.round_id)
    rows = db.session.execute(_lines(order))
    for offer_id, group in groupby(rows, key=lambda row: row.offer_id):
        lines = list(group)
        if all(row.state in FINAL for row in lines):
            yield from _of_offer(lines, freed.get(offer_id, 0))


def _of_offer(lines: Sequence[Row[Any]], freed: int) -> Iterator[Surplus]:
    there = [row.from_stock + row.accepted for row in lines]
    units = surplus_by_line(there, [row.ordered for row in lines], freed)
    for row, surplus in zip(lines, units, strict=True):
        if surplus:
            yield Surplus(row.id, row.product_id, row.cost_fen, surplus)


def _lines(order: PurchaseOrder) -> Select[*tuple[Any, ...]]:
    """Select the lines of an order's goods on all purchase orders of its round, with what was accepted."""
    offers = select(PurchaseOrderLine.offer_id).where(PurchaseOrderLine.purchase_order_id == order.id)
    accepted = (
        select(total(GoodsReceiptLine.delivered - GoodsReceiptLine.rejected))
        .where(GoodsReceiptLine.purchase_order_line_id == PurchaseOrderLine.id)
        .correlate(PurchaseOrderLine)
        .scalar_subquery()
    )
    return (
        select(
            PurchaseOrderLine.id,
            PurchaseOrderLine.offer_id,
            PurchaseOrderLine.product_id,
            PurchaseOrderLine.cost_fen,
            PurchaseOrderLine.ordered,
            PurchaseOrderLine.from_stock,
            PurchaseOrder.state,
            accepted.label("accepted"),
        )
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .where(PurchaseOrder.round_id == order.round_id, PurchaseOrderLine.offer_id.in_(offers))
        .order_by(PurchaseOrderLine.product_id, PurchaseOrderLine.offer_id, PurchaseOrderLine.id)
    )
