"""What is owed back on prepaid orders once their round is closed leaves by itself, where that is small."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, cast, select

from groupbuy.audit.service import SCHEDULER
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.finance.dials import dials
from groupbuy.finance.models import Posting
from groupbuy.flows import refunding
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lock_order
from groupbuy.payments import paying_back
from groupbuy.payments.charging import OPEN
from groupbuy.payments.models import ChannelPayment, RefundRequest
from groupbuy.payments.paying import PAYMENT

# A resident may still add what was taken out while a round sells.
_MAY_CHANGE = (RoundState.DRAFT, RoundState.SCHEDULED, RoundState.OPEN, RoundState.CLOSING)


def due_to_return(*, most: int) -> Sequence[Order]:
    """Return orders on which something is owed back that may leave by itself, the oldest first."""
    statement = select(Order).where(_may_leave()).order_by(Order.id).limit(most)
    return db.session.scalars(statement).all()


def return_owed(*, order: Order, now: datetime) -> int:
    """Pay back to its sources what is owed on an order; return how much, in fen. Again is nothing."""
    lock_order(order)
    owed = order.paid_fen - order.amount_fen
    if db.session.scalar(select(Order.id).where(Order.id == order.id, _may_leave())) is None:
        return 0
    refunding.refund(order=order, amount_fen=owed, reason=paying_back.RETURNED, now=now, actor=SCHEDULER)
    return owed


def _may_leave() -> ColumnElement[bool]:
    """Tell which debts need nobody: prepaid, closed, small, and without anything a person has to do.

    Cash is in the leader's hands, who has to hand it out. What a person was asked about or has refused,
    and what a channel may still be paid, is left alone.
    """
    now = dials()
    of_order = cast(Order.id, String)
    prepaid = and_(Round.payment == "prepaid", Round.state.not_in(_MAY_CHANGE))
    asked = (RefundRequest.order_id == Order.id, RefundRequest.state != refunding.DONE)
    unpaid = (ChannelPayment.order_id == Order.id, ChannelPayment.state.in_(OPEN))
    cash = (Posting.cause_kind == PAYMENT, Posting.cause_id == of_order, Posting.debit_account.like("cash:%"))
    return and_(
        Order.paid_fen > Order.amount_fen,
        Order.paid_fen - Order.amount_fen <= min(now.refund_alone_fen, now.second_person_fen),
        Order.round_id.in_(select(Round.id).where(prepaid)),
        ~select(RefundRequest.id).where(*asked).exists(),
        ~select(ChannelPayment.id).where(*unpaid).exists(),
        ~select(Posting.id).where(*cash).exists(),
    )
