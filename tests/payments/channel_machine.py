"""Wallet, channel and refunds in random order and twice, with crashes between a call and its booking."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from groupbuy.analytics import invariants_channels, invariants_ledger
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import ordering, paying, refunding, topping_up
from groupbuy.flows.paying import Way
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.payments import channel_refunds
from groupbuy.payments.gateways import CLOSED, PAID, SUCCESS, Found, FoundRefund
from groupbuy.payments.models import ChannelPayment, ChannelRefund
from tests import building
from tests.building import ACTOR, NOW

PICK = st.integers(0, 30)
AMOUNT = st.integers(1, 4000)
GRACE = timedelta(minutes=30)


class Crash(Exception):
    """Say that the process died before the commit."""


class Channel(RuleBasedStateMachine):
    """One resident, some prepaid orders, and a channel that is a dictionary."""

    opened = 0

    @initialize()
    def begin(self) -> None:
        """Make a round of its own."""
        Channel.opened += 1
        name = f"{Channel.opened}"
        self.now, self.keys = NOW, 0
        product = building.add_product(building.add_supplier(f"S{name}"), f"P{name}")
        self.code = product.code
        self.round = building.add_round([product], f"C{name}", payment="prepaid")
        self.resident = building.add_resident(building.add_leader(f"L{name}"))
        self.orders: list[int] = []
        # What the channel knows: payments and refunds by number, in fen.
        self.paid: dict[str, int] = {}
        self.returned: dict[str, int] = {}

    def attempt(self, work: Callable[[], Any]) -> None:
        """Die before the commit, then do it twice; what the rules forbid is no fault."""

        def die() -> None:
            work()
            raise Crash

        for attempt in (die, work, work):
            try:
                in_transaction(attempt)
            except (Crash, GroupbuyError):
                db.session.rollback()

    def order(self, pick: int) -> Order:
        """Return one of the orders."""
        return db.session.get_one(Order, self.orders[pick % len(self.orders)])

    def payments(self, *states: str) -> list[ChannelPayment]:
        """Return the resident's payments in some states."""
        mine = ChannelPayment.resident_id == self.resident.id
        rows = select(ChannelPayment).where(mine, ChannelPayment.state.in_(states))
        return list(db.session.scalars(rows.order_by(ChannelPayment.id)))

    @rule(units=st.integers(1, 4))
    def place(self, units: int) -> None:
        """Order something."""
        order = building.place(self.round, self.resident, {self.code: units}, now=self.now)
        self.orders.append(order.id)

    @rule(pick=PICK, way=st.sampled_from(["native", "h5"]), from_wallet=st.booleans())
    def pay(self, pick: int, way: str, from_wallet: bool) -> None:
        """Begin to pay an order."""
        if self.orders:
            usual: dict[str, Any] = {"way": Way("wechat", way), "now": self.now, "actor": ACTOR}
            self.attempt(lambda: paying.pay_order(order=self.order(pick), from_wallet=from_wallet, **usual))

    @rule(amount=AMOUNT)
    def fill(self, amount: int) -> None:
        """Begin to fill the wallet."""
        self.keys += 1
        key = str(self.keys)
        self.attempt(
            lambda: topping_up.top_up(
                resident=db.session.get_one(Resident, self.resident.id),
                amount_fen=amount,
                way=Way("wechat", "native"),
                now=self.now,
                actor=ACTOR,
                submission_key=key,
            )
        )

    @rule(pick=PICK, more=st.sampled_from([0, 0, 0, 1]))
    def arrive(self, pick: int, more: int) -> None:
        """Let the channel take money, and tell of it; or tell once more."""
        found = self.payments("new", "waiting", "closed", "paid", "held")
        if not found:
            return
        payment = found[pick % len(found)]
        number = payment.number
        fen = self.paid.setdefault(number, payment.amount_fen + more)
        said = Found(number, PAID, fen, transaction=f"T{number}", at=self.now)
        db.session.rollback()
        self.attempt(lambda: paying.take_found(channel="wechat", found=said, now=self.now, grace=GRACE))

    @rule(pick=PICK)
    def close(self, pick: int) -> None:
        """Let the channel close what nobody has paid."""
        found = [one.number for one in self.payments("new", "waiting") if one.number not in self.paid]
        if found:
            said = Found(found[pick % len(found)], CLOSED)
            self.attempt(lambda: paying.take_found(channel="wechat", found=said, now=self.now, grace=GRACE))

    @rule(minutes=st.integers(1, 50))
    def wait(self, minutes: int) -> None:
        """Let time pass: orders time out, and what never came about goes back."""
        self.now = min(self.now + timedelta(minutes=minutes), building.CLOSES - timedelta(minutes=1))
        for order_id in self.orders:
            self.attempt(
                lambda order_id=order_id: ordering.expire_order(  # type: ignore[misc] # mypy cannot tell its type.
                    order=db.session.get_one(Order, order_id), now=self.now, actor=ACTOR
                )
            )
        for order in refunding.due_to_give_back(most=100):
            self.attempt(lambda order=order: refunding.give_back(order=order, now=self.now))  # type: ignore[misc] # As above.

    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        """Cancel an order."""
        if self.orders:
            usual: dict[str, Any] = {"reason": "x", "now": self.now, "actor": ACTOR}
            self.attempt(lambda: ordering.cancel_order(order=self.order(pick), **usual))

    @rule(pick=PICK, amount=AMOUNT)
    def refund(self, pick: int, amount: int) -> None:
        """Pay back what is owed."""
        if self.orders:
            self.keys += 1
            usual: dict[str, Any] = {"reason": "x", "now": self.now, "actor": "test"}
            key = str(self.keys)
            self.attempt(
                lambda: refunding.refund(
                    order=self.order(pick), amount_fen=amount, submission_key=key, **usual
                )
            )

    @rule(pick=PICK, amount=AMOUNT)
    def take_back(self, pick: int, amount: int) -> None:
        """Take money in the wallet back."""
        found = [one.id for one in self.payments("paid") if one.order_id is None]
        if found:
            self.keys += 1
            key, payment_id = str(self.keys), found[pick % len(found)]
            self.attempt(
                lambda: topping_up.refund_top_up(
                    payment=db.session.get_one(ChannelPayment, payment_id),
                    amount_fen=amount,
                    now=self.now,
                    actor="test",
                    submission_key=key,
                )
            )

    @rule(state=st.sampled_from([SUCCESS, SUCCESS, "abnormal"]))
    def end_refunds(self, state: str) -> None:
        """Let the channel pay refunds, or fail to, and somebody pay those to the wallet."""
        mine = ChannelPayment.resident_id == self.resident.id
        rows = select(ChannelRefund).join(ChannelPayment).where(mine, ChannelRefund.state != SUCCESS)
        known = [(row.number, row.amount_fen, row.state) for row in db.session.scalars(rows)]
        for number, fen, former in known:
            if former in channel_refunds.STUCK:
                self.attempt(lambda: self._to_wallet(number))  # noqa: B023 - called at once
            elif former != "to_wallet":
                self.attempt(lambda: self._end(FoundRefund(number, state, fen)))  # noqa: B023 - as above
                if state == SUCCESS:
                    self.returned[number] = fen

    def _to_wallet(self, number: str) -> None:
        channel_refunds.pay_to_wallet(number=number, now=self.now, actor="test")

    def _end(self, said: FoundRefund) -> None:
        channel_refunds.take_found(number=said.number, found=said, now=self.now)

    @invariant()
    def the_books_are_right(self) -> None:
        """Hold every invariant of the books, and the channel's own book."""
        db.session.rollback()
        checks = (*invariants_ledger.CHECKS, *invariants_channels.CHECKS)
        wrong = [found for one in checks if (found := one.run()).violations]
        assert not wrong, wrong
        if hasattr(self, "paid"):
            came = {one.number: one.paid_fen for one in self.payments("paid", "held")}
            assert came == self.paid
            mine = ChannelPayment.resident_id == self.resident.id
            gone = select(ChannelRefund).join(ChannelPayment).where(mine, ChannelRefund.state == SUCCESS)
            assert {row.number: row.amount_fen for row in db.session.scalars(gone)} == self.returned
