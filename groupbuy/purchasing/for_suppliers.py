"""Purchase orders as their suppliers see them: once decided, their own only, nobody who ordered named."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, not_, select

from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.kernel.errors import NotFound
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.rules import POState


@dataclass(frozen=True, slots=True)
class SupplierOrder:
    """A purchase order in a supplier's list; units are sale units, the cost is in fen."""

    number: str
    state: str
    units: int
    cost_fen: int
    due_date: date
    created_at: datetime
    confirmed_at: datetime | None
    round_name: str
    supplier_code: str
    supplier_name: str


def is_decided() -> ColumnElement[bool]:
    """Select the orders that their suppliers may know of: neither drafts nor drafts that were refused."""
    # Only a refusal leaves a remark on an order that nobody has answered.
    refused = and_(
        PurchaseOrder.state == POState.CANCELLED,
        PurchaseOrder.confirmed_at.is_(None),
        PurchaseOrder.confirm_note.is_not(None),
    )
    return and_(PurchaseOrder.state != POState.DRAFT, not_(refused))


def order_for_suppliers(number: str, supplier_ids: Sequence[int]) -> SupplierOrder:
    """Return one of these suppliers' decided purchase orders; raise NotFound for any other."""
    row = db.session.execute(
        orders_for_suppliers(supplier_ids).where(PurchaseOrder.number == number)
    ).one_or_none()
    if row is None:
        raise NotFound("unknown_purchase_order", "There is no such purchase order.")
    return SupplierOrder(*row)


def orders_for_suppliers(supplier_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    """Select the decided purchase orders of these suppliers, the newest first, as ``SupplierOrder``."""
    return (
        select(
            PurchaseOrder.number,
            PurchaseOrder.state,
            PurchaseOrder.units,
            PurchaseOrder.cost_fen,
            PurchaseOrder.due_date,
            PurchaseOrder.created_at,
            PurchaseOrder.confirmed_at,
            Round.name.label("round_name"),
            Supplier.code.label("supplier_code"),
            Supplier.name.label("supplier_name"),
        )
        .join(Round, Round.id == PurchaseOrder.round_id)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .where(PurchaseOrder.supplier_id.in_(supplier_ids), is_decided())
        .order_by(PurchaseOrder.id.desc())
    )


@dataclass(frozen=True, slots=True)
class Sale:
    """What was bought of a product on one purchase order: sale units and fen."""

    line_id: int
    due_date: date
    purchase_order: str
    supplier_code: str
    product_code: str
    name: str
    spec: str | None
    ordered: int
    purchased: int
    amount_fen: int


def sales(supplier_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    """Select what these suppliers have sold, line by line, the newest first; nothing cancelled.

    The columns are those of ``Sale``; ``ordered`` is what residents ordered.
    """
    return (
        select(
            PurchaseOrderLine.id.label("line_id"),
            PurchaseOrder.due_date,
            PurchaseOrder.number.label("purchase_order"),
            Supplier.code.label("supplier_code"),
            Product.code.label("product_code"),
            Product.name,
            Product.spec,
            PurchaseOrderLine.ordered,
            PurchaseOrderLine.purchased,
            PurchaseOrderLine.amount_fen,
        )
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .join(Product, Product.id == PurchaseOrderLine.product_id)
        .where(PurchaseOrder.supplier_id.in_(supplier_ids))
        .where(PurchaseOrder.state.not_in((POState.DRAFT, POState.CANCELLED)))
        .order_by(PurchaseOrderLine.id.desc())
    )


def sales_page(supplier_ids: Sequence[int], *, before: int | None, most: int) -> Sequence[Sale]:
    """Return what these suppliers have sold, the newest first, before a line."""
    statement = sales(supplier_ids).limit(most)
    if before is not None:
        statement = statement.where(PurchaseOrderLine.id < before)
    return [Sale(*row) for row in db.session.execute(statement)]


def sales_by_product(supplier_ids: Sequence[int], *, since: date) -> Sequence[tuple[str, str, int, int, int]]:
    """Return code, name, units ordered, units bought and fen by product since a day, the most fen first."""
    lines = sales(supplier_ids).where(PurchaseOrder.due_date >= since).order_by(None).subquery()
    amount = total(lines.c.amount_fen)
    rows = db.session.execute(
        select(lines.c.product_code, lines.c.name, total(lines.c.ordered), total(lines.c.purchased), amount)
        .group_by(lines.c.product_code, lines.c.name)
        .order_by(amount.desc(), lines.c.product_code)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]
