"""A leader with a resident who was promised goods after the sale, and the rounds that bring them."""

from datetime import date, timedelta

from flask import Flask
from sqlalchemy import select

from groupbuy.aftersales import queries
from groupbuy.aftersales.models import AfterSaleCase
from groupbuy.aftersales.rules import Kind, Reason
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import Window
from groupbuy.catalog.models import Product
from groupbuy.commissions.models import CommissionEntry
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import collecting, ordering, putting_right
from groupbuy.flows.putting_right import Request
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from tests import building
from tests.building import ACTOR, CLOSES, NOW, ZONE
from tests.warehouse import day

PICKED = CLOSES + timedelta(hours=20)
LATER = timedelta(days=3)


class Town:
    """A leader with one resident, who bought 5 of P1 at ¥9.90 (cost ¥5.00) and has fetched them."""

    def __init__(self, app: Flask, *, pears_fen: int = 990, payment: str = "to_leader") -> None:
        self.app = app
        self.supplier = building.add_supplier()
        self.apples: Product = building.add_product(self.supplier)
        self.pears: Product = building.add_product(self.supplier, "P2", price_fen=pears_fen)
        building.set_commission(Rate(rate_bp=1000))
        self.leader: Leader = building.add_leader()
        self.resident: Resident = building.add_resident(self.leader)
        first = building.add_round([self.apples, self.pears], payment=payment)
        self.order = building.place(first, self.resident, {"P1": 5})
        with transaction():
            ordering.mark_paid(order=db.session.get_one(Order, self.order.id), now=NOW, actor=ACTOR)
        building.close(app, first)
        day.receive(day.order_of(first).number, {"P1": 6})
        self.fetch(self.order)

    def fetch(self, order: Order) -> None:
        with transaction():
            collecting.verify_pickup(
                code=order.pickup_code, leader_ids=[order.leader_id], now=PICKED, actor=ACTOR
            )

    def promise(
        self, units: int, kind: Kind = Kind.REPLACEMENT, order: Order | None = None, *, code: str = "P1"
    ) -> AfterSaleCase:
        request = Request(kind, Reason.SPOILED, "发霉了", {code: units})
        about = order or self.order
        case = in_transaction(
            lambda: putting_right.ask(
                order=db.session.get_one(Order, about.id), request=request, now=PICKED, zone=ZONE, actor=ACTOR
            )
        )
        instead = "P2" if kind is Kind.EXCHANGE else None
        return in_transaction(
            lambda: putting_right.decide(
                number=case.number,
                approve=True,
                answer="下期补发",
                now=PICKED,
                zone=ZONE,
                actor=ACTOR,
                instead=instead,
            )
        )

    def next_round(self, number: int, payment: str = "prepaid", **offers: object) -> Round:
        later = LATER * number
        window = Window(NOW + later, CLOSES + later, date(2026, 11, 23) + later)
        goods = [self.apples, self.pears]
        return building.add_round(goods, f"N{number}", window=window, payment=payment, offers={"P1": offers})

    def tick(self, number: int, at: timedelta = timedelta()) -> None:
        building.close(self.app, self.order.round, NOW + LATER * number + at)

    def earned(self) -> int:
        return db.session.scalar(select(total(CommissionEntry.amount_fen))) or 0


def standing(case: AfterSaleCase) -> tuple[str, list[tuple[str, str, int]]]:
    db.session.expire_all()
    found = queries.get_case(case.number)
    return found.state, [(one.product.code, one.state, one.units) for one in found.replacements]


def brought(case: AfterSaleCase) -> Order:
    """Return the order that brings a case's goods."""
    order = queries.get_case(case.number).replacements[-1].order
    assert order is not None
    return order
