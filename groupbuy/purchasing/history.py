"""Looking purchase orders up: by state, round and supplier, with what became of their mail."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, String, cast, literal, select

from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.times import iso
from groupbuy.messaging.models import Message
from groupbuy.purchasing import amending, for_suppliers
from groupbuy.purchasing.models import PurchaseAmendment, PurchaseOrder, PurchaseOrderLine

# How the mail of a purchase order is named, before its id.
ORDER_KEY = "po-"
AMENDMENT_KEY = "poa-"
# What is shown of a line, and what of it is no supplier's business.
LINE = ("case_size", "cases", "purchased", "confirmed", "cost_fen", "amount_fen")
INSIDE = ("ordered", "from_stock", "surplus", "shortfall")


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


def head_json(found: Found) -> dict[str, Any]:
    """Return a purchase order as the command line and the API list it."""
    order = found.order
    return {
        "purchase_order": order.number,
        "round": found.round_name,
        "supplier": found.supplier_code,
        "state": order.state,
        "held": order.held,
        "units": order.units,
        "cost_fen": order.cost_fen,
        "due_date": order.due_date.isoformat(),
        "promised_date": order.promised_date.isoformat() if order.promised_date else None,
        "created_at": iso(order.created_at),
        "sent_at": iso(order.sent_at) if order.sent_at else None,
        "confirmed_at": iso(order.confirmed_at) if order.confirmed_at else None,
        "mail": found.mail,
    }


def order_json(found: Found, *, inside: bool = True) -> dict[str, Any]:
    """Return a purchase order with its lines and amendments; ``inside`` says why so much is bought."""
    changes = [_amendment_json(one) for one in amending.amendments_of(found.order.id)]
    lines = [_line_json(line, inside) for line in found.order.lines]
    return head_json(found) | {"note": found.order.confirm_note, "lines": lines, "amendments": changes}


def _line_json(line: PurchaseOrderLine, inside: bool) -> dict[str, Any]:
    shown = {name: getattr(line, name) for name in LINE}
    why = {name: getattr(line, name) if inside else None for name in INSIDE}
    return {"product_code": line.product.code} | shown | why


def _amendment_json(changed: PurchaseAmendment) -> dict[str, Any]:
    return {
        "amendment": changed.number,
        "at": iso(changed.at),
        "told_at": iso(changed.told_at) if changed.told_at else None,
        "lines": [
            {"product_code": one.line.product.code, "former": one.former, "purchased": one.purchased}
            for one in changed.lines
        ],
    }
