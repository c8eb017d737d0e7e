"""T6: calls of a channel twice, shuffled, late, before our own commit, wrong, forged; death in between.

The channel is the simulator, so what it has taken and given back is known apart from our books.
"""

import random
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import time_machine
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.app.factory import create_app
from groupbuy.app.settings import settings_of
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import ordering, paying, refunding
from groupbuy.flows.paying import Way
from groupbuy.http.charging import open_payment
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.payments.models import ChannelPayment, ChannelRefund
from groupbuy.payments.simulator.server import Simulator
from groupbuy.payments.simulator.serving import Call, running
from tests import building
from tests.building import ACTOR, CLOSES, NOW, OPENS
from tests.faults import market
from tests.faults.books import Outcome, violations
from tests.faults.dying import dies_in_child
from tests.faults.paying_out import Payouts
from tests.faults.saying import FORGED, STRANGE, TAKEN, Sent, forgeries
from tests.payments.channel import make_simulator, settings_for

BATCH = 12
PAID_IN, LATE, TOO_LATE = NOW, NOW + timedelta(minutes=20), NOW + timedelta(hours=2)


def run(app: Flask, *, calls: int) -> Outcome:
    """Send so many calls, most faulty, die within some and within refunds; then of transfers as well."""
    chance = random.Random(6)  # noqa: S311 - the order of faults is no secret
    with tempfile.TemporaryDirectory() as folder, running(make_simulator()) as simulator:
        bank = Bank(app, simulator, Path(folder), chance)
        with bank.app.app_context(), time_machine.travel(NOW, tick=False) as clock:
            bank.open()
            while bank.outcome.faults < calls:
                bank.send_batch(clock)
            clock.move_to(NOW)
            bank.die_within_calls(stride=7 if calls < 1000 else 1)
            bank.die_within_refunds(stride=7 if calls < 1000 else 1)
            outcome = bank.judge(clock)
            payouts = Payouts(bank.app, simulator, outcome, chance)
            payouts.run(calls=calls // 4, stride=7 if calls < 1000 else 1, clock=clock)
            return outcome


class Bank:
    """A shop, its channel, and what was sent."""

    def __init__(self, app: Flask, simulator: Simulator, folder: Path, chance: random.Random) -> None:
        made = settings_for(simulator, folder)
        old = settings_of(app)
        self.app = create_app(
            replace(old, wechat_pay=made.wechat_pay, base_url=made.base_url, rate_limits=False)
        )
        self.outcome = Outcome()
        self._simulator, self._chance = simulator, chance
        self._client: FlaskClient = self.app.test_client()
        self._orders: list[int] = []

    def open(self) -> None:
        """Make a round whose residents pay ahead."""
        self._market = market.stock_up()
        far = CLOSES + timedelta(days=2)
        self._round = market.add_round(opens_at=OPENS, closes_at=far, offers={}, payment="prepaid")

    def begin(self, *, opened: bool = True) -> str:
        """Place an order and begin to pay it; not ``opened`` leaves the channel's answer out of our books."""
        round_ = db.session.get_one(Round, self._round)
        resident = db.session.get_one(Resident, self._chance.choice(self._market.residents))
        order = building.place(round_, resident, {"P2": self._chance.randint(1, 9)})
        self._orders.append(order.id)
        payment = in_transaction(
            lambda: paying.pay_order(
                order=db.session.get_one(Order, order.id),
                way=Way("wechat", "native"),
                from_wallet=False,
                now=NOW,
                actor=ACTOR,
            )
        )
        assert payment is not None
        number = payment.number
        with self.app.test_request_context():
            if opened:
                open_payment(number, back="/")
            else:
                self._only_at_the_channel(number)
        return number

    def _only_at_the_channel(self, number: str) -> None:
        """Open a payment as if we died before we wrote down the answer."""
        open_payment(number, back="/")
        in_transaction(lambda: _forget_answer(number))

    def send_batch(self, clock: time_machine.Traveller) -> None:
        """Pay some orders, in time, late or wrongly, and send all that is said of it in any order."""
        clock.move_to(NOW)
        wrong = self._chance.random()
        numbers = [self.begin(opened=self._chance.random() > 0.2) for _ in range(BATCH // 3)]
        at = self._chance.choice([PAID_IN, PAID_IN, LATE, TOO_LATE])
        if at > NOW:
            market.tick(self.app, at) if wrong > 0.5 else self._expire(numbers, at)
        clock.move_to(at)
        for number in numbers:
            self._pay(number, wrong=wrong < 0.2)
        sent = [call for number in numbers for call in self._calls(number, at)]
        self._send(sent)
        market.tick(self.app, at)
        clock.move_to(at + timedelta(minutes=1))
        self._cancel_some(numbers[:2])
        market.tick(self.app, at + timedelta(minutes=1))
        self._send_refunds_first(numbers, at + timedelta(minutes=1))

    def _expire(self, numbers: list[str], at: datetime) -> None:
        """Cancel what nobody has paid, without a word to the channel."""
        for number in numbers:
            order_id = _payment(number).order_id
            in_transaction(
                lambda order_id=order_id: ordering.expire_order(  # type: ignore[misc] # mypy cannot tell its type.
                    order=db.session.get_one(Order, order_id), now=at, actor=ACTOR
                )
            )

    def _pay(self, number: str, *, wrong: bool) -> None:
        trade = self._simulator.book.trade(number)
        if trade.state == "NOTPAY":
            self._simulator.pay(number, amount_fen=trade.amount_fen + 1 if wrong else None)

    def _calls(self, number: str, at: datetime) -> list[Sent]:
        """Return what is said of a payment: the truth some times over, and forgeries of it."""
        if not self._simulator.book.trade(number).paid_at:
            return []
        true = self._simulator.tell(number, at=at, notice_id=f"N{number}")
        calls = [(true, TAKEN)] * self._chance.randint(1, 3)
        calls.append((self._simulator.tell(number, at=at), TAKEN))
        old = self._simulator.tell(number, at=at - timedelta(seconds=301))
        calls += [(forgery, FORGED) for forgery in self._chance.sample(forgeries(true, old), 2)]
        return [*calls, (self._of_nobody(number, at), STRANGE)]

    def _of_nobody(self, number: str, at: datetime) -> Call:
        """Return a genuine call for a number that is none of ours."""
        trade = self._simulator.book.trade(number)
        self._simulator.book.trades["P0"] = replace(trade, number="P0")
        call = self._simulator.tell("P0", at=at)
        del self._simulator.book.trades["P0"]
        return call

    def _send(self, calls: list[Sent]) -> None:
        self._chance.shuffle(calls)
        for call, right in calls:
            answer = self._client.post("/pay/notify/wechat", data=call.body, headers=dict(call.headers))
            self.outcome.faults += 1
            self.outcome.acknowledged += answer.status_code == 204
            if answer.status_code not in right:
                self.outcome.lost.append(f"a call was answered {answer.status_code}, not {set(right)}")

    def _cancel_some(self, numbers: list[str]) -> None:
        for number in numbers:
            order_id = _payment(number).order_id
            try:
                in_transaction(lambda order_id=order_id: _cancel_and_refund(order_id))  # type: ignore[misc] # As above.
            except GroupbuyError:
                # What is cancelled already, or was never paid, has nothing to give back.
                db.session.rollback()

    def _send_refunds_first(self, numbers: list[str], at: datetime) -> None:
        """Say how refunds ended, and then once more that their payments were made."""
        calls: list[Sent] = []
        for row in (
            db.session.query(ChannelRefund).join(ChannelPayment).filter(ChannelPayment.number.in_(numbers))
        ):
            if row.number in self._simulator.book.returns:
                self._simulator.book.settle(row.number, "SUCCESS", now=at)
                calls += [(self._simulator.tell(row.number, at=at), TAKEN)] * 2
        self._send(calls)
        paid = [number for number in numbers if self._simulator.book.trade(number).paid_at]
        self._send([(self._simulator.tell(number, at=at), TAKEN) for number in paid])

    def die_within_calls(self, *, stride: int) -> None:
        """Die at the database events of a call that an order is paid; the channel calls again."""
        number, died = 1, True
        while died:
            paid = self.begin()
            self._pay(paid, wrong=False)
            call = self._simulator.tell(paid)
            died = dies_in_child(self.app, partial(self._take, call), number)
            self.outcome.faults += died
            self._send([(call, TAKEN)])
            number += stride

    def _take(self, call: Call) -> None:
        self._client.post("/pay/notify/wechat", data=call.body, headers=dict(call.headers))

    def die_within_refunds(self, *, stride: int) -> None:
        """Die at the database events of the job that calls the channel and books what it said; go on."""
        number, died = 1, True
        while died:
            paid = self.begin()
            self._pay(paid, wrong=False)
            self._send([(self._simulator.tell(paid), TAKEN)])
            market.tick(self.app, NOW + timedelta(minutes=1))
            self._cancel_some([paid])
            died = dies_in_child(self.app, self._work_off, number)
            self.outcome.faults += died
            market.tick(self.app, NOW + timedelta(minutes=3))
            number += stride

    def _work_off(self) -> None:
        """Do what is due, the call of the channel among it."""
        market.tick(self.app, NOW + timedelta(minutes=2))

    def judge(self, clock: time_machine.Traveller) -> Outcome:
        """Let everything come to rest and compare each payment with the channel's own book."""
        for hour in range(3, 9):
            now = NOW + timedelta(hours=hour)
            clock.move_to(now)
            market.tick(self.app, now)
        ours, theirs = _ours(), self._theirs()
        for number in ours.keys() | theirs.keys():
            if ours.get(number) != theirs.get(number):
                at_fault = f"{number}: we say {ours.get(number)}, the channel {theirs.get(number)}"
                self.outcome.lost.append(at_fault)
        for order in db.session.query(Order).filter(Order.id.in_(self._orders)):
            if order.paid_fen not in (0, order.amount_fen):
                self.outcome.doubled.append(f"{order.number}: {order.paid_fen} of {order.amount_fen}")
        self.outcome.violations = violations(NOW + timedelta(hours=9))
        return self.outcome

    def _theirs(self) -> Mapping[str, tuple[int, int]]:
        book = self._simulator.book
        return {
            number: (trade.paid_fen, book.refunded(number))
            for number, trade in book.trades.items()
            if trade.paid_at is not None
        }


def _forget_answer(number: str) -> None:
    payment = _payment(number)
    payment.state, payment.action = "new", None


def _cancel_and_refund(order_id: int) -> None:
    order = db.session.get_one(Order, order_id)
    ordering.cancel_order(order=order, reason="不要了", now=NOW, actor=ACTOR)
    refunding.refund(
        order=order, amount_fen=order.paid_fen, reason="不要了", now=NOW, actor="test", submission_key="once"
    )


def _payment(number: str) -> ChannelPayment:
    return db.session.query(ChannelPayment).filter_by(number=number).one()


def _ours() -> Mapping[str, tuple[int, int]]:
    db.session.rollback()
    back: dict[int, int] = {}
    for row in db.session.query(ChannelRefund).filter_by(state="success"):
        back[row.payment_id] = back.get(row.payment_id, 0) + row.amount_fen
    paid = db.session.query(ChannelPayment).filter(ChannelPayment.paid_fen.is_not(None))
    return {row.number: (row.paid_fen or 0, back.get(row.id, 0)) for row in paid}
