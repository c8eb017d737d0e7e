"""The money machine in random order with repeats, and what must hold of its books."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from groupbuy.analytics import invariants_ledger
from groupbuy.commissions import withdrawing
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.rules import Rate
from groupbuy.commissions.withdrawing import Payee
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.finance import queries, rules
from groupbuy.finance.dials import set_dials
from groupbuy.flows import bookkeeping, collecting, ordering
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order
from groupbuy.payments import handing_over, paying_back
from groupbuy.payments.models import CashHandover
from tests import building
from tests.building import ACTOR, NOW

PICK = st.integers(0, 30)
AMOUNT = st.integers(1, 4000)
HOURS = st.integers(0, 30)


class Money(RuleBasedStateMachine):
    """One leader, some rounds, and whatever people do with the money, twice if they like."""

    app: Any = None
    opened = 0

    @initialize()
    def begin(self) -> None:
        """Make a leader of its own, whose rounds are numbered on over all examples."""
        Money.opened += 1
        self.name = f"{Money.opened}"
        self.now: datetime = NOW
        self.keys = 0
        building.set_commission(Rate(rate_bp=1234))
        in_transaction(
            lambda: set_dials(
                values={"withdrawal_min_fen": 1, "withdrawal_fee_fen": 1, "tax_bp": 300, "tax_free_fen": 100},
                now=NOW,
                actor="test",
            )
        )
        self.leader = building.add_leader(f"L{self.name}")
        product = building.add_product(building.add_supplier(f"S{self.name}"), f"P{self.name}")
        self.round = building.add_round([product], f"C{self.name}")
        self.orders: list[int] = []
        self.closed = False

    def attempt(self, work: Any) -> None:
        """Do something twice; what the rules forbid is no fault."""
        for _ in range(2):
            try:
                in_transaction(work)
            except GroupbuyError:
                db.session.rollback()

    def order(self, pick: int) -> Order | None:
        """Return one of the orders."""
        return db.session.get(Order, self.orders[pick % len(self.orders)]) if self.orders else None

    @rule(units=st.integers(1, 9))
    def place(self, units: int) -> None:
        """Order something."""
        if not self.closed and self.now < building.CLOSES:
            resident = building.add_resident(self.leader)
            self.orders.append(building.place(self.round, resident, {f"P{self.name}": units}).id)

    @rule(pick=PICK)
    def pay(self, pick: int) -> None:
        """Note an order as paid."""
        if self.order(pick):
            self.attempt(lambda: ordering.mark_paid(order=self.order(pick), now=self.now, actor=ACTOR))

    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        """Cancel an order."""
        if self.order(pick):
            self.attempt(
                lambda: ordering.cancel_order(order=self.order(pick), reason="x", now=self.now, actor=ACTOR)
            )

    @rule()
    def close(self) -> None:
        """Close the round."""
        self.now = max(self.now, building.CLOSES)
        building.close(self.app, self.round, self.now)
        self.closed = True

    @rule(pick=PICK)
    def pick_up(self, pick: int) -> None:
        """Fetch an order."""
        if order := self.order(pick):
            code = order.pickup_code
            self.attempt(
                lambda: collecting.verify_pickup(
                    code=code, leader_ids=[self.leader.id], now=self.now, actor=ACTOR
                )
            )

    @rule(hours=HOURS)
    def keep(self, hours: int) -> None:
        """Let time pass and keep the books."""
        self.now += timedelta(hours=hours)
        self.attempt(lambda: bookkeeping.keep_books(now=self.now))

    @rule(amount=AMOUNT)
    def withdraw(self, amount: int) -> None:
        """Ask for a withdrawal, twice by the same form."""
        self.keys += 1
        leader, key = db.session.get_one(Leader, self.leader.id), str(self.keys)
        self.attempt(
            lambda: withdrawing.ask(
                leader=leader,
                amount_fen=amount,
                payee=Payee("bank", "6222", "王"),
                now=self.now,
                actor="account:1",
                submission_key=key,
            )
        )

    @rule(pick=PICK, deed=st.sampled_from(["approve", "reject", "paid"]))
    def decide(self, pick: int, deed: str) -> None:
        """Decide a withdrawal."""
        numbers = db.session.scalars(
            select(Withdrawal.number).where(Withdrawal.leader_id == self.leader.id)
        ).all()
        if not numbers:
            return
        usual = {"number": numbers[pick % len(numbers)], "now": self.now, "actor": "account:2"}
        deeds = {
            "approve": lambda: withdrawing.approve(**usual),
            "reject": lambda: withdrawing.reject(**usual, reason="x"),
            "paid": lambda: withdrawing.note_paid(**usual, proof="x"),
        }
        self.attempt(deeds[deed])

    @rule(pick=PICK, amount=AMOUNT, where=st.sampled_from(["wallet", "cash"]))
    def refund(self, pick: int, amount: int, where: str) -> None:
        """Pay back."""
        if self.order(pick):
            self.keys += 1
            key = str(self.keys)
            self.attempt(
                lambda: paying_back.pay_back(
                    order=self.order(pick),
                    amount_fen=amount,
                    target=where,
                    reason="x",
                    now=self.now,
                    actor="test",
                    submission_key=key,
                )
            )

    @rule(amount=AMOUNT, confirm=st.booleans())
    def hand_over(self, amount: int, confirm: bool) -> None:
        """Hand cash over, and decide what was handed over before."""
        leader = db.session.get_one(Leader, self.leader.id)
        self.attempt(
            lambda: handing_over.hand_over(
                leader=leader, amount_fen=amount, note="", now=self.now, actor="test", submission_key="only"
            )
        )
        for row in db.session.scalars(select(CashHandover.id)).all():
            self.attempt(
                lambda row=row: handing_over.decide(
                    handover_id=row, confirm=confirm, reason="x", now=self.now, actor="test"
                )
            )

    @invariant()
    def the_books_are_right(self) -> None:
        """Hold every invariant of the books at every moment."""
        db.session.rollback()
        wrong = [found for one in invariants_ledger.CHECKS if (found := one.run()).violations]
        assert not wrong, wrong

    def teardown(self) -> None:
        """Reckon everything anew once the books are kept up to the end."""
        if not hasattr(self, "leader"):
            return
        self.now += timedelta(days=5)
        in_transaction(lambda: bookkeeping.keep_books(now=self.now))
        db.session.rollback()
        wrong = [found for one in invariants_ledger.AT_REST if (found := one.run()).violations]
        assert not wrong, wrong
        assert (
            sum(
                fen if rules.kind_of(name) not in rules.DEBIT_KINDS else -fen
                for name, fen in queries.balances().items()
            )
            == 0
        )
