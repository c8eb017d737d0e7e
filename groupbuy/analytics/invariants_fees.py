"""What orders cost above their goods agrees with the orders and with the books."""

from sqlalchemy import select

from groupbuy.analytics.invariants_base import Check, Equal, Figured
from groupbuy.db.totals import total
from groupbuy.finance.models import Posting
from groupbuy.orders.models import Order, OrderFee
from groupbuy.payments.fee_books import CAUSE, EARNED, EARNED_BY, KEY

CHECKS: tuple[Check, ...] = (
    Equal(
        "order_fees",
        "an order of which something is left carries the fees that were agreed, any other none",
        ("order",),
        select(Order.id, Order.fee_fen).where(Order.fee_fen > 0),
        select(OrderFee.order_id, total(OrderFee.amount_fen))
        .join(Order, Order.id == OrderFee.order_id)
        .where(Order.amount_fen > 0)
        .group_by(OrderFee.order_id),
    ),
    Figured(
        Equal(
            "ledger_fees",
            "I1: what fees say is booked is income",
            ("order and kind",),
            select(KEY, OrderFee.booked_fen),
            select(Posting.cause_id, total(EARNED_BY))
            .where(Posting.cause_kind == CAUSE)
            .group_by(Posting.cause_id),
        ),
        select(total(OrderFee.booked_fen)),
    ),
)

AT_REST: tuple[Check, ...] = (
    Figured(
        Equal(
            "ledger_fees_due",
            "I1: the fees in the books are those of orders handed out, reckoned anew",
            ("order and kind",),
            select(KEY, OrderFee.booked_fen),
            select(KEY, EARNED).join(Order, Order.id == OrderFee.order_id),
        ),
        select(total(EARNED)).join(Order, Order.id == OrderFee.order_id),
    ),
)
