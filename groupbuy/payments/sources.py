"""Where the money of an order came from, and what of it is left there."""

from collections.abc import Mapping

from sqlalchemy import Select, select

from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.finance.models import Posting
from groupbuy.orders.models import Order
from groupbuy.payments import rules
from groupbuy.payments.models import ChannelPayment, ChannelRefund, Refund
from groupbuy.payments.paying import PAYMENT

WALLET, CASH = "wallet", "cash"
# The wallet and cash by their names, a payment through a channel by its id.
Source = str | int


def left_of(order: Order) -> dict[Source, int]:
    """Return what of a locked order's money is left by its source, in fen.

    What was noted by hand, without a channel and without the leader, goes back to the wallet.
    """
    return rules.remaining(_paid(order), _gone_back(order))


def _paid(order: Order) -> Mapping[Source, int]:
    booked = db.session.execute(
        select(Posting.debit_account, total(Posting.amount_fen))
        .where(Posting.cause_kind == PAYMENT, Posting.cause_id == str(order.id))
        .group_by(Posting.debit_account)
        .order_by(Posting.debit_account)
    )
    through: dict[Source, int] = {}
    for payment in db.session.scalars(_payments(order)):
        through[payment.id] = payment.paid_fen or 0
    channels = {f"channel:{name}" for name in db.session.scalars(_channels(order))}
    paid: dict[Source, int] = {}
    for account, fen in booked:
        if account not in channels:
            source = CASH if account.startswith("cash:") else WALLET
            paid[source] = paid.get(source, 0) + fen
    return paid | through


def _payments(order: Order) -> Select[ChannelPayment]:
    mine = (ChannelPayment.order_id == order.id, ChannelPayment.state == "paid")
    return select(ChannelPayment).where(*mine).order_by(ChannelPayment.id)


def _channels(order: Order) -> Select[str]:
    return select(ChannelPayment.channel).where(ChannelPayment.order_id == order.id).distinct()


def _gone_back(order: Order) -> Mapping[Source, int]:
    rows = db.session.execute(
        select(Refund.target, ChannelRefund.payment_id, total(Refund.amount_fen))
        .outerjoin(ChannelRefund, ChannelRefund.refund_id == Refund.id)
        .where(Refund.order_id == order.id)
        .group_by(Refund.target, ChannelRefund.payment_id)
    )
    return {(target if payment_id is None else payment_id): fen for target, payment_id, fen in rows}
