"""A day with two rounds whose goods go out to three leaders."""

from collections.abc import Mapping
from datetime import date

from flask import Flask
from sqlalchemy import select

from groupbuy.campaigns.models import Offer, Round
from groupbuy.catalog.models import Product
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import queries, service
from groupbuy.delivery.models import DeliveryRoute, DeliveryStop, Discrepancy
from groupbuy.delivery.rules import Decision, Payer
from groupbuy.flows import dispatching, signing
from groupbuy.flows.signing import Count
from groupbuy.orders.models import Order, OrderLine
from tests import building
from tests.building import ACTOR, PICKUP
from tests.warehouse import day

T = day.ARRIVES


class Town:
    """Two leaders on the east route and one without; two rounds that are handed out on the same day.

    Anna wants 5 and Berta 2 of P1 at leader 1, Clara 3 of P1 at leader 2, Dora 1 of P2 at leader 3, and
    Anna 4 of P2 in the second round. P1 costs ¥5.00 and sells at ¥9.90; 10 % commission.
    """

    def __init__(self, app: Flask) -> None:
        supplier = building.add_supplier()
        goods = [building.add_product(supplier, "P1"), building.add_product(supplier, "P2", price_fen=2000)]
        building.set_commission(Rate(rate_bp=1000))
        self.leaders = [
            building.add_leader("L1", route="东线"),
            building.add_leader("L2", route="东线"),
            building.add_leader("L3"),
        ]
        self.rounds = [building.add_round(goods, "C1"), building.add_round(goods, "C2")]
        one, two, three = self.leaders
        self.anna = building.add_resident(one, "安娜")
        self.orders = [
            building.place(self.rounds[0], self.anna, {"P1": 5}),
            building.place(self.rounds[0], building.add_resident(one, "贝塔"), {"P1": 2}),
            building.place(self.rounds[0], building.add_resident(two, "克拉拉"), {"P1": 3}),
            building.place(self.rounds[0], building.add_resident(three, "朵拉"), {"P2": 1}),
            building.place(self.rounds[1], self.anna, {"P2": 4}),
        ]
        for round_ in self.rounds:
            building.close(app, round_)

    def plan(self) -> int:
        return in_transaction(lambda: service.plan_day(day=PICKUP, now=T, actor="test"))

    def route(self, name: str) -> DeliveryRoute:
        db.session.rollback()
        return next(route for route in queries.routes_of(PICKUP) if route.name == name)

    def leave(self, name: str) -> bool:
        route_id = self.route(name).id
        return in_transaction(lambda: dispatching.leave(route_id=route_id, now=T, actor=ACTOR))

    def receive_all(self) -> None:
        for round_ in self.rounds:
            order = day.order_of(round_)
            day.receive(order.number, {line.product.code: line.purchased for line in order.lines})

    def stop(self, leader: int) -> DeliveryStop:
        db.session.rollback()
        return queries.stops_of(PICKUP, self.leaders[leader].id)[0]

    def offer(self, code: str, round_: int = 0) -> int:
        mine = select(Offer.id).join(Product, Product.id == Offer.product_id)
        return db.session.scalars(
            mine.where(Offer.round_id == self.rounds[round_].id, Product.code == code)
        ).one()

    def sign(self, leader: int, counts: dict[int, Count]) -> DeliveryStop:
        stop_id, leader_id = self.stop(leader).id, self.leaders[leader].id
        return in_transaction(
            lambda: signing.sign(stop_id=stop_id, leader_ids=[leader_id], counts=counts, now=T, actor=ACTOR)
        )

    def decide(self, discrepancy_id: int, decision: Decision, payer: Payer | None = None) -> Discrepancy:
        return in_transaction(
            lambda: signing.decide(
                discrepancy_id=discrepancy_id, decision=decision, payer=payer, now=T, actor=ACTOR
            )
        )

    def states(self) -> list[str]:
        db.session.rollback()
        return [db.session.get_one(Round, one.id, populate_existing=True).state for one in self.rounds]


def units_of_day(day: date) -> Mapping[int, int]:
    """Return the sale units of a day by leader."""
    theirs = queries.lines_of(day).group_by(Order.leader_id)
    return by_key(theirs.add_columns(Order.leader_id, total(OrderLine.quantity)))
