"""A leader with settled commission, made through the use cases, and what is done with the money."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask

from groupbuy.commissions import withdrawing
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.rules import Rate
from groupbuy.commissions.withdrawing import Payee
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance.dials import set_dials
from groupbuy.flows import bookkeeping, collecting
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order
from tests import building
from tests.building import ACTOR, CLOSES

PICKED = CLOSES + timedelta(days=1)
SETTLED = PICKED + timedelta(days=2, minutes=5)
PAYEE = Payee("bank", "6222 0000 1111 2222", "王五")


@dataclass(frozen=True)
class Sold:
    """A leader, and its orders of a round: of 2 and of 1 units at ¥9.90."""

    leader: Leader
    orders: list[Order]


def sell(app: Flask, *, rate_bp: int = 1000, units: tuple[int, ...] = (2, 1), **columns: object) -> Sold:
    """Sell and close a round at a rate of commission; ``columns`` are those of the campaign."""
    building.set_commission(Rate(rate_bp=rate_bp))
    leader = building.add_leader()
    round_ = building.add_round([building.add_product(building.add_supplier())], **columns)
    orders = [building.place(round_, building.add_resident(leader), {"P1": count}) for count in units]
    building.close(app, round_)
    return Sold(leader, [db.session.get_one(Order, order.id) for order in orders])


def hand_out(order: Order, now: datetime = PICKED) -> None:
    """Hand an order out."""
    with transaction():
        collecting.verify_pickup(code=order.pickup_code, leader_ids=[order.leader_id], now=now, actor=ACTOR)


def keep(now: datetime) -> int | None:
    """Keep the books as the scheduler does."""
    return in_transaction(lambda: bookkeeping.keep_books(now=now))


def earn(app: Flask, *, units: int = 100, rate_bp: int = 1000) -> Leader:
    """Return a leader whose commission of one order is settled: a tenth of ¥9.90 for each unit."""
    sold = sell(app, rate_bp=rate_bp, units=(units,))
    hand_out(sold.orders[0])
    keep(SETTLED)
    return sold.leader


def dial(**values: int) -> None:
    """Set figures of money."""
    with transaction():
        set_dials(values=values, now=SETTLED, actor="test")


def ask(
    leader: Leader, amount: int, *, payee: Payee = PAYEE, key: str | None = None, actor: str = "account:1"
) -> Withdrawal:
    """Ask for a withdrawal."""
    return in_transaction(
        lambda: withdrawing.ask(
            leader=db.session.get_one(Leader, leader.id),
            amount_fen=amount,
            payee=payee,
            now=SETTLED,
            actor=actor,
            submission_key=key,
        )
    )
