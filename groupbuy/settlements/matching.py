"""The three-way match: what was ordered, what was accepted, what was invoiced, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.settlements import rules
from groupbuy.settlements.models import InvoiceDecision, SupplierInvoice, SupplierInvoiceLine
from groupbuy.settlements.rules import Match
from groupbuy.warehouse.models import GoodsReceiptLine


@dataclass(frozen=True, slots=True)
class Difference:
    """A line of a purchase order with its invoices: units, fen, how they agree and what was decided."""

    line_id: int
    order: str
    round_id: int
    ordered_at: datetime
    supplier_id: int
    supplier_name: str
    product_id: int
    product_code: str
    product_name: str
    purchased: int
    cost_fen: int
    accepted: int
    rejected: int
    units: int
    amount_fen: int
    decided: tuple[int, int] | None
    adjusted_fen: int
    how: str | None
    claims_until: datetime | None

    @property
    def match(self) -> Match:
        """Return how invoices, order and receipt agree."""
        return rules.match(
            accepted=self.accepted,
            cost_fen=self.cost_fen,
            units=self.units,
            amount_fen=self.amount_fen,
        )

    @property
    def undecided(self) -> bool:
        """Tell whether a difference is as nobody has decided about it yet."""
        found = self.match.excess_units, self.match.price_fen
        return found != (self.decided or (0, 0))


def lines_of(order_number: str) -> Sequence[Difference]:
    """Return every line of a purchase order, invoiced or not, by product code."""
    return _read(_statement().where(PurchaseOrder.number == order_number).order_by(Product.code))


def difference_of(line_id: int) -> Difference | None:
    """Return one line."""
    return next(iter(_read(_statement().where(PurchaseOrderLine.id == line_id))), None)


def differing(*, after: int | None = None) -> Sequence[Difference]:
    """Return the lines that differ, or did when decided about, the oldest first, from behind one on."""
    cost = PurchaseOrderLine.cost_fen
    accepted, units, fen = _accepted.c.units, _invoiced.c.units, _invoiced.c.fen
    differs = or_(units > func.coalesce(accepted, 0), fen != units * cost, _last.c.how.is_not(None))
    behind = PurchaseOrderLine.id > (after or 0)
    return _read(_statement().where(differs, behind).order_by(PurchaseOrderLine.id))


_accepted = (
    select(
        GoodsReceiptLine.purchase_order_line_id.label("line_id"),
        total(GoodsReceiptLine.delivered - GoodsReceiptLine.rejected).label("units"),
        total(GoodsReceiptLine.rejected).label("rejected"),
    )
    .group_by(GoodsReceiptLine.purchase_order_line_id)
    .subquery()
)
_invoiced = (
    select(
        SupplierInvoiceLine.purchase_order_line_id.label("line_id"),
        total(SupplierInvoiceLine.units).label("units"),
        total(SupplierInvoiceLine.amount_fen).label("fen"),
    )
    .join(SupplierInvoice, SupplierInvoice.id == SupplierInvoiceLine.supplier_invoice_id)
    .where(SupplierInvoice.state == "entered")
    .group_by(SupplierInvoiceLine.purchase_order_line_id)
    .subquery()
)
_latest = select(func.max(InvoiceDecision.id)).group_by(InvoiceDecision.purchase_order_line_id)
_last = select(InvoiceDecision).where(InvoiceDecision.id.in_(_latest)).subquery()


def _statement() -> Select[*tuple[Any, ...]]:
    return (
        select(
            PurchaseOrderLine.id,
            PurchaseOrder.number,
            PurchaseOrder.round_id,
            PurchaseOrder.created_at,
            Supplier.id,
            Supplier.name,
            Product.id,
            Product.code,
            Product.name,
            PurchaseOrderLine.purchased,
            PurchaseOrderLine.cost_fen,
            func.coalesce(_accepted.c.units, 0),
            func.coalesce(_accepted.c.rejected, 0),
            func.coalesce(_invoiced.c.units, 0),
            func.coalesce(_invoiced.c.fen, 0),
            _last.c.excess_units,
            _last.c.price_fen,
            func.coalesce(_last.c.adjusted_fen, 0),
            _last.c.how,
            _last.c.claims_until,
        )
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .join(Product, Product.id == PurchaseOrderLine.product_id)
        .outerjoin(_accepted, _accepted.c.line_id == PurchaseOrderLine.id)
        .outerjoin(_invoiced, _invoiced.c.line_id == PurchaseOrderLine.id)
        .outerjoin(_last, _last.c.purchase_order_line_id == PurchaseOrderLine.id)
    )


def _read(statement: Select[*tuple[Any, ...]]) -> Sequence[Difference]:
    return [_difference(row) for row in db.session.execute(statement)]


def _difference(row: Any) -> Difference:
    *facts, excess, price, adjusted, how, claims_until = row
    decided = None if excess is None else (excess, price)
    return Difference(*(*facts, decided, adjusted, how, claims_until))
