"""Money that comes in for orders: noted as cash of the leader, by hand, from elsewhere or from the wallet."""

from datetime import datetime

from groupbuy.finance import rules, service
from groupbuy.finance.rules import Entry
from groupbuy.orders.models import Order

PAYMENT = "order_payment"
# Money that follows lines to another part of their order.
SPLIT = "order_split"


def book_payment(*, order: Order, account: str, amount_fen: int, now: datetime, actor: str) -> None:
    """Book that an order was paid from or into an account; the caller has locked and changed the order.

    Once for each version of the order. Raise RuleBroken ``insufficient_balance`` for a wallet.
    """
    if amount_fen <= 0:
        return
    customer, part = rules.resident(order.resident_id), str(order.version)
    service.post([Entry(account, customer, amount_fen, PAYMENT, str(order.id), part)], at=now, actor=actor)


def book_split(*, order: Order, part: Order, amount_fen: int, now: datetime, actor: str) -> None:
    """Book that what was paid for lines of an order is from now on paid for its part (拆单)."""
    if amount_fen <= 0:
        return
    customer = rules.resident(order.resident_id)
    out = Entry(customer, rules.SPLITTING, amount_fen, SPLIT, str(order.id), str(order.version))
    into = Entry(rules.SPLITTING, customer, amount_fen, SPLIT, str(part.id), str(part.version))
    service.post([out, into], at=now, actor=actor)


def usual_account(order: Order) -> str:
    """Return where money for an order goes: to its leader, or, paid ahead, to the operator by hand."""
    return rules.cash(order.leader_id) if order.round.payment == "to_leader" else rules.MANUAL
