"""What keeps a leader from leaving, each named with its figure and the page where it is settled."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from groupbuy.commissions import helper_payments, withdrawing
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.rules import IN_FLIGHT, Rate
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import putting_right, recruiting
from groupbuy.flows.putting_right import Kind, Reason, Request
from groupbuy.kernel.errors import RuleBroken
from groupbuy.leaders import referring
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order
from tests import building, money
from tests.building import NOW
from tests.commissions.test_helper_payments import OWED, earned, paid
from tests.money import PICKED, SETTLED
from tests.support.seats import appoint


def leave(code: str = "L1") -> str:
    """Let a leader go."""
    wish = {"code": code, "seen": "active", "state": "exited", "reason": "搬走", "now": SETTLED, "actor": "t"}
    return in_transaction(lambda: recruiting.decide(**wish).state)


def pay_out(app: Flask, leader: Leader, amount: int) -> None:
    number = money.ask(leader, amount).number
    usual = {"number": number, "now": SETTLED, "actor": "account:90"}
    in_transaction(lambda: withdrawing.approve(**usual))
    in_transaction(lambda: withdrawing.note_paid(**usual, proof="流水 1"))


def refund(units: int) -> None:
    """Pay some of the only order's units back after its commission has settled."""
    wish = {"now": PICKED + timedelta(hours=1), "zone": building.ZONE, "actor": building.ACTOR}
    request = Request(Kind.REFUND, Reason.SPOILED, "发霉了", {"P1": units})
    with transaction():
        case = putting_right.ask(order=db.session.query(Order).one(), request=request, **wish)
        putting_right.decide(number=case.number, approve=True, answer="", **wish)
    money.keep(SETTLED + timedelta(minutes=10))


def obstacles(app: Flask, code: str = "L1") -> str:
    """Return the page on which an operator lets a leader go."""
    with time_machine.travel(SETTLED, tick=False):
        office = appoint(app, building.add_account("运营"), "operator", SETTLED)
        answer = office.get(f"/admin/leaders/{code}/exited")
    assert answer.status_code == 200
    return answer.text


def test_an_exit_waits_for_a_balance_below_zero(app: Flask) -> None:
    leader = money.earn(app)
    pay_out(app, leader, 9900)
    refund(10)
    with pytest.raises(RuleBroken, match=r"debt ¥9\.90\."):
        leave()
    page = obstacles(app)
    assert "多付给团长的佣金 ¥9.90" in page
    assert "/admin/debts?leader=L1" in page


def test_an_exit_waits_for_rewards_from_rounds_of_other_leaders(app: Flask) -> None:
    money.dial(referral_bp=500)
    building.set_commission(Rate(rate_bp=1000))
    referrer, seller = building.add_leader("L1"), building.add_leader("L2", community="阳光花园")
    with transaction():
        referring.refer(leader=seller, referrer_code=referrer.code, now=NOW, actor="t")
    round_ = building.add_round([building.add_product(building.add_supplier())])
    building.place(round_, building.add_resident(seller), {"P1": 10})
    building.close(app, round_)
    with pytest.raises(RuleBroken, match=r"pending ¥4\.95\."):
        leave()
    assert "/admin/commissions?leader=L1" in obstacles(app)


def test_an_exit_waits_until_helpers_have_confirmed_what_they_got(app: Flask) -> None:
    leader, helper = earned(app)
    pay_out(app, db.session.get_one(Leader, leader), 990 - OWED)
    with pytest.raises(RuleBroken, match=r"helpers ¥3\.30\."):
        leave()
    assert "未确认的助手分成 ¥3.30" in obstacles(app)
    payment = paid(leader, helper, OWED)
    with pytest.raises(RuleBroken, match=r"helpers ¥3\.30\."):
        leave()
    wish = {"payment_id": payment, "account_id": helper, "now": SETTLED, "actor": "t"}
    in_transaction(lambda: helper_payments.confirm(**wish))
    with pytest.raises(RuleBroken, match=r"balance ¥3\.30\."):
        leave()
    pay_out(app, db.session.get_one(Leader, leader), OWED)
    assert leave() == "exited"


def test_withdrawals_in_the_way_lead_to_those_of_the_leader(app: Flask) -> None:
    money.ask(money.earn(app), 5000)
    page = obstacles(app)
    assert "¥50.00" in page
    assert "/admin/withdrawals?leader=L1" in page
    assert 'action="/admin/leaders/L1/exited"' not in page


def at_once(app: Flask, *works: Callable[[], str]) -> list[str]:
    """Do all at the same moment; return what each came to, or the code of its refusal."""
    gate = Barrier(len(works))

    def one(work: Callable[[], str]) -> str:
        with app.app_context():
            gate.wait()
            try:
                return work()
            except RuleBroken as broken:
                return broken.code

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def test_nobody_leaves_with_a_withdrawal_asked_for_at_the_same_moment(app: Flask) -> None:
    leader = money.earn(app)
    for _ in range(5):
        found = at_once(app, lambda: money.ask(leader, 9900).state, leave)
        assert found == ["asked", "open_money"]
        db.session.rollback()
        number = db.session.scalars(select(Withdrawal.number).where(Withdrawal.state.in_(IN_FLIGHT))).one()
        with transaction():
            withdrawing.reject(number=number, reason="户名不符", now=SETTLED, actor="account:90")


def test_of_two_exits_at_once_one_counts(app: Flask) -> None:
    building.add_leader()
    assert sorted(at_once(app, leave, leave)) == ["decided_meanwhile", "exited"]
