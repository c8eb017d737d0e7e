"""A round from its first order to the last fen, so that nothing of it is open any more."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select

from groupbuy.aftersales.rules import Kind, Reason
from groupbuy.analytics.invariants import check_all
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import Window
from groupbuy.catalog.models import Product, Supplier
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import bookkeeping, collecting, ordering, putting_right
from groupbuy.flows.archive.reading import everything
from groupbuy.flows.putting_right import Request
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.payments import handing_over, paying_back
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle
from groupbuy.settlements import making, paying
from tests import building
from tests.building import ACTOR, CLOSES, OPENS, PICKUP, ZONE
from tests.warehouse import day

WEEK = timedelta(days=7)
MUCH_LATER = CLOSES + timedelta(days=200)


@dataclass
class Market:
    """A supplier with a product, a leader and two residents."""

    supplier: Supplier
    product: Product
    leader: Leader
    residents: list[Resident]


def market() -> Market:
    """Make them."""
    building.set_commission(Rate(rate_bp=1000))
    supplier = building.add_supplier()
    product, leader = building.add_product(supplier, case_size=1), building.add_leader()
    residents = [building.add_resident(leader, name, room="101") for name in ("王女士", "李先生")]
    return Market(supplier, product, leader, residents)


def begin(market_: Market, code: str = "C1", weeks: int = 0) -> tuple[Round, list[Order]]:
    """Sell 2 and 3 units in a round of some week."""
    later = WEEK * weeks
    window = Window(OPENS + later, CLOSES + later, PICKUP + later)
    round_ = building.add_round([market_.product], code, window=window)
    now = building.NOW + later
    orders = [
        building.place(round_, one, {"P1": units}, remark=f"按门铃 {code}", now=now)
        for one, units in zip(market_.residents, (2, 3), strict=True)
    ]
    return round_, orders


def hand_out(app: Flask, market_: Market, round_: Round, orders: list[Order], weeks: int = 0) -> None:
    """Close the round, take its goods in, hand them out for cash, and pay one unit back that was bad."""
    later = WEEK * weeks
    building.close(app, round_, CLOSES + later)
    arrives = day.ARRIVES + later
    day.receive(day.order_of(round_).number, {"P1": 5}, now=arrives)
    for order_id in [order.id for order in orders]:
        _pay_and_fetch(order_id, market_.leader.id, arrives)
    _pay_back(orders[1].id, arrives + timedelta(hours=1))
    tick(app, arrives + timedelta(days=6))


def _pay_and_fetch(order_id: int, leader_id: int, now: datetime) -> None:
    with transaction():
        order = ordering.mark_paid(order=db.session.get_one(Order, order_id), now=now, actor=ACTOR)
        collecting.verify_pickup(code=order.pickup_code, leader_ids=[leader_id], now=now, actor=ACTOR)


def _pay_back(order_id: int, now: datetime) -> None:
    with transaction():
        case = putting_right.ask(
            order=db.session.get_one(Order, order_id),
            request=Request(Kind.REFUND, Reason.SPOILED, "坏了", {"P1": 1}),
            now=now,
            zone=ZONE,
            actor=ACTOR,
        ).number
    with transaction():
        putting_right.decide(number=case, approve=True, answer="抱歉", now=now, zone=ZONE, actor=ACTOR)
    with transaction():
        paying_back.pay_back(
            order=db.session.get_one(Order, order_id),
            target="cash",
            amount_fen=990,
            reason="坏果",
            now=now,
            actor="test",
        )


def settle(market_: Market, weeks: int = 0) -> None:
    """Hand the cash over and pay the supplier."""
    now = day.ARRIVES + WEEK * weeks + timedelta(days=6)
    in_transaction(lambda: bookkeeping.keep_books(now=now))
    due = handing_over.cash_due(market_.leader.id)
    with transaction():
        note = handing_over.hand_over(
            leader=db.session.get_one(Leader, market_.leader.id),
            amount_fen=due,
            note="",
            now=now,
            actor="test",
        )
        handing_over.decide(handover_id=note.id, confirm=True, reason="", now=now, actor="test")
    with transaction():
        supplier = db.session.get_one(Supplier, market_.supplier.id)
        made = making.make(supplier=supplier, until=now, now=now, actor="account:1")
        paying.approve(number=made.number, now=now, actor="account:2")
        paying.pay(number=made.number, amount_fen=made.total_fen, proof="流水", now=now, actor="account:2")


def live(app: Flask, market_: Market, code: str = "C1", weeks: int = 0) -> tuple[Round, list[Order]]:
    """Take a round through all of it."""
    round_, orders = begin(market_, code, weeks)
    hand_out(app, market_, round_, orders, weeks)
    settle(market_, weeks)
    return round_, orders


def tick(app: Flask, now: datetime) -> None:
    """Let the scheduler do what is due."""
    tick_until_idle(now=now, zone=ZONE, handlers=handlers_of(app), note=lambda _: None)
    db.session.expire_all()


def wrong() -> list[str]:
    """Return the invariants that do not hold over old and new rounds together."""
    db.session.rollback()
    with everything():
        found = check_all(now=MUCH_LATER, at_rest=False)
    return [f"{one.name}: {one.examples}" for one in found if one.violations]


def here() -> list[str]:
    """Return the numbers of the orders among the working tables."""
    db.session.rollback()
    return list(db.session.scalars(select(Order.number).order_by(Order.id)))
