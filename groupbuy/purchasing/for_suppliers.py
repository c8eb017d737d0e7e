"""Purchase orders as their suppliers see them: once decided, their own only, nobody who ordered named."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select

from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.kernel.errors import NotFound
from groupbuy.purchasing.models import PurchaseOrder
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
    sent_at: datetime | None
    round_name: str
    supplier_code: str
    supplier_name: str


def orders_for_suppliers(supplier_ids: Sequence[int], *, most: int) -> Sequence[SupplierOrder]:
    """Return the decided purchase orders of these suppliers, the newest first."""
    rows = db.session.execute(_decided(supplier_ids).order_by(PurchaseOrder.id.desc()).limit(most))
    return [SupplierOrder(*row) for row in rows]


def order_for_suppliers(number: str, supplier_ids: Sequence[int]) -> SupplierOrder:
    """Return one of these suppliers' decided purchase orders; raise NotFound for any other."""
    row = db.session.execute(_decided(supplier_ids).where(PurchaseOrder.number == number)).one_or_none()
    if row is None:
        raise NotFound("unknown_purchase_order", "There is no such purchase order.")
    return SupplierOrder(*row)


def _decided(supplier_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            PurchaseOrder.number,
            PurchaseOrder.state,
            PurchaseOrder.units,
            PurchaseOrder.cost_fen,
            PurchaseOrder.due_date,
            PurchaseOrder.created_at,
            PurchaseOrder.sent_at,
            Round.name,
            Supplier.code,
            Supplier.name,
        )
        .join(Round, Round.id == PurchaseOrder.round_id)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .where(PurchaseOrder.supplier_id.in_(supplier_ids), PurchaseOrder.state != POState.DRAFT)
    )
