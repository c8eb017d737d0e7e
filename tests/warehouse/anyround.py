"""The round of a day on which whatever comes in whatever order, closed and delayed."""

from datetime import datetime, timedelta

from flask import Flask

from groupbuy.campaigns.models import Round
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import delaying, naming_substitutes, ordering
from groupbuy.orders.models import Order
from tests import building
from tests.warehouse import day

PRICES = (333, 1999)
SUBSTITUTE = 301
# They are handed out a day later than was planned.
DAY = building.PICKUP + timedelta(days=1)


class AnyRound:
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
        self.leaders = leaders = [
            building.add_leader(f"L{tag}-{place}", route=f"R{tag}-{place}") for place in range(2)
        ]
        self.round = building.add_round(goods, f"C{tag}")
        self.orders = []
        # What leaders missed, with the id of its offer, its units and whether more could still come.
        self.missed: list[tuple[int, int, bool]] = []
        # What leaders signed for less of: its offer, its units, whether no shortage of it was shared out yet.
        self.signed: list[tuple[int, int, bool]] = []
        self.seconds = 0
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
                pickup_date=DAY,
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

    def now(self) -> datetime:
        """Return a moment a second after the last, so that it shows what happened first."""
        self.seconds += 1
        return day.ARRIVES + timedelta(seconds=self.seconds)

    def stored_round(self) -> Round:
        return db.session.get_one(Round, self.round.id)
