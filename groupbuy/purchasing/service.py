"""Writing purchase orders and moving them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from groupbuy.audit import service as audit
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.bulk import insert_many, next_ids, select_in, table_of
from groupbuy.purchasing import approving
from groupbuy.purchasing.delivering import delivery_place
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.planning import PlannedOrder
from groupbuy.purchasing.rules import POState, po_number


def store_orders(
    plan: Sequence[PlannedOrder], *, round_id: int, day: date, due_date: date, now: datetime
) -> None:
    """Write the purchase orders of a round; one below its supplier's minimum is held for a decision.

    One with nothing to buy, because all lies in stock or fills no case, is closed from the start. Where
    orders are approved first, the others wait as drafts. Each keeps the place of delivery and its
    supplier's terms as they are now.
    """
    deliver_to, terms = delivery_place() or None, _terms_of([order.supplier_id for order in plan])
    approve_first = approving.approve_first()
    order_ids = next_ids(table_of(PurchaseOrder), len(plan))
    numbered = list(zip(order_ids, plan, strict=True))
    alike = {"round_id": round_id, "due_date": due_date, "created_at": now, "deliver_to": deliver_to}
    heads = [
        alike
        | {
            "id": order_id,
            "number": po_number(day, round_id, order.supplier_code),
            "supplier_id": order.supplier_id,
            "state": _first_state(order, approve_first),
            "below_minimum": order.below_minimum,
            "held": order.below_minimum,
            "units": order.units,
            "cost_fen": order.cost_fen,
            "terms": terms.get(order.supplier_id),
        }
        for order_id, order in numbered
    ]
    if heads:
        db.session.execute(insert(PurchaseOrder), heads)
    lines = (line for order_id, order in numbered for line in _lines(order_id, order))
    insert_many(table_of(PurchaseOrderLine), lines)


def _terms_of(supplier_ids: Collection[int]) -> dict[int, str]:
    agreed = select(Supplier.id, Supplier.terms).where(Supplier.terms != "")
    return dict(select_in(agreed, Supplier.id, supplier_ids))


def _first_state(order: PlannedOrder, approve_first: bool) -> POState:
    if not order.units:
        return POState.CLOSED
    return POState.DRAFT if order.below_minimum or approve_first else POState.APPROVED


def _lines(order_id: int, order: PlannedOrder) -> Iterable[dict[str, Any]]:
    for line in order.lines:
        yield asdict(line.cases) | {
            "purchase_order_id": order_id,
            "offer_id": line.offer_id,
            "product_id": line.product_id,
            "cost_fen": line.cost_fen,
            "amount_fen": line.amount_fen,
        }


def mark_sent(*, order_id: int, now: datetime, actor: str) -> bool:
    """Note that an approved purchase order has left; False when it had before."""
    sent = _change(order_id, [POState.APPROVED], state=POState.SENT, sent_at=now)
    if sent is not None:
        _log(sent, "purchase_order_sent", now, actor)
    return sent is not None


def approve(*, order_id: int, now: datetime, actor: str) -> bool:
    """Decide that a draft is ordered, also below the supplier's minimum; False when that is decided."""
    approved = _change(order_id, [POState.DRAFT], state=POState.APPROVED, held=False)
    if approved is not None:
        _log(approved, "purchase_order_approved", now, actor)
    return approved is not None


def move(*, order: PurchaseOrder, old: Sequence[POState], new: POState, now: datetime, actor: str) -> bool:
    """Move a purchase order from one of the old states; False when it is not there or was in the new one."""
    former = order.state
    moved = _change(order.id, [one for one in old if one != new], state=new)
    if moved is None:
        return False
    db.session.refresh(order, ["state"])
    audit.record(
        at=now,
        actor=actor,
        verb=f"purchase_order_{new}",
        subject_kind="purchase_order",
        subject=moved,
        before={"state": former},
        after={"state": new},
    )
    return True


def _change(order_id: int, old: Sequence[POState], **values: Any) -> str | None:
    """Change an order that stands in one of the old states; return its number, None where it does not."""
    return db.session.scalar(
        update(PurchaseOrder)
        .where(PurchaseOrder.id == order_id, PurchaseOrder.state.in_(old))
        .values(**values)
        .returning(PurchaseOrder.number)
        .execution_options(synchronize_session=False)
    )


def _log(number: str, verb: str, now: datetime, actor: str) -> None:
    audit.record(at=now, actor=actor, verb=verb, subject_kind="purchase_order", subject=number)
