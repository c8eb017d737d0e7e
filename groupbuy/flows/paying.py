"""A resident pays through a channel: begun here, called by the edge, and taken in whenever it arrives."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from groupbuy.audit.actor import Actor
from groupbuy.audit.service import SCHEDULER
from groupbuy.campaigns import stock
from groupbuy.db import db
from groupbuy.finance import queries, rules, service
from groupbuy.finance.rules import Entry
from groupbuy.flows import ordering, transferring
from groupbuy.flows.order_log import log_order
from groupbuy.kernel.errors import RuleBroken
from groupbuy.orders import fees
from groupbuy.orders import service as orders
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lock_order
from groupbuy.orders.rules import OrderState
from groupbuy.payments import channel_refunds, charging, gateways, paying, paying_back
from groupbuy.payments.gateways import Found, FoundRefund, FoundTransfer, Notice
from groupbuy.payments.models import GIVEN_BACK, ChannelNotice, ChannelPayment

ACTOR = Actor(SCHEDULER)
TOP_UP = "top_up"


@dataclass(frozen=True, slots=True)
class Way:
    """A channel and one of its ways."""

    channel: str
    way: str


def pay_order(
    *, order: Order, way: Way, from_wallet: bool, now: datetime, actor: Actor
) -> ChannelPayment | None:
    """Begin to pay a prepaid order through a channel; None when the wallet has paid it all.

    With ``from_wallet`` the wallet pays what it has first. The same way again is the same payment; another
    way lets the earlier payment be closed. Raise RuleBroken ``not_prepaid``, ``order_cancelled``,
    ``already_paid``, ``pay_late``.
    """
    lock_order(order)
    expires_at = _check_payable(order, now)
    if from_wallet:
        _pay_from_wallet(order, now, actor)
    rest = order.amount_fen - order.paid_fen
    if rest <= 0:
        ordering.mark_paid(order=order, now=now, actor=actor, account=rules.wallet(order.resident_id))
        return None
    return _leave_open(order, way, rest, now) or charging.begin(
        resident_id=order.resident_id,
        order_id=order.id,
        channel=way.channel,
        way=way.way,
        amount_fen=rest,
        expires_at=expires_at,
        now=now,
        actor=actor.name,
    )


def _leave_open(order: Order, way: Way, amount_fen: int, now: datetime) -> ChannelPayment | None:
    """Return the open payment of the same amount by the same way; let every other one be closed."""
    same = None
    for payment in charging.open_payments(order.id):
        if (payment.channel, payment.way, payment.amount_fen) == (way.channel, way.way, amount_fen):
            same = payment
        else:
            charging.look_soon(payment=payment, now=now)
    return same


def _check_payable(order: Order, now: datetime) -> datetime:
    """Return until when a locked order can be paid; raise RuleBroken."""
    if order.round.payment != "prepaid":
        raise RuleBroken("not_prepaid", "This order is paid to the leader.")
    if order.state == OrderState.CANCELLED:
        raise RuleBroken("order_cancelled", "This order has been cancelled; nothing is to be paid.")
    if order.state != OrderState.AWAITING_PAYMENT or order.expires_at is None:
        raise RuleBroken("already_paid", "This order is paid.")
    if order.expires_at <= now:
        raise RuleBroken("pay_late", "The time to pay this order is over.")
    return order.expires_at


def _pay_from_wallet(order: Order, now: datetime, actor: Actor) -> None:
    """Let the wallet pay what it has of a locked order, at most what is left to pay."""
    account = rules.wallet(order.resident_id)
    # Paid from by two devices at once, the second one gets what the first one has left.
    part = min(queries.lock_available(account), order.amount_fen - order.paid_fen)
    if part <= 0:
        return
    if part == order.amount_fen - order.paid_fen:
        ordering.mark_paid(order=order, now=now, actor=actor, account=account)
        return
    _add(order, part, OrderState(order.state), now)
    paying.book_payment(order=order, account=account, amount_fen=part, now=now, actor=actor.name)


def _add(order: Order, amount_fen: int, state: OrderState, now: datetime) -> None:
    """Count money towards a locked order, which is confirmed by the last of it."""
    values = {"paid_fen": order.paid_fen + amount_fen}
    done = state == OrderState.CONFIRMED and order.state != OrderState.CONFIRMED
    more = {"paid_at": now, "expires_at": None} if done else {}
    orders.move(order=order, old=[OrderState(order.state)], new=state, **values, **more)


def take_notice(*, channel: str, notice: Notice, now: datetime, grace: timedelta) -> str:
    """Take in a genuine call of a channel; the same one again changes nothing.

    Return what became of it. Raise NotFound for a number that is none of ours.
    """
    number = None if notice.said is None else notice.said.number
    row = charging.note_notice(channel=channel, notice_id=notice.id, kind=notice.kind, number=number, now=now)
    if row is None:
        return "repeated"
    result = "ignored"
    if isinstance(notice.said, FoundRefund):
        channel_refunds.get_refund(notice.said.number)
        result = channel_refunds.take_found(number=notice.said.number, found=notice.said, now=now)
    elif isinstance(notice.said, FoundTransfer):
        result = transferring.take_found(number=notice.said.number, found=notice.said, now=now)
    elif notice.said is not None:
        result = take_found(channel=channel, found=notice.said, now=now, grace=grace)
    db.session.get_one(ChannelNotice, row).result = result
    db.session.flush()
    return result


def take_found(*, channel: str, found: Found, now: datetime, grace: timedelta) -> str:
    """Take in what a channel says of a payment, as often and in whatever order it says so.

    Money counts towards the order while that waits, and within ``grace`` of its time-out while the round
    sells and has stock; else it goes back by itself. A wrong amount is held. Return the outcome.
    Raise NotFound, RuleBroken ``other_channel``, ``no_amount``.
    """
    payment = charging.get_payment(found.number)
    if payment.channel != channel:
        raise RuleBroken("other_channel", "This payment is another channel's.")
    order = lock_order(payment.order) if payment.order is not None else None
    payment = charging.lock(payment)
    if payment.state in ("paid", "held"):
        return payment.outcome or payment.state
    if found.state == gateways.PAID:
        payment.outcome = _arrive(payment, order, found, now, grace)
        after = {"paid_fen": found.amount_fen, "outcome": payment.outcome}
        charging.log(payment, f"payment_{payment.state}", now, SCHEDULER, after)
    elif found.state == gateways.CLOSED and (payment.state != "closed" or payment.look_at is not None):
        charging.note_closed(payment=payment, now=now, actor=SCHEDULER)
    db.session.flush()
    return payment.outcome or payment.state


def _arrive(
    payment: ChannelPayment, order: Order | None, found: Found, now: datetime, grace: timedelta
) -> str:
    """Count money that has come; return the outcome."""
    if found.amount_fen <= 0:
        raise RuleBroken("no_amount", "The channel names no amount.")
    account = rules.channel(payment.channel)
    if found.amount_fen != payment.amount_fen or found.currency != gateways.CURRENCY:
        charging.note_arrival(payment=payment, found=found, state="held", now=now)
        entry = Entry(account, rules.HELD, found.amount_fen, "channel_payment", str(payment.id), "held")
        service.post([entry], at=now, actor=SCHEDULER)
        return "held"
    charging.note_arrival(payment=payment, found=found, state="paid", now=now)
    if order is None:
        wallet = rules.wallet(payment.resident_id)
        entry = Entry(account, wallet, payment.amount_fen, TOP_UP, str(payment.id))
        service.post([entry], at=now, actor=SCHEDULER)
        return "topped_up"
    return _to_order(payment, order, now, grace)


def _to_order(payment: ChannelPayment, order: Order, now: datetime, grace: timedelta) -> str:
    in_time = now < payment.expires_at + grace
    if order.state == OrderState.AWAITING_PAYMENT and not in_time:
        ordering.expire_order(order=order, now=now, actor=ACTOR)
    revived = order.state == OrderState.CANCELLED and in_time and _revive(payment, order, now)
    wanted = revived or order.state == OrderState.AWAITING_PAYMENT
    full = order.paid_fen + payment.amount_fen >= order.amount_fen
    state = OrderState.CONFIRMED if wanted and full else OrderState(order.state)
    _add(order, payment.amount_fen, state, now)
    account = rules.channel(payment.channel)
    paying.book_payment(order=order, account=account, amount_fen=payment.amount_fen, now=now, actor=SCHEDULER)
    if wanted:
        return "revived" if revived else "accepted"
    paying_back.pay_back_through(
        order=order,
        payment=payment,
        amount_fen=payment.amount_fen,
        reason=paying_back.LATE,
        now=now,
        actor=SCHEDULER,
    )
    return GIVEN_BACK


def _take_again(order: Order) -> None:
    for line in sorted(order.lines, key=lambda line: line.offer_id):
        stock.take(offer_id=line.offer_id, units=line.quantity)
        limit = line.offer.per_buyer_limit
        if limit is not None:
            stock.take_share(
                offer_id=line.offer_id, resident_id=order.resident_id, units=line.quantity, limit=limit
            )


def _revive(payment: ChannelPayment, order: Order, now: datetime) -> bool:
    """Let an order live again that was paid just after its time, if its goods can still be had."""
    fee = sum(fees.fees_of(order.id).values())
    amount = sum(line.amount_fen for line in order.lines) + fee
    if order.cancel_reason != "not_paid_in_time" or order.paid_fen + payment.amount_fen < amount:
        return False
    try:
        with db.session.begin_nested():
            ordering.check_round(order.round, now)
            _take_again(order)
    except RuleBroken:
        return False
    alive = {
        "amount_fen": amount,
        "fee_fen": fee,
        "cancelled_at": None,
        "cancel_reason": None,
        "expires_at": payment.expires_at,
    }
    orders.move(order=order, old=[OrderState.CANCELLED], new=OrderState.AWAITING_PAYMENT, **alive)
    log_order(order, "order_revived", now, SCHEDULER, after={"amount_fen": order.amount_fen})
    return True
