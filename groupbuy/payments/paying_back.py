"""Paying back what a resident has paid above an order: to the wallet, as cash, or through a channel."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ScalarSelect, select, update

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.submissions import first_of, own_key
from groupbuy.db.totals import by_key, total
from groupbuy.db.upserts import insert_into
from groupbuy.finance import rules, service
from groupbuy.finance.rules import Entry
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import RESIDENT
from groupbuy.notices.telling import Notice
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lock_order
from groupbuy.payments import books, channel_refunds
from groupbuy.payments.models import ChannelPayment, OrderBooks, Refund

TARGETS = ("wallet", "cash")
MAX_REASON = 200
# The reasons that we give ourselves, as they are stored, and as residents read them in English.
EXCHANGED = "换货，抵付换来的商品"
RETURNED = "缺货、取消或售后，自动原路退回"
LATE = "超时或重复付款，自动退回"
ENGLISH: Mapping[str, str] = {
    EXCHANGED: "exchanged, towards what comes instead",
    RETURNED: "something was short, cancelled or settled after the sale",
    LATE: "paid too late, or twice",
}


def pay_back(
    *,
    order: Order,
    amount_fen: int,
    target: str,
    reason: str,
    now: datetime,
    actor: str,
    submission_key: str | None = None,
) -> Refund:
    """Pay back part or all of what is owed on an order; the same key again is the first refund.

    ``target`` is ``wallet`` or ``cash`` (from the leader's hands). Raise BadInput, RuleBroken ``above_owed``.
    """
    _check(amount_fen, target, reason)
    lock_order(order)
    key = own_key(order.id, submission_key)
    if first := first_of(Refund, key):
        return first
    to = rules.wallet(order.resident_id) if target == "wallet" else rules.cash(order.leader_id)
    return _pay(order, target, to, amount_fen, reason, now, actor, key)


def pay_back_through(
    *, order: Order, payment: ChannelPayment, amount_fen: int, reason: str, now: datetime, actor: str
) -> Refund:
    """Pay back part or all of what is owed on a locked order through the channel it was paid by.

    Raise RuleBroken ``above_owed`` and ``above_paid``.
    """
    refund = _pay(order, "channel", rules.REFUNDING, amount_fen, reason, now, actor, None)
    channel_refunds.queue_refund(
        payment=payment, amount_fen=amount_fen, refund_id=refund.id, reason=reason, now=now, actor=actor
    )
    return refund


def _pay(
    order: Order,
    target: str,
    to: str,
    amount_fen: int,
    reason: str,
    now: datetime,
    actor: str,
    key: str | None,
) -> Refund:
    books.bring_up_order(order_id=order.id, now=now)
    _take(order, amount_fen)
    values = {"order_id": order.id, "target": target, "amount_fen": amount_fen, "reason": reason.strip()}
    refund_id = db.session.execute(
        insert_into(Refund).values(**values, submission_key=key, at=now, actor=actor).returning(Refund.id)
    ).scalar_one()
    owed = rules.owed(order.resident_id)
    service.post([Entry(owed, to, amount_fen, "refund", str(refund_id))], at=now, actor=actor)
    audit.record(
        at=now,
        actor=actor,
        verb="order_paid_back",
        subject_kind="order",
        subject=order.number,
        after=values | {"order_id": None, "refund": refund_id},
    )
    _tell(order, refund_id, amount_fen, reason.strip(), now)
    return db.session.get_one(Refund, refund_id)


def _tell(order: Order, refund_id: int, amount_fen: int, reason: str, now: datetime) -> None:
    why: telling.Value = {"zh": reason, "en": ENGLISH.get(reason, reason)}
    values = {"order": order.number, "amount": format_yuan(amount_fen), "reason": why}
    who = recipient(RESIDENT, order.resident_id)
    telling.tell([Notice(f"refund-{refund_id}", "refunded", who, values)], now=now)


def _check(amount_fen: int, target: str, reason: str) -> None:
    if target not in TARGETS:
        raise BadInput("unknown_target", "Pay back to the wallet or as cash.", param="target")
    if amount_fen <= 0:
        raise BadInput("out_of_range", "An amount above zero.", param="amount_fen")
    if not 1 <= len(reason.strip()) <= MAX_REASON:
        raise BadInput("required", "Say why.", param="reason")


def _take(order: Order, amount_fen: int) -> None:
    """Lower what was paid by what goes back; never below what the order costs."""
    taken = db.session.execute(
        update(Order)
        .where(Order.id == order.id, Order.paid_fen - Order.amount_fen >= amount_fen)
        .values(paid_fen=Order.paid_fen - amount_fen, version=Order.version + 1)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if taken is None:
        owed = max(order.paid_fen - order.amount_fen, 0)
        raise RuleBroken(
            "above_owed", f"Only {format_yuan(owed)} is owed back on this order.", param="amount_fen"
        )
    db.session.execute(
        update(OrderBooks)
        .where(OrderBooks.order_id == order.id)
        .values(owed_fen=OrderBooks.owed_fen - amount_fen, version=OrderBooks.version + 1)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(order)


def paid_back_of() -> ScalarSelect[int]:
    """Return what was paid back so far on an order, in fen, for a statement about orders."""
    return select(total(Refund.amount_fen)).where(Refund.order_id == Order.id).scalar_subquery()


def paid_back(order_ids: Sequence[int]) -> dict[int, int]:
    """Return what was paid back so far on orders, in fen by order id."""
    sums = select(Refund.order_id, total(Refund.amount_fen)).where(Refund.order_id.in_(order_ids))
    return by_key(sums.group_by(Refund.order_id))
