"""T13 over money: one leader, one supplier and two residents, and how a deed is done."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.finance.rules import SETTLES_DOWN, period_bounds
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.orders.models import Order
from groupbuy.payments.simulator.server import Simulator
from tests import building
from tests.building import NOW
from tests.faults import market, money_books, money_people
from tests.faults.money_model import MoneyModel
from tests.faults.money_rows import (
    ASKER,
    BOSS,
    COSTS,
    OTHER,
    PRICES,
    ModelOrder,
    ModelPayment,
    ModelRound,
)

some = st.integers(0, 10_000)
amounts = st.one_of(st.integers(1, 3000), st.sampled_from([-1, 0]))
crashes = st.booleans()
units = st.fixed_dictionaries({"P": st.integers(1, 4)}, optional={"Q": st.integers(1, 4)})
minutes = st.sampled_from([1, 5, 16, 40])
# How often the channel tells of a payment that is made at once; None where the payer takes time.
pays = st.sampled_from([None, 0, 1, 1, 2])
hours = st.sampled_from([1, 10, 25, 50, 240])
# Whoever may decide, and with who asked among them.
bosses, persons = st.sampled_from([BOSS, OTHER]), st.sampled_from([ASKER, BOSS, OTHER])
# When the month in which everything begins may be closed.
MONTH_OVER = period_bounds(money_books.MONTH)[1] + SETTLES_DOWN
NEXT_OVER = period_bounds(money_books.NEXT_MONTH)[1]


class Crash(Exception):
    """Ends a deed before its commit, as a kill would."""


class Stage(RuleBasedStateMachine):
    """A leader, a supplier and two residents, in a round that is paid ahead and one paid to the leader."""

    app: Flask
    simulator: Simulator
    client: FlaskClient
    clock: time_machine.Traveller
    examples = 0
    acknowledged = 0
    faults = 0

    def set_up(self, limit_fen: int) -> None:
        """Start with two rounds that sell; what earlier examples have left in the books is the base.

        Above a limit it takes two persons.
        """
        type(self).examples += 1
        self.name, self.keys, self.closed = f"{self.examples}", 0, False
        self.simulator.refunds_end, self.simulator.faults[:] = "SUCCESS", []
        self.now = NOW
        self.clock.move_to(NOW)
        money_books.turn_back()
        self.base = money_books.begin(NOW, limit_fen)
        leader = building.add_leader(f"L{self.name}")
        money_people.link_to_wechat(leader, f"o-leader-{self.name}")
        self.leader, self.residents = leader.id, [building.add_resident(leader).id for _ in range(2)]
        above = money_people.add_those_above(leader, f"R{self.name}", f"RR{self.name}")
        self.helper = money_people.add_helper(leader)
        self.supplier = building.add_supplier(f"S{self.name}").id
        self.model, self.level = MoneyModel(self.leader, above, self.helper, self.supplier), ""
        self.model.limit_fen = limit_fen
        self.add_rounds()

    def add_rounds(self) -> None:
        """Sell the same two products in two rounds."""
        products = [
            building.add_product(
                db.session.get_one(Supplier, self.supplier),
                f"{code}{self.name}",
                price_fen=PRICES[code],
                cost_fen=COSTS[code],
                case_size=1,
            )
            for code in PRICES
        ]
        for payment in ("prepaid", "to_leader"):
            round_ = building.add_round(products, f"{payment}{self.name}", payment=payment)
            money_people.promise_bonus(round_)
            self.model.rounds[round_.id] = ModelRound(payment == "prepaid", round_.closes_at)

    def do(self, work: Callable[[], Any], *, crash: bool = False) -> Any:
        """Do a deed, after it has died once before its commit if wanted; None when it was refused."""

        def die() -> None:
            work()
            raise Crash

        result = None
        for attempt in (die, work) if crash else (work,):
            try:
                result = in_transaction(attempt)
            except GroupbuyError:
                db.session.rollback()
            except Crash:
                db.session.rollback()
                type(self).faults += 1
        type(self).acknowledged += result is not None
        return result

    def key(self) -> str:
        """Return a fresh submission key."""
        self.keys += 1
        return f"{self.name}-{self.keys}"

    def order(self, pick: int, fits: Callable[[ModelOrder], Any]) -> tuple[int, ModelOrder]:
        """Return an order that a deed fits, now and then any."""
        orders = self.model.orders
        fitting = {id_: order for id_, order in orders.items() if fits(order)}
        return pick_one(fitting if fitting and pick % 9 else orders, pick)

    def payment(self, pick: int, fits: Callable[[ModelPayment], Any]) -> tuple[str, ModelPayment]:
        """Return a payment that a deed fits, now and then any."""
        payments = self.model.payments
        fitting = {number: payment for number, payment in payments.items() if fits(payment)}
        return pick_one(fitting if fitting and pick % 9 else payments, pick)

    def people(self) -> Mapping[str, Any]:
        """Return when, and by whom."""
        return {"now": self.now, "actor": ASKER}

    def move_on(self, step: timedelta, forgets: bool) -> None:
        """Move the clock on and let the scheduler work; a process that was restarted knows nothing."""
        self.go_to(self.now + step)
        if forgets:
            type(self).faults += 1
            db.session.remove()
            db.engine.dispose()
        self.tick()
        self.compare(kept=True)

    def go_to(self, now: datetime) -> None:
        """Move the clock on; where a month ends, the leader's level is what was sold in it."""
        end = MONTH_OVER - SETTLES_DOWN
        if self.now < end <= now and self.model.sold_fen >= money_books.LEVEL_FEN:
            self.level = money_books.LEVEL
        # Nothing is sold after the first month, so that the only level is lost with the next.
        if self.now < NEXT_OVER <= now:
            self.level = ""
        self.now = now
        self.clock.move_to(now)

    def tick(self) -> None:
        """Let the scheduler do what is due and keep the books; take in what the channel was asked."""
        market.tick(self.app, self.now)
        self.model.close_what_is_due(self.now)
        for number in self.model.payments:
            self.take_in(number)
        self.take_in_transfers()
        market.tick(self.app, self.now)
        self.take_in_transfers()
        self.model.give_back_what_may_leave()
        money_books.keep(self.now)
        for round_id in self.model.rounds:
            self.model.settle_commission(round_id, self.now)

    def take_in(self, number: str) -> None:
        """Take in what the platform has learned of a payment by asking the channel."""
        payment, stored = self.model.payments[number], money_books.payment(number)
        if stored.state in ("paid", "held"):
            self.model.arrive(number, self.simulator.book.trade(number).paid_fen, self.now)
        elif stored.state == "closed" and payment.state == "open":
            assert payment.expires_at <= self.now
            payment.state = "closed"

    def take_in_transfers(self) -> None:
        """Take in what the platform has learned of transfers to the leader."""

    def compare(self, *, kept: bool = False) -> None:
        """Compare orders, refunds and accounts with the model; after a keeping of the books every account."""
        money_books.compare(self.model, self.base, kept=kept)
        assert money_books.level_of(self.leader) == self.level

    def teardown(self) -> None:
        """Let everything come to rest, reckon it anew, and compare with the channel's own book."""
        if not hasattr(self, "model"):
            return
        self.simulator.refunds_end, self.simulator.faults[:] = "SUCCESS", []
        for hours in (1, 24, 96):
            self.go_to(self.now + timedelta(hours=hours))
            self.tick()
            self.compare(kept=True)
        self.clear_up()
        money_books.compare_with_channel(self.model, self.simulator)
        money_books.check_invariants(self.now)

    def clear_up(self) -> None:
        """Book what waits for a person and stands in no account until then."""


def pick_one(items: Mapping[Any, Any], number: int) -> tuple[Any, Any]:
    """Return one of some things, with its name."""
    return list(items.items())[number % len(items)]


def fills_wallet(payment: ModelPayment) -> bool:
    """Tell whether a payment has come into a wallet."""
    return payment.order is None and payment.state == "paid"


def stored_order(id_: int) -> Order:
    """Return an order within the transaction."""
    return db.session.get_one(Order, id_)
