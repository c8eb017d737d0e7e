"""What was paid for goods is taken off their order after the sale; commission and books follow."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select

from groupbuy.aftersales.models import Replacement
from groupbuy.audit.actor import Actor
from groupbuy.commissions import bulk as commissions
from groupbuy.commissions import settling
from groupbuy.db import db
from groupbuy.kernel.errors import RuleBroken
from groupbuy.orders import service as orders
from groupbuy.orders import shortening
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.rules import OrderState, part_of
from groupbuy.orders.shortening import Loss
from groupbuy.payments import books
from groupbuy.pickup import queries as pickups


def paid_line(line_id: int) -> OrderLine:
    """Return the line that was paid for: of goods that replaced others for nothing, the one of those."""
    line = db.session.get_one(OrderLine, line_id)
    promised = select(Replacement.order_line_id).where(Replacement.order_id == line.order_id)
    promised = promised.where(Replacement.credit_fen.is_(None))
    former = db.session.scalar(promised)
    return line if former is None else paid_line(former)


def lock_paid(line_ids: Collection[int]) -> Sequence[Order]:
    """Lock the orders on which lines were paid for, in the order of their keys, and return them."""
    order_ids = {paid_line(line_id).order_id for line_id in line_ids}
    chosen = select(Order).where(Order.id.in_(order_ids)).order_by(Order.id).with_for_update()
    return db.session.scalars(chosen.execution_options(populate_existing=True)).all()


def take_off(
    wanted: Mapping[int, int],
    *,
    cause: str,
    now: datetime,
    actor: Actor,
    freed: Mapping[int, int] = MappingProxyType({}),
) -> int:
    """Take sale units by line id off what was paid for and return how much, in fen; once for a cause.

    What was paid above is owed back. Nobody had those of them that are ``freed``, by paid line. Raise
    RuleBroken ``more_than_bought``.
    """
    paid = lock_paid(wanted)
    for order in paid:
        # What was handed out a moment ago is sold as it was, on its own day, before something is taken off.
        books.bring_up_order(order_id=order.id, now=now)
    losses = [_loss(paid_line(line_id), units) for line_id, units in sorted(wanted.items())]
    free = [_part(loss, freed.get(loss.line_id, 0)) for loss in losses]
    rest = [_rest(loss, part) for loss, part in zip(losses, free, strict=True)]
    causes = {cause: rest, f"{shortening.FREED}:{cause}": free}
    for why, parts in causes.items():
        _lower(parts, cause=why, now=now, actor=actor)
    lowered = shortening.lower_orders(*causes, now=now, reason=shortening.REFUNDED)
    shortening.log_orders(lowered, now=now, actor=actor.name, reason=shortening.REFUNDED)
    for order in paid:
        db.session.refresh(order)
        _finish_if_nothing_is_left(order, now)
        settling.book_round(round_id=order.round_id, now=now)
        books.bring_up_order(order_id=order.id, now=now)
    return sum(loss.amount_fen for loss in losses)


def _loss(line: OrderLine, units: int) -> Loss:
    db.session.refresh(line)
    if units > line.quantity:
        raise RuleBroken(
            "more_than_bought", f"Only {line.quantity} of these are left on the order.", param="units"
        )
    return Loss(line.id, units, part_of(line.amount_fen, units, line.quantity))


def _part(loss: Loss, units: int) -> Loss:
    return Loss(loss.line_id, units, part_of(loss.amount_fen, units, loss.units))


def _rest(loss: Loss, part: Loss) -> Loss:
    return Loss(loss.line_id, loss.units - part.units, loss.amount_fen - part.amount_fen)


def _lower(losses: Sequence[Loss], *, cause: str, now: datetime, actor: Actor) -> None:
    some = [loss for loss in losses if loss.units]
    shortening.note_losses(some, cause=cause, now=now, actor=actor.name, kind=shortening.REFUND)
    commissions.book_changes(cause=cause, now=now)
    shortening.lower_lines(cause)


def _finish_if_nothing_is_left(order: Order, now: datetime) -> None:
    """Move an order on of which some was handed out and the rest is refunded."""
    if order.state == OrderState.PART_PICKED_UP and not pickups.left_of([order.id]):
        old = (OrderState.PART_PICKED_UP,)
        orders.move(order=order, old=old, new=OrderState.PICKED_UP, picked_up_at=now)
