"""A day on which whatever comes in whatever order: the steps, each driven through the use cases."""

from datetime import timedelta
from typing import Any

from groupbuy.aftersales.rules import Goods, Kind, Reason
from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.delivery import brought, missing, service
from groupbuy.delivery import queries as delivery
from groupbuy.delivery.models import Discrepancy
from groupbuy.delivery.rules import Decision, Payer
from groupbuy.flows import (
    allocating,
    calling_off,
    collecting,
    delaying,
    dispatching,
    disposing,
    late_orders,
    ordering,
    perishing,
    putting_right,
    receiving,
    signing,
    weighing,
)
from groupbuy.flows.ordering import Wish
from groupbuy.flows.putting_right import Request
from groupbuy.flows.signing import Count
from groupbuy.flows.weighing import Entry
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.members.models import Resident
from groupbuy.purchasing.queries import FINAL
from groupbuy.warehouse import issuing, stock
from groupbuy.warehouse.rules import Policy
from groupbuy.warehouse.shortage_models import AllocatedOffer
from groupbuy.weighing import queries as weights
from tests import building
from tests.warehouse import day
from tests.warehouse.anyround import DAY, AnyRound

# Both perishable goods may be disposed of by then, three days after they were to come.
LATE = day.ARRIVES + timedelta(days=3)


class Day(AnyRound):
    """What is done on the day of such a round, whatever was done before."""

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
                now=self.now(),
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
        if self.stored_round().state not in ("received", "dispatched"):
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

    def write_off(self, place: int, units: int) -> None:
        """Throw away what lies in stock, which is no round's."""
        with transaction():
            issuing.issue(
                product=db.session.get_one(Product, self.goods[place].id),
                kind="write_off",
                units=units,
                reason="过期",
                now=day.ARRIVES,
                zone=building.ZONE,
                actor="test",
            )

    def _leave(self, place: int) -> None:
        """Send out what a leader is to get, whatever has come by then."""
        name = self.leaders[place].route
        with transaction():
            service.plan_day(day=DAY, now=day.ARRIVES, actor="test")
        for route in delivery.routes_of(DAY):
            if route.name == name:
                with transaction():
                    dispatching.leave(route_id=route.id, now=day.ARRIVES, actor=day.ACTOR)

    def miss(self, place: int, product: int, missing: int, payer: Payer) -> None:
        """Sign for goods of which some are missing, and decide at once who pays."""
        self.sign(place, product, missing)
        self.decide(Decision.REFUND, payer)

    def sign(self, place: int, product: int, missing: int) -> None:
        """Send a leader's goods out and sign for them, some of one of which are missing."""
        self._leave(place)
        leader_id = self.leaders[place].id
        stop = next(iter(delivery.stops_of(DAY, leader_id)), None)
        sent = {one.code: one for one in (brought.goods_of_stop(stop) if stop else ())}
        if stop is None or (one := sent.get(self.codes[product])) is None:
            return
        got = max(one.units - missing, 0)
        counts = {one.offer_id: Count(got, "missing")}
        with transaction():
            signing.sign(
                stop_id=stop.id, leader_ids=[leader_id], counts=counts, now=self.now(), actor=day.ACTOR
            )
        shared_out = db.session.get(AllocatedOffer, one.offer_id)
        self.signed.append((one.offer_id, one.units - got, shared_out is None))

    def decide(self, decision: Decision, payer: Payer) -> None:
        """Decide about the first of what leaders missed and nobody has decided about."""
        coming = day.order_of(self.round).state not in FINAL
        for found in self.discrepancies():
            if found.decision is None and (done := self._decided(found.id, decision, payer)):
                if done.decision == Decision.REFUND:
                    self.missed.append((done.offer_id, done.missing, coming))
                return

    def _decided(self, discrepancy_id: int, decision: Decision, payer: Payer) -> Discrepancy | None:
        try:
            with transaction():
                return signing.decide(
                    discrepancy_id=discrepancy_id,
                    decision=decision,
                    payer=payer,
                    now=self.now(),
                    actor=day.ACTOR,
                )
        except RuleBroken:
            return None

    def discrepancies(self) -> list[Discrepancy]:
        """Return what leaders found missing of this round."""
        return [one for one in missing.discrepancies(day=DAY) if one.offer.round_id == self.round.id]

    def share_out(self, policy: Policy) -> None:
        with transaction():
            allocating.apply(round_=self.stored_round(), policy=policy, now=self.now(), actor=day.ACTOR)

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

    def step(self, name: str, *values: Any) -> None:
        """Do a step; what the rules forbid now changes nothing."""
        try:
            getattr(self, name)(*values)
        except (RuleBroken, BadInput):
            db.session.rollback()
