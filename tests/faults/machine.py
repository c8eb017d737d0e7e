"""T13: a state machine that drives the platform and the model side by side."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Offer, OfferStock, Round
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import ordering
from groupbuy.flows.ordering import Wish
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order, OrderLine
from tests.building import ACTOR, NOW
from tests.faults import market
from tests.faults.books import violations
from tests.faults.buyers import Market
from tests.faults.model import PAY_WITHIN, Model, ModelRound

CODES = ("P0", "P1")
LIMITS = {"P0": 8, "P1": 12}
SHARES = {"P0": 4, "P1": 6}
OFFERS = {code: {"limit_units": LIMITS[code], "per_buyer_limit": SHARES[code]} for code in CODES}
MOST_ROUNDS = 3

Lines = dict[str, int]
some_lines = st.dictionaries(st.sampled_from(CODES), st.integers(1, 5), min_size=1)
some = st.integers(0, 10_000)


class Crash(Exception):
    """Ends a deed before its commit, as a kill would."""


class Machine(RuleBasedStateMachine):
    """Opens, orders, changes, cancels, pays, ticks, crashes and sets the clock."""

    app: Flask
    market: Market
    now: datetime

    @initialize()
    def begin(self) -> None:
        """Start with one round that is not open yet."""
        self.model = Model()
        self.now = NOW
        self.add_round(prepaid=False, opens=1, lasts=60)

    @precondition(lambda self: len(self.model.rounds) < MOST_ROUNDS)
    @rule(prepaid=st.booleans(), opens=st.integers(-30, 30), lasts=st.integers(1, 90))
    def add_round(self, prepaid: bool, opens: int, lasts: int) -> None:
        """Plan a round; minutes from now, and how long it sells."""
        opens_at = self.now + timedelta(minutes=opens)
        closes_at = opens_at + timedelta(minutes=lasts)
        payment = "prepaid" if prepaid else "to_leader"
        number = market.add_round(opens_at=opens_at, closes_at=closes_at, offers=OFFERS, payment=payment)
        self.model.rounds[number] = ModelRound(opens_at, closes_at, prepaid, LIMITS, SHARES)

    @rule(round_=some, resident=some, lines=some_lines, crash=st.booleans())
    def place(self, round_: int, resident: int, lines: Lines, crash: bool) -> None:
        """Place an order."""
        at = _pick(self.model.rounds, round_)
        who = _pick(self.market.residents, resident)
        expected = self.model.may_place(at, who, lines, self.now)

        def work() -> int:
            order = ordering.place_order(
                round_=db.session.get_one(Round, at),
                resident=db.session.get_one(Resident, who),
                wishes=[Wish(code, units) for code, units in lines.items()],
                now=self.now,
                actor=ACTOR,
                pay_within=PAY_WITHIN,
            )
            return order.id

        order_id = _do(work, crash)
        assert crash or (order_id is not None) is expected
        if order_id is not None:
            self.model.place(order_id, at, who, lines, self.now)

    @precondition(lambda self: self.model.orders)
    @rule(order=some, lines=some_lines, crash=st.booleans())
    def change(self, order: int, lines: Lines, crash: bool) -> None:
        """Give an order other lines."""
        number = _pick(self.model.orders, order)
        wishes = [Wish(code, units) for code, units in lines.items()]

        def work() -> bool:
            ordering.change_order(
                order=db.session.get_one(Order, number), wishes=wishes, now=self.now, actor=ACTOR
            )
            return True

        done = _do(work, crash)
        assert crash or bool(done) is self.model.change(number, lines, self.now)

    @precondition(lambda self: self.model.orders)
    @rule(order=some, crash=st.booleans())
    def cancel(self, order: int, crash: bool) -> None:
        """Cancel an order."""
        number = _pick(self.model.orders, order)

        def work() -> bool:
            ordering.cancel_order(
                order=db.session.get_one(Order, number), reason="test", now=self.now, actor=ACTOR
            )
            return True

        done = _do(work, crash)
        assert crash or bool(done) is self.model.cancel(number, self.now)

    @precondition(lambda self: self.model.orders)
    @rule(order=some, crash=st.booleans())
    def pay(self, order: int, crash: bool) -> None:
        """Mark an order paid."""
        number = _pick(self.model.orders, order)

        def work() -> bool:
            ordering.mark_paid(order=db.session.get_one(Order, number), now=self.now, actor=ACTOR)
            return True

        done = _do(work, crash)
        assert crash or bool(done) is self.model.pay(number)

    @rule(round_=some, minutes=st.integers(-10, 60))
    def move_cutoff(self, round_: int, minutes: int) -> None:
        """Extend a round or cut it off earlier."""
        number = _pick(self.model.rounds, round_)
        mine = self.model.rounds[number]
        closes_at = self.now + timedelta(minutes=minutes)
        sells = mine.state in ("scheduled", "open") and mine.closes_at > self.now
        possible = sells and max(closes_at, self.now) > mine.opens_at and closes_at > mine.opens_at

        def work() -> bool:
            name = db.session.get_one(Round, number).name
            lifecycle.change_cutoff(name=name, closes_at=closes_at, now=self.now, actor="test")
            return True

        assert bool(_do(work, False)) is possible
        if possible:
            mine.closes_at = max(closes_at, self.now)

    @rule()
    def tick(self) -> None:
        """Let the scheduler do what is due."""
        market.tick(self.app, self.now)
        self.model.tick(self.now)

    @rule(minutes=st.integers(-20, 45))
    def set_clock(self, minutes: int) -> None:
        """Let time pass, or set the clock back."""
        self.now += timedelta(minutes=minutes)

    @invariant()
    def equal(self) -> None:
        """Compare every round, order and stock with the model."""
        db.session.rollback()
        db.session.expire_all()
        ids = list(getattr(self, "model", Model()).rounds)
        states = db.session.execute(select(Round.id, Round.state).where(Round.id.in_(ids)))
        assert {row.id: row.state for row in states} == {i: self.model.rounds[i].state for i in ids}
        assert _stored_orders(ids) == {
            number: (order.state, order.amount_fen, order.paid_fen, order.lines)
            for number, order in (self.model.orders.items() if ids else ())
        }
        stock = select(Offer.round_id, Product.code, OfferStock.sold).select_from(Offer)
        stock = stock.join(OfferStock, OfferStock.offer_id == Offer.id)
        stock = stock.join(Product, Product.id == Offer.product_id).where(Offer.round_id.in_(ids))
        for round_id, code, sold in db.session.execute(stock):
            if code in CODES:
                assert sold == self.model.held(round_id, code)

    def teardown(self) -> None:
        """Close everything and check the books."""
        if not hasattr(self, "model"):
            return
        end = self.now + timedelta(days=2)
        for minute in (0, 1):
            market.tick(self.app, end + timedelta(minutes=minute))
        self.model.tick(end)
        self.equal()
        assert violations(end + timedelta(minutes=2)) == []


def _pick(items: Any, number: int) -> int:
    keys = list(items)
    return int(keys[number % len(keys)])


def _do(work: Callable[[], int], crash: bool) -> int | None:
    """Do a deed in its transaction; None when it was refused, or crashed before its commit."""

    def crash_after() -> int:
        result = work()
        if crash:
            raise Crash
        return result

    try:
        return in_transaction(crash_after)
    except (GroupbuyError, Crash):
        return None


def _stored_orders(round_ids: list[int]) -> dict[int, tuple[str, int, int, Lines]]:
    rows = db.session.execute(
        select(Order.id, Order.state, Order.amount_fen, Order.paid_fen, Product.code, OrderLine.quantity)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(Product, Product.id == Offer.product_id)
        .where(Order.round_id.in_(round_ids))
    )
    orders: dict[int, tuple[str, int, int, Lines]] = {}
    for number, state, amount, paid, code, quantity in rows:
        orders.setdefault(number, (state, amount, paid, {}))[3][code] = quantity
    return orders
