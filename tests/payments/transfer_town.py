"""A leader with an approved withdrawal, and WeChat that can pay it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from groupbuy.accounts import wechat
from groupbuy.accounts.models import Account
from groupbuy.accounts.queries import get_account
from groupbuy.commissions import withdrawals, withdrawing
from groupbuy.commissions.transfer_models import WechatTransfer
from groupbuy.commissions.withdrawing import Payee
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.finance import queries, rules
from groupbuy.flows import transferring
from groupbuy.http.charging import charging_here
from groupbuy.leaders.models import Leader
from groupbuy.payments.gateways import Gateways
from groupbuy.payments.simulator.server import Simulator
from groupbuy.payments.simulator.serving import Call
from groupbuy.payments.simulator.transfers import Transfer
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle
from tests import building
from tests.api.conftest import Person, person_of
from tests.building import ZONE
from tests.money import SETTLED, dial, earn
from tests.payments.paying_town import broken_invariants
from tests.support.seats import appoint

FINANCE = "account:90"
SOON, LATER = SETTLED + timedelta(minutes=1), SETTLED + timedelta(hours=2)
WECHAT = Payee("wechat", "li-wx", "李四")


@dataclass
class Till:
    """A leader with an approved withdrawal of ¥50.00, of which ¥49.00 are to be paid, and WeChat."""

    app: Flask
    client: FlaskClient
    simulator: Simulator
    leader_id: int
    number: str
    travel: time_machine.Traveller

    def send(self, *, now: datetime = SETTLED, key: str | None = None) -> str:
        """Send the withdrawal; return the number of the try."""
        return in_transaction(
            lambda: transferring.send(number=self.number, now=now, actor=FINANCE, submission_key=key)
        ).number

    def tick(self, now: datetime) -> None:
        """Let the scheduler do what is due at a moment."""
        self.travel.move_to(now)
        tick_until_idle(now=now, zone=ZONE, handlers=handlers_of(self.app), note=lambda _: None)

    def tell(self, number: str, **headers: str) -> int:
        """Let WeChat tell of a transfer; return what it is answered."""
        return self.deliver(self.simulator.tell(number), **headers)

    def deliver(self, call: Call, **headers: str) -> int:
        """Send a call of WeChat's."""
        sent = {**call.headers, **headers}
        return self.client.post("/pay/notify/wechat", data=call.body, headers=sent).status_code

    @property
    def state(self) -> str:
        """Return where the withdrawal stands now."""
        db.session.rollback()
        db.session.expire_all()
        return withdrawals.get_withdrawal(self.number).state

    @property
    def tries(self) -> list[WechatTransfer]:
        """Return all tries, in order."""
        db.session.rollback()
        db.session.expire_all()
        return list(db.session.scalars(select(WechatTransfer).order_by(WechatTransfer.id)))

    @property
    def states(self) -> list[str]:
        """Return where the tries stand."""
        return [one.state for one in self.tries]

    @property
    def sent(self) -> list[Transfer]:
        """Return what WeChat has."""
        return list(self.simulator.transfers.by_number.values())

    def booked(self) -> dict[str, int]:
        """Return what has left WeChat's account, and what the bank's, in fen."""
        db.session.rollback()
        return {name: -queries.balance(name) for name in (rules.channel("wechat"), rules.BANK)}

    def check(self, now: datetime, paid_fen: int) -> None:
        """Hold the books against WeChat's own."""
        assert broken_invariants(now) == []
        ended = [one for one in self.sent if one.state == "SUCCESS"]
        theirs = sum(one.amount_fen if one.paid_fen is None else one.paid_fen for one in ended)
        assert (theirs, self.booked()) == (paid_fen, {"channel:wechat": paid_fen, "channel:bank": 0})


def open_till(app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller) -> Till:
    """Let a leader with WeChat earn ¥99.00, ask for ¥50.00 of it, and have that approved."""
    leader = earn(app)
    travel.move_to(SETTLED)
    dial(withdrawal_fee_fen=100)
    link(leader)
    number = ask(leader, 5000, WECHAT)
    approve(number)
    return Till(app, client, simulator, leader.id, number, travel)


def link(leader: Leader) -> None:
    """Link a leader to WeChat."""
    assert leader.account_id is not None
    account_id = leader.account_id
    in_transaction(lambda: wechat.link(account_id=account_id, openid="o-leader", now=SETTLED, actor="test"))


def ask(leader: Leader, amount: int, payee: Payee) -> str:
    """Ask for a withdrawal; return its number."""
    leader_id = leader.id
    return in_transaction(
        lambda: withdrawing.ask(
            leader=db.session.get_one(Leader, leader_id),
            amount_fen=amount,
            payee=payee,
            now=SETTLED,
            actor="account:1",
        )
    ).number


def approve(number: str) -> None:
    """Approve a withdrawal."""
    in_transaction(lambda: withdrawing.approve(number=number, now=SETTLED, actor=FINANCE))


def clerk(till: Till) -> Person:
    """Return somebody of finance with a token."""
    account = building.add_account("财务二", phone="13900000077")
    appoint(till.app, account, "finance", SETTLED)
    return person_of(till.app, account.id, "finance")


def account_of_leader(till: Till) -> Account:
    """Return the account of the leader."""
    account_id = db.session.get_one(Leader, till.leader_id).account_id
    assert account_id is not None
    return get_account(account_id)


def channels(till: Till) -> Gateways:
    """Return the channels of the application."""
    with till.app.test_request_context():
        return charging_here().gateways
