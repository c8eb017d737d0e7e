"""Money that is owed back on an order returns to where it came from, or where somebody says."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from groupbuy.audit import service as audit
from groupbuy.audit.service import SCHEDULER
from groupbuy.db import db
from groupbuy.db.submissions import first_of, own_key
from groupbuy.db.totals import total
from groupbuy.finance import rules as accounts
from groupbuy.finance import service
from groupbuy.finance.dials import dials
from groupbuy.finance.rules import Entry
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lock_order
from groupbuy.orders.rules import OrderState
from groupbuy.payments import channel_refunds, charging, paying_back, rules, sources
from groupbuy.payments.charging import OPEN
from groupbuy.payments.models import GIVEN_BACK, ChannelPayment, RefundRequest
from groupbuy.payments.paying_back import MAX_REASON

ASKED, DONE, REJECTED = "asked", "done", "rejected"
NEVER_PAID = "未在时限内付清，自动退回"
# To where the money came from, in the proportions it came.
SOURCES = "sources"


def refund(
    *,
    order: Order,
    amount_fen: int,
    reason: str,
    now: datetime,
    actor: str,
    target: str = SOURCES,
    submission_key: str | None = None,
) -> RefundRequest:
    """Pay back part or all of what is owed on an order; the same key again is the first.

    ``target`` is ``sources``, in the proportions the money came, or ``wallet`` or ``cash``. It waits for a
    second person once what people have paid back alone on the order comes above the limit of two persons,
    in one part or in many. Raise BadInput, RuleBroken ``above_owed``.
    """
    _check(amount_fen, reason, target)
    lock_order(order)
    key = own_key(order.id, submission_key)
    if first := first_of(RefundRequest, key):
        return first
    _check_owed(order, amount_fen)
    earlier = 0 if actor == SCHEDULER else _paid_alone(order.id)
    alone = earlier + amount_fen <= dials().second_person_fen
    request = RefundRequest(
        order_id=order.id,
        amount_fen=amount_fen,
        target=target,
        reason=reason.strip(),
        state=DONE if alone else ASKED,
        asked_at=now,
        asked_by=actor,
        submission_key=key,
    )
    db.session.add(request)
    db.session.flush()
    after = {"amount_fen": amount_fen, "order": order.number, "target": target}
    _log(request, "refund_asked", now, actor, after)
    if alone:
        _carry_out(request, order, now, actor)
    return request


def _check(amount_fen: int, reason: str, target: str) -> None:
    if target not in (SOURCES, *paying_back.TARGETS):
        raise BadInput(
            "unknown_target", "Pay back the way it was paid, to the wallet or as cash.", param="target"
        )
    if amount_fen <= 0:
        raise BadInput("out_of_range", "An amount above zero.", param="amount_fen")
    if not 1 <= len(reason.strip()) <= MAX_REASON:
        raise BadInput("required", "Say why.", param="reason")


def _check_owed(order: Order, amount_fen: int) -> None:
    owed = order.paid_fen - order.amount_fen - _waiting(order.id)
    if amount_fen > owed:
        sentence = f"Only {format_yuan(max(owed, 0))} is owed back on this order."
        raise RuleBroken("above_owed", sentence, param="amount_fen")


def decide(*, request_id: int, approve: bool, words: str, now: datetime, actor: str) -> RefundRequest:
    """Approve a refund that waits, or reject it with a reason; the first decision stands.

    Raise NotFound, BadInput without a reason, RuleBroken ``second_person`` for whoever asked for it,
    ``decided_meanwhile``, ``above_owed``.
    """
    request = get_request(request_id)
    order = lock_order(request.order)
    db.session.refresh(request)
    if request.state != ASKED:
        raise RuleBroken("decided_meanwhile", "Somebody else has decided this in the meantime; look again.")
    if approve and request.asked_by == actor:
        raise RuleBroken("second_person", "Another person has to approve this as well.")
    if not approve and not words.strip():
        raise BadInput("required", "Say why.", param="reason")
    request.state = DONE if approve else REJECTED
    request.decided_at, request.decided_by = now, actor
    request.words = words.strip()[:MAX_REASON] or None
    db.session.flush()
    _log(request, "refund_approved" if approve else "refund_rejected", now, actor, {"words": request.words})
    if approve:
        _carry_out(request, order, now, actor)
    return request


def give_back(*, order: Order, now: datetime) -> int:
    """Pay back by itself what was paid on an order that never came about; return how much, in fen.

    Nothing while a channel may still take money for it: that would come back as well.
    """
    lock_order(order)
    if not _never_came_about(order):
        return 0
    amount = order.paid_fen - order.amount_fen
    _to_sources(order, amount, NEVER_PAID, now, SCHEDULER)
    return amount


def _never_came_about(order: Order) -> bool:
    if order.state != OrderState.CANCELLED or order.paid_at is not None or not order.paid_fen:
        return False
    still_open = select(ChannelPayment.id).where(
        ChannelPayment.order_id == order.id, ChannelPayment.state.in_(OPEN)
    )
    return db.session.scalar(still_open.limit(1)) is None and not _waiting(order.id)


def due_to_give_back(*, most: int) -> Sequence[Order]:
    """Return orders that were paid in part or too late and are cancelled, the oldest first."""
    still_open = select(ChannelPayment.order_id).where(ChannelPayment.state.in_(OPEN))
    never = (
        Order.paid_fen > Order.amount_fen,
        Order.state == OrderState.CANCELLED,
        Order.paid_at.is_(None),
        Order.id.not_in(still_open.where(ChannelPayment.order_id.is_not(None))),
    )
    return db.session.scalars(select(Order).where(*never).order_by(Order.id).limit(most)).all()


def _carry_out(request: RefundRequest, order: Order, now: datetime, actor: str) -> None:
    """Pay what was asked for on a locked order."""
    if request.target == SOURCES:
        _to_sources(order, request.amount_fen, request.reason, now, actor)
        return
    paying_back.pay_back(
        order=order,
        amount_fen=request.amount_fen,
        target=request.target,
        reason=request.reason,
        now=now,
        actor=actor,
    )


def _to_sources(order: Order, amount_fen: int, reason: str, now: datetime, actor: str) -> None:
    """Pay back to each source its part of an amount that is owed on a locked order."""
    for source, fen in rules.parts(amount_fen, sources.left_of(order)).items():
        usual: dict[str, Any] = {"order": order, "amount_fen": fen, "reason": reason}
        if isinstance(source, int):
            payment = db.session.get_one(ChannelPayment, source)
            paying_back.pay_back_through(**usual, payment=payment, now=now, actor=actor)
        else:
            paying_back.pay_back(**usual, target=source, now=now, actor=actor)


def give_back_held(*, number: str, reason: str, now: datetime, actor: str) -> ChannelPayment:
    """Send money that was held back to whoever paid it; again changes nothing.

    Raise NotFound, RuleBroken ``not_held``.
    """
    payment = charging.lock(charging.get_payment(number))
    if payment.state != "held":
        raise RuleBroken("not_held", "This payment is not held.")
    if payment.outcome == GIVEN_BACK:
        return payment
    amount = payment.paid_fen or 0
    row = channel_refunds.queue_refund(
        payment=payment, amount_fen=amount, refund_id=None, reason=reason, now=now, actor=actor
    )
    entry = Entry(accounts.HELD, accounts.REFUNDING, amount, channel_refunds.CAUSE, str(row.id), "asked")
    service.post([entry], at=now, actor=actor)
    payment.outcome = GIVEN_BACK
    db.session.flush()
    return payment


def get_request(request_id: int) -> RefundRequest:
    """Return a refund that was asked for; raise NotFound."""
    found = db.session.get(RefundRequest, request_id)
    if found is None:
        raise NotFound("unknown_refund", "There is no such refund.")
    return found


def _waiting(order_id: int) -> int:
    return _asked_for(order_id, RefundRequest.state == ASKED)


def _paid_alone(order_id: int) -> int:
    """Return what people have paid back on an order that no second person has seen, in fen."""
    by_people = RefundRequest.asked_by != SCHEDULER
    return _asked_for(order_id, RefundRequest.state == DONE, RefundRequest.decided_by.is_(None), by_people)


def _asked_for(order_id: int, *conditions: ColumnElement[bool]) -> int:
    mine = (RefundRequest.order_id == order_id, *conditions)
    return db.session.scalar(select(total(RefundRequest.amount_fen)).where(*mine)) or 0


def _log(request: RefundRequest, verb: str, now: datetime, actor: str, after: dict[str, Any]) -> None:
    audit.record(
        at=now, actor=actor, verb=verb, subject_kind="refund_request", subject=str(request.id), after=after
    )
