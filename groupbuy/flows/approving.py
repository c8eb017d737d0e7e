"""A purchase order that waits for approval is approved, and leaves where its supplier has an address."""

from datetime import datetime

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.flows import notifying
from groupbuy.kernel.errors import RuleBroken
from groupbuy.purchasing import service
from groupbuy.purchasing.queries import lock_purchase_order
from groupbuy.purchasing.rules import POState


def approve_order(*, number: str, now: datetime, actor: str, seen_fen: int | None = None) -> bool:
    """Approve a draft, also below its supplier's minimum, and queue its mail; False when that is decided.

    ``seen_fen`` is what it was worth when somebody looked. Raise NotFound, RuleBroken ``changed_meanwhile``.
    """
    order = lock_purchase_order(number)
    if order.state == POState.DRAFT and seen_fen not in (None, order.cost_fen):
        raise RuleBroken("changed_meanwhile", "Somebody has changed this since you opened it.")
    approved = service.approve(order_id=order.id, now=now, actor=actor)
    if approved:
        db.session.refresh(order, ["state", "held"])
        round_ = db.session.get_one(Round, order.round_id)
        notifying.send_purchase_order(round_=round_, order=order, now=now)
    return approved
