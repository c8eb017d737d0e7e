"""Looking purchase orders up: by state, round and supplier, with what became of their mail."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, String, cast, literal, select

from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.kernel.errors import NotFound
from groupbuy.messaging.models import Message
from groupbuy.purchasing import for_suppliers
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine

# How the mail of a purchase order is named, before its id.
ORDER_KEY = "po-"
AMENDMENT_KEY = "poa-"


@dataclass(frozen=True, slots=True)
class Found:
    """A purchase order with the names of its round and supplier, and the state of its mail."""

    order: PurchaseOrder
    round_name: str
    supplier_code: str
    mail: str | None


def orders(
    *,
    supplier_ids: Collection[int] | None,
    state: str | None,
    round_name: str | None,
    supplier_code: str | None,
    short: bool,
    before: int | None,
    most: int,
) -> Sequence[Found]:
    """Return purchase orders, the newest first; with ``supplier_ids`` only theirs that are decided."""
    statement = _found(supplier_ids).order_by(PurchaseOrder.id.desc()).limit(most)
    if state is not None:
        statement = statement.where(PurchaseOrder.state == state)
    if round_name is not None:
        statement = statement.where(Round.name == round_name)
    if supplier_code is not None:
        statement = statement.where(Supplier.code == supplier_code)
    if before is not None:
        statement = statement.where(PurchaseOrder.id < before)
    if short:
        less = PurchaseOrderLine.confirmed < PurchaseOrderLine.purchased
        statement = statement.where(
            PurchaseOrder.id.in_(select(PurchaseOrderLine.purchase_order_id).where(less))
        )
    return [Found(*row) for row in db.session.execute(statement)]


def order(number: str, *, supplier_ids: Collection[int] | None) -> Found:
    """Return one purchase order; raise NotFound, also for another supplier's."""
    row = db.session.execute(_found(supplier_ids).where(PurchaseOrder.number == number)).one_or_none()
    if row is None:
        raise NotFound("unknown_purchase_order", "There is no such purchase order.")
    return Found(*row)


def _found(supplier_ids: Collection[int] | None) -> Select[*tuple[Any, ...]]:
    key = literal(ORDER_KEY).concat(cast(PurchaseOrder.id, String))
    statement = (
        select(PurchaseOrder, Round.name, Supplier.code, Message.state)
        .join(Round, Round.id == PurchaseOrder.round_id)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .outerjoin(Message, Message.key == key)
    )
    if supplier_ids is None:
        return statement
    return statement.where(PurchaseOrder.supplier_id.in_(supplier_ids), for_suppliers.is_decided())
