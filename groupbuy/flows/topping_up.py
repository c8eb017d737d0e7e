"""A resident pays into the wallet through a channel, and takes money in it back the same way."""

from datetime import datetime, timedelta

from sqlalchemy import select

from groupbuy.audit.actor import Actor
from groupbuy.db import db
from groupbuy.db.submissions import first_of, own_key
from groupbuy.finance import rules, service
from groupbuy.finance.rules import Entry
from groupbuy.flows.paying import Way
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.members.models import Resident
from groupbuy.payments import channel_refunds, charging
from groupbuy.payments.models import ChannelPayment, ChannelRefund

MAX_TOP_UP_FEN = 1_000_000
TOP_UP_TIME = timedelta(minutes=15)


def top_up(
    *, resident: Resident, amount_fen: int, way: Way, now: datetime, actor: Actor, submission_key: str
) -> ChannelPayment:
    """Begin to pay into a resident's wallet; the same key again is the same payment.

    Raise BadInput ``out_of_range``.
    """
    if not 1 <= amount_fen <= MAX_TOP_UP_FEN:
        raise BadInput("out_of_range", "Between ¥0.01 and ¥10,000.00.", param="amount_fen")
    key = own_key(resident.id, submission_key)
    # One top-up of a resident at a time, so that a form sent twice at once is one payment.
    db.session.execute(select(Resident.id).where(Resident.id == resident.id).with_for_update())
    return first_of(ChannelPayment, key) or charging.begin(
        resident_id=resident.id,
        order_id=None,
        channel=way.channel,
        way=way.way,
        amount_fen=amount_fen,
        expires_at=now + TOP_UP_TIME,
        now=now,
        actor=actor.name,
        submission_key=key,
    )


def refund_top_up(
    *, payment: ChannelPayment, amount_fen: int, now: datetime, actor: str, submission_key: str
) -> int:
    """Pay money in a wallet back through the channel it came by; the same key again pays once.

    Return what goes back, in fen. Raise RuleBroken ``not_topped_up``,
    ``above_paid``, ``insufficient_balance``.
    """
    payment = charging.lock(payment)
    key = own_key(payment.id, submission_key)
    if payment.outcome != "topped_up":
        raise RuleBroken("not_topped_up", "This payment has not come into a wallet.")
    if first := first_of(ChannelRefund, key):
        return first.amount_fen
    row = channel_refunds.queue_refund(
        payment=payment,
        amount_fen=amount_fen,
        refund_id=None,
        reason="退回充值",
        now=now,
        actor=actor,
        submission_key=key,
    )
    wallet = rules.wallet(payment.resident_id)
    entry = Entry(wallet, rules.REFUNDING, amount_fen, channel_refunds.CAUSE, str(row.id), "asked")
    service.post([entry], at=now, actor=actor)
    return amount_fen
