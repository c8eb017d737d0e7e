"""A purchase order that waits for approval is refused: nothing is bought on it, its goods are short."""

from datetime import datetime

from groupbuy.audit.actor import Actor
from groupbuy.db import db
from groupbuy.flows import mailing, receiving
from groupbuy.flows.confirming import MAX_NOTE
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.purchasing import queries as purchasing
from groupbuy.purchasing import service as purchase_orders
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.purchasing.rules import POState


def refuse_order(*, number: str, reason: str, now: datetime, actor: Actor) -> PurchaseOrder:
    """Refuse a draft: its goods are short and wait to be shared out; again changes nothing.

    Raise NotFound, BadInput ``required``, RuleBroken ``not_a_draft`` once it was approved.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= MAX_NOTE:
        raise BadInput("required", f"Write 1 to {MAX_NOTE} characters.", param="reason")
    order = purchasing.lock_purchase_order(number)
    draft = (POState.DRAFT,)
    if purchase_orders.move(order=order, old=draft, new=POState.CANCELLED, now=now, actor=actor.name):
        order.held, order.confirm_note = False, reason
        db.session.flush()
        mailing.look_whether_all_left(order.round_id, now=now, actor=actor.name)
        receiving.nothing_more_comes(order=order, now=now, actor=actor)
    elif order.state != POState.CANCELLED:
        raise RuleBroken("not_a_draft", "Only a purchase order that waits for approval can be refused.")
    return order
