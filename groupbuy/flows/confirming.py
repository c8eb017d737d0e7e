"""A supplier answers a purchase order: so much will come, on this day."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.db import db
from groupbuy.flows import mailing
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.purchasing import queries as purchasing
from groupbuy.purchasing import service as purchase_orders
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.purchasing.rules import POState

MAX_NOTE = 200
LATEST = timedelta(days=60)
ANSWERABLE = (POState.SENT, POState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a supplier says will come, in sale units by product code, and when.

    What is not named comes as it was ordered.
    """

    quantities: Mapping[str, int]
    promised_date: date | None = None
    note: str | None = None


def confirm_order(
    *,
    number: str,
    answer: Answer,
    now: datetime,
    actor: Actor,
    supplier_ids: Collection[int] | None = None,
) -> PurchaseOrder:
    """Note a supplier's answer; again replaces it.

    ``supplier_ids`` are the suppliers who ask, None for the operator who notes what one said. Raise
    NotFound, BadInput ``unknown_product``, ``out_of_range`` and ``too_long``, RuleBroken
    ``not_confirmable`` once goods have come or nothing is to come.
    """
    order = _lock(number, supplier_ids)
    _check(order, answer)
    _check_answerable(order, now, actor)
    before = _picture(order)
    _note(order, answer, now)
    purchase_orders.move(order=order, old=(POState.SENT,), new=POState.CONFIRMED, now=now, actor=actor.name)
    audit.record(
        at=now,
        actor=actor.name,
        verb="purchase_order_answered",
        subject_kind="purchase_order",
        subject=order.number,
        before=before,
        after=_picture(order),
    )
    return order


def _lock(number: str, supplier_ids: Collection[int] | None) -> PurchaseOrder:
    order = purchasing.lock_purchase_order(number)
    if order.state == POState.DRAFT or (supplier_ids is not None and order.supplier_id not in supplier_ids):
        raise NotFound("unknown_purchase_order", "There is no such purchase order.")
    return order


def _check_answerable(order: PurchaseOrder, now: datetime, actor: Actor) -> None:
    if order.state == POState.APPROVED:
        # Who answers has read it, however it got there.
        mailing.order_has_left(order.id, now=now, actor=actor.name)
        db.session.refresh(order, ["state"])
    if order.state not in ANSWERABLE:
        raise RuleBroken("not_confirmable", "This purchase order cannot be confirmed any more.")


def _note(order: PurchaseOrder, answer: Answer, now: datetime) -> None:
    for line in order.lines:
        line.confirmed = answer.quantities.get(line.product.code, line.purchased)
    order.promised_date = answer.promised_date if answer.promised_date != order.due_date else None
    order.confirm_note = (answer.note or "").strip() or None
    order.confirmed_at = now
    db.session.flush()


def _check(order: PurchaseOrder, answer: Answer) -> None:
    purchased = {line.product.code: line.purchased for line in order.lines}
    for code, units in answer.quantities.items():
        if code not in purchased:
            raise BadInput("unknown_product", "The order has no such product.", param=code)
        if not 0 <= units <= purchased[code]:
            raise BadInput("out_of_range", f"Between 0 and the {purchased[code]} ordered.", param=code)
    earliest, latest = order.created_at.date(), order.due_date + LATEST
    if answer.promised_date is not None and not earliest <= answer.promised_date <= latest:
        raise BadInput("out_of_range", "This day is too early or too late.", param="promised_date")
    if len((answer.note or "").strip()) > MAX_NOTE:
        raise BadInput("too_long", f"At most {MAX_NOTE} characters.", param="note")


def _picture(order: PurchaseOrder) -> dict[str, Any]:
    promised = order.promised_date or order.due_date
    confirmed = {line.product.code: line.confirmed for line in order.lines}
    return {"due": promised.isoformat(), "confirmed": confirmed}
