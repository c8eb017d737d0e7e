"""Goods are handed out against a code, once, at their own pickup point."""

from collections.abc import Sequence
from datetime import datetime

from groupbuy.audit import service as audit
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.flows.ordering import Actor
from groupbuy.kernel import ids
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.orders import service
from groupbuy.orders.models import Order
from groupbuy.orders.rules import OrderState
from groupbuy.pickup import queries

NOT_READY = (RoundState.DRAFT, RoundState.SCHEDULED, RoundState.OPEN, RoundState.CLOSING)
OPEN_STATES = (OrderState.CONFIRMED, OrderState.PART_PICKED_UP)


def verify_pickup(*, code: str, leader_ids: Sequence[int], now: datetime, actor: Actor) -> list[Order]:
    """Hand out the order, or all orders of the bag, that a code stands for; return them.

    Raise BadInput ``bad_code`` for what is no code at all, NotFound ``unknown_code``, and RuleBroken
    ``wrong_pickup_point``, ``not_ready`` before the close, ``order_cancelled``, ``already_picked_up``.
    """
    if not ids.is_pickup_code(code):
        raise BadInput("bad_code", "A pickup code has eight digits; look again.", param="code")
    found = queries.orders_of_code(code, leader_ids=leader_ids)
    if not found:
        _explain_unknown(code, leader_ids)
    if any(order.round.state in NOT_READY for order in found):
        raise RuleBroken("not_ready", "The round of this order has not closed yet.")
    handed_out = [order for order in found if _hand_out(order, now, actor)]
    if not handed_out:
        _explain_refusal(found)
    return handed_out


def _hand_out(order: Order, now: datetime, actor: Actor) -> bool:
    """Move an order that is still to be fetched; False when somebody has done so already."""
    former = order.state
    if not service.move(order=order, old=OPEN_STATES, new=OrderState.PICKED_UP, picked_up_at=now):
        return False
    audit.record(
        at=now,
        actor=actor.name,
        verb="order_picked_up",
        subject_kind="order",
        subject=order.number,
        before={"state": former},
        after={"state": OrderState.PICKED_UP},
    )
    return True


def _explain_unknown(code: str, leader_ids: Sequence[int]) -> None:
    if queries.is_known_elsewhere(code, leader_ids=leader_ids):
        raise RuleBroken("wrong_pickup_point", "This code belongs to another pickup point.", param="code")
    raise NotFound("unknown_code", "There is no order with this code.", param="code")


def _explain_refusal(orders: Sequence[Order]) -> None:
    """Say why none of the orders could be handed out; a parallel request may have been first."""
    for order in orders:
        db.session.refresh(order, ["state"])
    if all(order.state == OrderState.CANCELLED for order in orders):
        raise RuleBroken("order_cancelled", "This order has been cancelled.", param="code")
    if any(order.state == OrderState.AWAITING_PAYMENT for order in orders):
        raise RuleBroken("not_paid", "This order has not been paid.", param="code")
    raise RuleBroken("already_picked_up", "This order has been picked up already.", param="code")
