"""Where the money of an order came from, and what of it is left there."""

from collections.abc import Mapping, Sequence

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

    What was noted by hand, without a channel and without the leader, goes back to the wallet. Money of an
    order that was split is that of all its parts; the whole is locked, so that they ask one by one.
    """
    family = _family(order)
    return rules.remaining(_paid(family), _gone_back(family))


def _family(order: Order) -> Sequence[int]:
    whole = order.split_of_id or order.id
    db.session.execute(select(Order.id).where(Order.id == whole).with_for_update())
    parts = db.session.scalars(select(Order.id).where(Order.split_of_id == whole).order_by(Order.id))
    return [whole, *parts]


def _paid(order_ids: Sequence[int]) -> Mapping[Source, int]:
    booked = db.session.execute(
        select(Posting.debit_account, total(Posting.amount_fen))
        .where(Posting.cause_kind == PAYMENT, Posting.cause_id.in_([str(one) for one in order_ids]))
        .group_by(Posting.debit_account)
        .order_by(Posting.debit_account)
    )
    through: dict[Source, int] = {}
    for payment in db.session.scalars(_payments(order_ids)):
        through[payment.id] = payment.paid_fen or 0
    channels = {f"channel:{name}" for name in db.session.scalars(_channels(order_ids))}
    paid: dict[Source, int] = {}
    for account, fen in booked:
        if account not in channels:
            source = CASH if account.startswith("cash:") else WALLET
            paid[source] = paid.get(source, 0) + fen
    return paid | through


def _payments(order_ids: Sequence[int]) -> Select[ChannelPayment]:
    mine = (ChannelPayment.order_id.in_(order_ids), ChannelPayment.state == "paid")
    return select(ChannelPayment).where(*mine).order_by(ChannelPayment.id)


def _channels(order_ids: Sequence[int]) -> Select[str]:
    return select(ChannelPayment.channel).where(ChannelPayment.order_id.in_(order_ids)).distinct()


def _gone_back(order_ids: Sequence[int]) -> Mapping[Source, int]:
    rows = db.session.execute(
        select(Refund.target, ChannelRefund.payment_id, total(Refund.amount_fen))
        .outerjoin(ChannelRefund, ChannelRefund.refund_id == Refund.id)
        .where(Refund.order_id.in_(order_ids))
        .group_by(Refund.target, ChannelRefund.payment_id)
    )
    return {(target if payment_id is None else payment_id): fen for target, payment_id, fen in rows}
