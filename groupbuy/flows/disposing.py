"""A leader decides about perishables that nobody has fetched: they are disposed of, or stay."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from groupbuy.aftersales import queries as aftersales
from groupbuy.audit.actor import Actor
from groupbuy.db import db
from groupbuy.flows import crediting, taking_back
from groupbuy.flows.order_log import log_order
from groupbuy.flows.perishing import MONEY
from groupbuy.flows.taking_back import Back
from groupbuy.kernel.errors import RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import RESIDENT
from groupbuy.notices.telling import Notice, Value
from groupbuy.orders import service as orders
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.queries import lock_order
from groupbuy.orders.rules import OrderState
from groupbuy.pickup import queries as pickups
from groupbuy.pickup import unfetched
from groupbuy.pickup.parts import OPEN_STATES
from groupbuy.pickup.unfetched import DISPOSED, LEFT, Perishable

CAUSE = "perishable_line"


def decide(
    *, order: Order, dispose: bool, now: datetime, zone: ZoneInfo, actor: Actor
) -> Sequence[Perishable]:
    """Decide about the perishables of an order that may be disposed of, once; return them.

    What is disposed of is handed out no more. By the rule that its resident was told it stays paid for, or
    is paid back; then the goods come back and are written off. What is not disposed of stays to be
    fetched. Raise RuleBroken ``already_picked_up``, ``refund_open`` while a case about the order is open,
    ``nothing_due`` when none of it may be disposed of now, or it was decided already.
    """
    lock_order(order)
    lines = _due(order, now)
    for line in lines:
        line.row.decision = DISPOSED if dispose else LEFT
        line.row.decided_at, line.row.decided_by = now, actor.name
    if dispose:
        _dispose(order, lines, now, zone, actor)
    db.session.flush()
    verb = "perishables_disposed" if dispose else "perishables_left"
    after = {"units": {line.name: line.left for line in lines}, "refund_fen": _refunded(lines)}
    log_order(order, verb, now, actor.name, after=after)
    return lines


def _due(order: Order, now: datetime) -> Sequence[Perishable]:
    if order.state not in OPEN_STATES:
        raise RuleBroken("already_picked_up", "This order has been picked up already.")
    if aftersales.held_back([order.id]):
        raise RuleBroken("refund_open", "A refund or exchange of this order is being decided.")
    aside = unfetched.asides_of([order.id]).get(order.id)
    found = unfetched.perishables_of([order.id]).get(order.id, ())
    due = [line for line in found if line.waits and line.row.due_at <= now]
    if not due or (aside is not None and aside.until > now):
        raise RuleBroken("nothing_due", "None of these goods may be disposed of now.")
    return due


def _dispose(order: Order, lines: Sequence[Perishable], now: datetime, zone: ZoneInfo, actor: Actor) -> None:
    for line in lines:
        line.row.units = line.left
    if any(not line.row.refund for line in lines):
        # Some of it will never be handed out, so that what is left is a part.
        orders.move(order=order, old=OPEN_STATES, new=OrderState.PART_PICKED_UP)
    for line in lines:
        if line.row.refund:
            _pay_back(order, line, now, zone, actor)
    db.session.flush()
    db.session.refresh(order)
    if order.state in OPEN_STATES and not pickups.left_of([order.id]):
        orders.move(order=order, old=OPEN_STATES, new=OrderState.PICKED_UP, picked_up_at=now)
    _tell(order, lines, now)


def _pay_back(order: Order, line: Perishable, now: datetime, zone: ZoneInfo, actor: Actor) -> None:
    """Owe back what goods have cost; they belong to the seller again, who writes them off."""
    line_id = line.row.order_line_id
    goods = Back(
        line=db.session.get_one(OrderLine, line_id),
        units=line.left,
        cause=(CAUSE, line_id),
        subject=("order", order.number),
        words=f"到时未提 {order.number}",
    )
    taking_back.write_off(goods, now=now, zone=zone, actor=actor)
    line.row.amount_fen = crediting.take_off(
        {line_id: line.left}, cause=f"disposal:{line_id}", now=now, actor=actor
    )


def _refunded(lines: Sequence[Perishable]) -> int:
    return sum(line.row.amount_fen for line in lines)


def _tell(order: Order, lines: Sequence[Perishable], now: datetime) -> None:
    back = _refunded(lines)
    money: dict[str, Any] = dict(MONEY[False])
    if back:
        money = {"zh": f"少收 {format_yuan(back)}，已付的将退还", "en": f"you pay {format_yuan(back)} less"}
    goods = "、".join(f"{line.name} ×{line.left}" for line in lines)
    values: dict[str, Value] = {"order": order.number, "goods": goods, "money": money}
    key = f"disposed-{lines[0].row.order_line_id}"
    telling.tell([Notice(key, "disposed", recipient(RESIDENT, order.resident_id), values)], now=now)
