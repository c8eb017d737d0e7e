"""A round is called off after its close: orders, purchases, stock and commission are taken back."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from groupbuy.audit.actor import Actor
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.commissions import bulk as commissions
from groupbuy.commissions import settling
from groupbuy.delivery import missing
from groupbuy.flows import attributing, notifying, substituting, telling
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.orders import bulk as orders
from groupbuy.orders import shortening
from groupbuy.orders.shortening import CALLED_OFF, ShortenedOrder
from groupbuy.purchasing import amending
from groupbuy.purchasing import service as purchase_orders
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.rules import POState
from groupbuy.warehouse import receipts, stock, supply, tracing
from groupbuy.warehouse.receipts import Came
from groupbuy.warehouse.rules import last_to_expire

OPEN = (RoundState.CLOSED, RoundState.ORDERED, RoundState.RECEIVED)
NOTHING_CAME = (POState.DRAFT, POState.APPROVED, POState.SENT, POState.CONFIRMED)
MAX_REASON = 200


def call_off(*, round_: Round, reason: str, now: datetime, actor: Actor) -> list[ShortenedOrder]:
    """Cancel a closed round with all its orders; return the orders.

    What was paid is owed back, commission is taken back, suppliers who have their order are told, what
    has come or was taken from stock goes into stock, and each resident and leader gets one note.
    Raise BadInput without a reason, RuleBroken ``not_closed``, ``handed_out``.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= MAX_REASON:
        raise BadInput("required", f"Say why, in at most {MAX_REASON} characters.", param="reason")
    # Purchase orders before their round, and that before its orders, as everybody locks them.
    purchases = amending.lock_orders_of_round(round_.id)
    round_ = lifecycle.lock_round(round_.id)
    if round_.state not in OPEN:
        raise RuleBroken("not_closed", "Only a closed round whose goods have not left can be called off.")
    orders.lock_alive(round_.id)
    if orders.any_handed_out(round_.id):
        raise RuleBroken("handed_out", "Some goods have been handed out; settle the rest order by order.")
    attributing.attribute(round_id=round_.id, now=now, actor=actor, over=True)
    who = telling.living(round_.id)
    cancelled = _cancel_orders(round_, now, actor)
    _end_purchases(round_, purchases, now, actor)
    lifecycle.move(
        round_=round_, old=OPEN, new=RoundState.CANCELLED, now=now, actor=actor.name, cancel_reason=reason
    )
    telling.tell_of_calling_off(round_=round_, who=who, reason=reason, now=now)
    return cancelled


def _cancel_orders(round_: Round, now: datetime, actor: Actor) -> list[ShortenedOrder]:
    back = substituting.give_back(round_=round_, order=None, reason=CALLED_OFF, now=now, actor=actor)
    cause = f"{CALLED_OFF}:{round_.id}"
    shortening.note_losses(shortening.everything(round_.id), cause=cause, now=now, actor=actor.name)
    commissions.book_changes(cause=cause, now=now)
    shortening.lower_lines(cause)
    rest = shortening.lower_orders(cause, now=now, reason=CALLED_OFF)
    known = {order.order_id for order in rest}
    cancelled = [*rest, *(order for order in back if order.order_id not in known)]
    settling.book_round(round_id=round_.id, now=now)
    shortening.log_orders(cancelled, now=now, actor=actor.name, reason=CALLED_OFF)
    return cancelled


def _end_purchases(
    round_: Round, purchases: Mapping[int, PurchaseOrder], now: datetime, actor: Actor
) -> None:
    stored, gone = supply.surplus_stored(round_.id), Counter(supply.used_up_units(round_.id))
    gone.update(missing.lost_on_the_way(round_.id))
    lines = []
    for order in purchases.values():
        had_left = order.state in (POState.SENT, POState.CONFIRMED)
        purchase_orders.move(order=order, old=NOTHING_CAME, new=POState.CANCELLED, now=now, actor=actor.name)
        purchase_orders.move(
            order=order, old=(POState.PART_RECEIVED,), new=POState.CLOSED, now=now, actor=actor.name
        )
        if order.state == POState.CANCELLED:
            notifying.withdraw_purchase_order(round_=round_, order=order, had_left=had_left, now=now)
        came = receipts.came_so_far(order.id)
        lines += [(line, came.get(line.id, Came()).accepted) for line in order.lines]
    for line, accepted in sorted(lines, key=lambda one: one[0].product_id):
        # What was paid back and is gone, or came back, is not put into stock once more; nor is what was
        # lost on its way to a leader.
        there = line.from_stock + accepted - stored.get(line.id, 0)
        units = max(there - gone[line.offer_id], 0)
        gone[line.offer_id] -= there - units
        if units > 0:
            _put(line, units, round_.id, now, actor)


def _put(line: PurchaseOrderLine, units: int, round_id: int, now: datetime, actor: Actor) -> None:
    stock.put(
        product_id=line.product_id,
        units=units,
        batches=last_to_expire(tracing.came_for(round_id, line.product_id), units),
        cost_fen=line.cost_fen,
        kind="receipt_surplus",
        cause=(supply.CALLED_OFF_LINE, line.id),
        now=now,
        actor=actor.name,
    )
