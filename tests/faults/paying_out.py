"""T6 for transfers to leaders: calls twice, shuffled, forged, before our own commit; death in between.

What WeChat has sent to leaders is known apart from our books: each withdrawal is paid once.
"""

import random
from collections import Counter
from datetime import datetime, timedelta
from functools import partial

import time_machine
from flask import Flask
from sqlalchemy import select

from groupbuy.campaigns.models import Round
from groupbuy.commissions import mending_transfers, withdrawals
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.transfer_models import WechatTransfer
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import transferring
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.payments.simulator.server import Simulator
from groupbuy.payments.simulator.serving import Call, Fault
from groupbuy.payments.simulator.transfers import PATH
from tests import building
from tests.building import CLOSES, OPENS
from tests.faults import market
from tests.faults.books import Outcome, violations
from tests.faults.dying import dies_in_child
from tests.faults.saying import FORGED, STRANGE, TAKEN, Sent, forgeries
from tests.money import SETTLED, dial, hand_out, keep
from tests.payments.transfer_town import FINANCE, WECHAT, approve, ask, link

BATCH, AMOUNT = 4, 100
ENDS = ("SUCCESS", "SUCCESS", "SUCCESS", "FAIL")


class Payouts:
    """A leader who is paid through WeChat, and what was said of it."""

    def __init__(self, app: Flask, simulator: Simulator, outcome: Outcome, chance: random.Random) -> None:
        self._app, self._simulator, self._outcome, self._chance = app, simulator, outcome, chance
        self._client = app.test_client()
        self._now = SETTLED

    def run(self, *, calls: int, stride: int, clock: time_machine.Traveller) -> None:
        """Send so many calls about transfers, die within some, and compare with WeChat."""
        self._leader = self._earn(clock)
        until = self._outcome.faults + calls
        while self._outcome.faults < until:
            self._send_batch(clock)
        self._die(stride, clock)
        self._judge(clock)

    def _earn(self, clock: time_machine.Traveller) -> Leader:
        round_id = market.add_round(opens_at=OPENS, closes_at=CLOSES, offers={})
        resident = db.session.scalars(select(Resident).order_by(Resident.id).limit(1)).one()
        order = building.place(db.session.get_one(Round, round_id), resident, {"P1": 5000})
        building.close(self._app, db.session.get_one(Round, round_id))
        clock.move_to(SETTLED)
        hand_out(db.session.get_one(Order, order.id))
        keep(SETTLED)
        dial(withdrawal_min_fen=AMOUNT)
        leader = resident.leader
        link(leader)
        return leader

    def _begin(self) -> str:
        """Send a withdrawal, whose answer may be lost; return its number."""
        number = ask(self._leader, AMOUNT, WECHAT)
        approve(number)
        if self._chance.random() < 0.3:
            self._simulator.faults.append(Fault(PATH, after=True))
        self._send(number)
        return number

    def _send(self, number: str) -> None:
        in_transaction(lambda: transferring.send(number=number, now=self._now, actor=FINANCE).number)

    def _pass(self, clock: time_machine.Traveller, minutes: int = 1) -> None:
        self._now += timedelta(minutes=minutes)
        clock.move_to(self._now)
        market.tick(self._app, self._now)

    def _send_batch(self, clock: time_machine.Traveller) -> None:
        """Let payees confirm or WeChat fail, with another amount now and then, and say so in any order."""
        numbers = [self._begin() for _ in range(BATCH)]
        self._pass(clock)
        calls: list[Sent] = []
        for number in numbers:
            one = _try_of(number)
            if one in self._simulator.transfers.by_number:
                wrong = AMOUNT + 1 if self._chance.random() < 0.1 else None
                self._simulator.confirm(one, self._chance.choice(ENDS), "X", amount_fen=wrong)
                calls += self._calls(one)
        self._chance.shuffle(calls)
        for call, right in calls:
            self._post(call, right)

    def _calls(self, number: str) -> list[Sent]:
        true = self._simulator.tell(number, notice_id=f"T{number}")
        old = self._simulator.tell(number, at=self._now - timedelta(seconds=301))
        forged = self._chance.sample(forgeries(true, old), 2)
        taken = [true] * self._chance.randint(1, 3) + [self._simulator.tell(number)]
        return [*((one, TAKEN) for one in taken), *((one, FORGED) for one in forged), self._of_nobody(number)]

    def _of_nobody(self, number: str) -> Sent:
        """Return a genuine call for a number that is none of ours."""
        book = self._simulator.transfers.by_number
        one = book[number]
        book["W0"], kept = one, one.number
        one.number = "W0"
        call = self._simulator.tell("W0")
        one.number = kept
        del book["W0"]
        return call, STRANGE

    def _post(self, call: Call, right: frozenset[int]) -> None:
        answer = self._client.post("/pay/notify/wechat", data=call.body, headers=dict(call.headers))
        self._outcome.faults += 1
        self._outcome.acknowledged += answer.status_code == 204
        if answer.status_code not in right:
            self._outcome.lost.append(f"a call of a transfer was answered {answer.status_code}, not {right}")

    def _die(self, stride: int, clock: time_machine.Traveller) -> None:
        """Die at the database events of what sends a transfer, and of the call that tells of its end."""
        number, died = 1, True
        while died:
            withdrawal = self._begin()
            died = dies_in_child(self._app, partial(market.tick, self._app, self._now), number)
            self._pass(clock, minutes=10)
            self._simulator.confirm(_try_of(withdrawal))
            call = self._simulator.tell(_try_of(withdrawal))
            within = dies_in_child(self._app, partial(self._post, call, TAKEN), number)
            self._outcome.faults += died + within
            self._post(call, TAKEN)
            died, number = died or within, number + stride

    def _judge(self, clock: time_machine.Traveller) -> None:
        """Come to rest; hold each withdrawal against what WeChat has sent for it."""
        for _ in range(8):
            self._pass(clock, minutes=61)
        theirs, wrong = self._theirs()
        for number in wrong:
            in_transaction(lambda number=number: _mend(number, self._now))  # type: ignore[misc] # mypy cannot tell its type.
        for row in db.session.scalars(select(Withdrawal)).all():
            if theirs[row.number] > 1:
                self._outcome.doubled.append(f"withdrawal {row.number}: sent {theirs[row.number]} times")
            if (withdrawals.get_withdrawal(row.number).state == "paid") is not bool(theirs[row.number]):
                self._outcome.lost.append(f"withdrawal {row.number}: {row.state}, sent {theirs[row.number]}")
        self._outcome.violations += violations(self._now)

    def _theirs(self) -> tuple[Counter[str], list[str]]:
        """Return how often WeChat has paid each withdrawal, and what it has paid with another amount."""
        db.session.rollback()
        rows = db.session.scalars(select(WechatTransfer)).all()
        book = self._simulator.transfers.by_number
        paid = [row for row in rows if row.number in book and book[row.number].state == "SUCCESS"]
        wrong = [row.number for row in paid if book[row.number].paid_fen is not None]
        return Counter(row.withdrawal.number for row in paid), wrong


def _mend(number: str, now: datetime) -> None:
    mending_transfers.mend(number=number, reason="查过", now=now, actor=FINANCE)


def _try_of(withdrawal: str) -> str:
    """Return the number of the last try to pay a withdrawal."""
    db.session.rollback()
    mine = select(WechatTransfer.number).join(Withdrawal).where(Withdrawal.number == withdrawal)
    return db.session.scalars(mine.order_by(WechatTransfer.id.desc()).limit(1)).one()
