"""A day on which whatever comes in whatever order: the steps, each driven through the use cases."""

from datetime import timedelta
from typing import Any

from flask import Flask

from groupbuy.aftersales.rules import Goods, Kind, Reason
from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Product
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import (
    allocating,
    calling_off,
    collecting,
    delaying,
    disposing,
    late_orders,
    naming_substitutes,
    ordering,
    perishing,
    putting_right,
    receiving,
    weighing,
)
from groupbuy.flows.ordering import Wish
from groupbuy.flows.putting_right import Request
from groupbuy.flows.weighing import Entry
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.warehouse import stock
from groupbuy.warehouse.rules import Policy
from groupbuy.weighing import queries as weights
from tests import building
from tests.warehouse import day

PRICES = (333, 1999)
SUBSTITUTE = 301
# Both perishable goods may be disposed of by then, three days after they were to come.
LATE = day.ARRIVES + timedelta(days=3)


class Day:
    """A closed round of two goods and four residents at two leaders, all paid, at 7.77 % commission.

    Both are perishable: what nobody fetches of the first stays paid for, of the second it is paid back. The
    second is settled by weight; a third, that nobody has ordered, may come in the place of others.
    Every other resident has named it, one wants only the money.
    """

    def __init__(self, app: Flask, wishes: list[int]) -> None:
        tag = db.session.query(Round).count()
        supplier = building.add_supplier(f"S{tag}")
        weight = {"weighed": True, "price_basis_g": 500, "est_grams": 500}
        self.goods = goods = [
            building.add_product(supplier, f"P{tag}-{place}", price_fen=price, case_size=3, **more)
            for place, (price, more) in enumerate(
                ((PRICES[0], {}), (PRICES[1], weight), (SUBSTITUTE, {"keeps": True}))
            )
        ]
        self.codes = [product.code for product in goods]
        for product, refund in zip(goods[:2], (False, True), strict=True):
            building.make_perishable(product.code, hours=24, refund=refund)
        building.set_commission(Rate(rate_bp=777))
        leaders = [building.add_leader(f"L{tag}-{place}") for place in range(2)]
        self.round = building.add_round(goods, f"C{tag}")
        self.orders = []
        for place in range(4):
            wanted = {
                code: units for code, units in zip(self.codes[:2], wishes[place * 2 :], strict=False) if units
            }
            resident = building.add_resident(leaders[place % 2])
            order = building.place(self.round, resident, wanted or {self.codes[0]: 1})
            with transaction():
                ordering.mark_paid(
                    order=db.session.get_one(Order, order.id), now=building.NOW, actor=day.ACTOR
                )
            self._name(order, place)
            self.orders.append(order)
        building.close(app, self.round)
        self.number = day.order_of(self.round).number
        with transaction():
            delaying.delay_round(
                round_=db.session.get_one(Round, self.round.id),
                pickup_date=building.PICKUP + timedelta(days=1),
                reason="大雪",
                now=building.CLOSES,
                actor=day.ACTOR,
            )

    def _name(self, order: Order, place: int) -> None:
        choice = (self.codes[2], "refund", self.codes[2], "any")[place]
        with transaction():
            fresh = db.session.get_one(Order, order.id)
            codes = [line.offer.product.code for line in fresh.lines]
            naming_substitutes.choose(
                order=fresh, choices=dict.fromkeys(codes, choice), now=building.NOW, actor=day.ACTOR
            )

    def put(self, place: int, units: int) -> None:
        product = self.goods[place]
        with transaction():
            seen = day.in_stock(product)
            fresh = db.session.get_one(Product, product.id)
            stock.count(product=fresh, counted=seen + units, seen=seen, now=day.ARRIVES, actor="test")

    def swap(self, policy: Policy, short: int, other: int) -> None:
        with transaction():
            allocating.apply(
                round_=self.stored_round(),
                policy=policy,
                now=day.ARRIVES,
                actor=day.ACTOR,
                swaps={self.codes[short]: self.codes[other]},
            )

    def weigh(self, hundreds: int) -> None:
        lines = [line for line in weights.weighed_lines(self.round.id) if line.missing]
        with transaction():
            weighing.enter_weights(
                round_=self.stored_round(),
                entries=[
                    Entry(line.order_no, line.product_code, str(hundreds * 97 + place))
                    for place, line in enumerate(lines)
                ],
                layouts=(),
                now=day.ARRIVES,
                actor=day.ACTOR,
                sure=True,
            )

    def settle_weights(self) -> None:
        with transaction():
            weighing.settle_weights(round_=self.stored_round(), now=day.ARRIVES, actor=day.ACTOR)

    def receive(self, place: int, units: int, rejected: int) -> None:
        code = self.codes[place]
        day.receive(self.number, {code: units}, rejected={code: min(rejected, units)}, confirmed=2)

    def hand_out(self, place: int) -> None:
        order = self.orders[place]
        with transaction():
            collecting.verify_pickup(
                code=order.pickup_code, leader_ids=[order.leader_id], now=day.ARRIVES, actor=day.ACTOR
            )

    def refund(self, place: int, product: int, units: int, goods: Goods) -> None:
        """Pay some of an order back, whether its goods have come, were fetched, or neither."""
        order = day.stored(self.orders[place])
        request = Request(Kind.REFUND, Reason.SPOILED, "坏了", {self.codes[product]: units})
        asked = {"now": day.ARRIVES, "zone": building.ZONE, "actor": day.ACTOR}
        with transaction():
            case = putting_right.ask(order=order, request=request, **asked)
            putting_right.decide(number=case.number, approve=True, answer="", goods=goods, **asked)

    def dispose(self, place: int) -> None:
        """Warn everybody and throw away what nobody has fetched of an order, once all goods have come."""
        if self.stored_round().state != "received":
            return
        with transaction():
            perishing.warn_round(round_id=self.round.id, now=LATE, zone=building.ZONE)
        with transaction():
            disposing.decide(
                order=day.stored(self.orders[place]),
                dispose=True,
                now=LATE + timedelta(days=1),
                zone=building.ZONE,
                actor=day.ACTOR,
            )

    def share_out(self, policy: Policy) -> None:
        day.share_out(self.round, policy)

    def close_rest(self) -> None:
        with transaction():
            receiving.close_rest(number=self.number, now=day.ARRIVES, actor=day.ACTOR)

    def order_late(self, place: int, product: int, units: int) -> None:
        with transaction():
            late = late_orders.place_late_order(
                round_=db.session.get_one(Round, self.round.id),
                resident=db.session.get_one(Resident, self.orders[place].resident_id),
                wishes=[Wish(self.codes[product], units)],
                now=day.ARRIVES,
                zone=building.ZONE,
                actor=day.ACTOR,
            )
            ordering.mark_paid(order=late, now=day.ARRIVES, actor=day.ACTOR)
        self.orders.append(late)

    def give_up(self, place: int) -> None:
        with transaction():
            delaying.cancel_delayed(order=day.stored(self.orders[place]), now=day.ARRIVES, actor=day.ACTOR)

    def call_off(self) -> None:
        with transaction():
            calling_off.call_off(
                round_=db.session.get_one(Round, self.round.id),
                reason="停业",
                now=day.ARRIVES,
                actor=day.ACTOR,
            )

    def stored_round(self) -> Round:
        return db.session.get_one(Round, self.round.id)

    def step(self, name: str, *values: Any) -> None:
        """Do a step; what the rules forbid now changes nothing."""
        try:
            getattr(self, name)(*values)
        except (RuleBroken, BadInput):
            db.session.rollback()
