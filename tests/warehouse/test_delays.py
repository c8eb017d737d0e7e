"""Goods that come late or never: one note each, free cancelling, and a round that is called off whole."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from groupbuy.campaigns.models import Round
from groupbuy.commissions.models import CommissionEntry
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import calling_off, collecting, delaying, mailing, ordering, receiving
from groupbuy.jobs.models import Job
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.messaging.models import Message
from groupbuy.orders.models import Order
from groupbuy.warehouse import stock
from groupbuy.warehouse.rules import Policy
from tests import building
from tests.warehouse import day

TOMORROW = building.PICKUP + timedelta(days=1)


class Town:
    """A closed round at 10 %: A wants 4 and B 3 of P1 at ¥9.90, both paid; two lie in stock.

    So 5 are to be bought: one case of 6, of which one is too much.
    """

    def __init__(self, app: Flask) -> None:
        building.set_commission(Rate(rate_bp=1000))
        self.product = building.add_product(building.add_supplier(email="s1@example.com"), keeps=True)
        with transaction():
            stock.count(product=self.product, counted=2, seen=0, now=building.NOW, actor="test")
        leader = building.add_leader()
        round_ = building.add_round([self.product])
        self.orders = []
        for wanted in (4, 3):
            order = building.place(round_, building.add_resident(leader), {"P1": wanted})
            with transaction():
                ordering.mark_paid(
                    order=db.session.get_one(Order, order.id), now=building.NOW, actor=day.ACTOR
                )
            self.orders.append(order)
        self.round = building.close(app, round_)

    def delay(self, reason: str = "大雪封路") -> None:
        with transaction():
            delaying.delay_round(
                round_=db.session.get_one(Round, self.round.id),
                pickup_date=TOMORROW,
                reason=reason,
                now=day.ARRIVES,
                actor=day.ACTOR,
            )

    def give_up(self, order: Order) -> None:
        with transaction():
            delaying.cancel_delayed(order=day.stored(order), now=day.ARRIVES, actor=day.ACTOR)

    def call_off(self) -> None:
        with transaction():
            calling_off.call_off(
                round_=db.session.get_one(Round, self.round.id),
                reason="供应商停业",
                now=day.ARRIVES,
                actor=day.ACTOR,
            )


@pytest.fixture
def town(app: Flask) -> Town:
    return Town(app)


def notes(start: str) -> int:
    return db.session.scalar(select(func.count()).where(Message.key.startswith(start))) or 0


def commission() -> int:
    return db.session.scalar(select(func.sum(CommissionEntry.amount_fen))) or 0


def test_a_delay_is_told_once_and_whoever_cancels_gets_everything_back(town: Town) -> None:
    with pytest.raises(RuleBroken):
        town.give_up(town.orders[1])
    with pytest.raises(BadInput):
        town.delay("  ")
    town.delay()
    assert db.session.get_one(Round, town.round.id).pickup_date == TOMORROW
    # Two residents and their leader.
    assert notes("delay-") == 3
    with pytest.raises(BadInput):
        town.delay()
    town.give_up(town.orders[1])
    town.give_up(town.orders[1])
    gone = day.stored(town.orders[1])
    assert (gone.state, gone.cancel_reason, gone.paid_fen - gone.amount_fen) == ("cancelled", "delayed", 2970)
    # 10 % of ¥39.60 is left of the commission.
    assert commission() == 396
    assert day.wrong() == []
    # 2 from stock and 6 that come are 8; four are wanted, so four go into stock.
    day.receive(day.order_of(town.round).number, {"P1": 6})
    assert (day.in_stock(town.product), day.quantities(town.orders[0])) == (4, {"P1": 4})
    assert day.wrong() == []
    with pytest.raises(RuleBroken):
        town.give_up(town.orders[0])


def test_what_was_given_up_makes_up_for_what_does_not_come(town: Town) -> None:
    town.delay()
    town.give_up(town.orders[0])
    number = day.order_of(town.round).number
    day.receive(number, {"P1": 1}, last=True)
    # Three are there for the three that are still wanted.
    assert day.share_out(town.round, Policy.PRO_RATA) is None
    assert (day.in_stock(town.product), day.quantities(town.orders[1])) == (0, {"P1": 3})
    assert day.wrong() == []


@pytest.mark.parametrize("came", [0, 3, 6])
def test_a_round_called_off_gives_back_money_stock_and_commission(town: Town, came: int) -> None:
    number = day.order_of(town.round).number
    if came:
        day.receive(number, {"P1": came}, rejected={"P1": 1})
    town.call_off()
    round_ = db.session.get_one(Round, town.round.id)
    assert (round_.state, round_.cancel_reason) == ("cancelled", "供应商停业")
    owed = [day.stored(one).paid_fen - day.stored(one).amount_fen for one in town.orders]
    # Both residents are told, and their leader.
    assert (owed, commission(), notes("shortage-called_off")) == ([3960, 2970], 0, 3)
    # The two from stock are back, with what came and stayed.
    assert day.in_stock(town.product) == 2 + max(came - 1, 0)
    assert day.order_of(town.round).state == ("closed" if came else "cancelled")
    assert day.wrong() == []
    with pytest.raises(RuleBroken):
        town.call_off()
    with pytest.raises(RuleBroken):
        receiving.close_rest(number=number, now=day.ARRIVES, actor=day.ACTOR)


def test_a_supplier_who_has_the_order_is_told_and_another_mail_never_leaves(town: Town) -> None:
    order = day.order_of(town.round)
    with transaction():
        mailing.order_has_left(order.id, now=building.CLOSES, actor="test")
    town.call_off()
    assert notes(f"pox-{order.id}") == 1
    assert db.session.query(Job.state).filter_by(key=f"pox-{order.id}").one() == ("queued",)


def test_goods_that_were_handed_out_keep_a_round_from_being_called_off(town: Town) -> None:
    first = town.orders[0]
    with transaction():
        collecting.verify_pickup(
            code=first.pickup_code, leader_ids=[first.leader_id], now=day.ARRIVES, actor=day.ACTOR
        )
    with pytest.raises(RuleBroken) as refused:
        town.call_off()
    assert refused.value.code == "handed_out"


@pytest.mark.parametrize("word", ["shortage", "delayed", "called_off"])
def test_a_reason_that_is_a_word_of_the_platform_does_not_pass_for_it(app: Flask, word: str) -> None:
    product = building.add_product(building.add_supplier())
    resident = building.add_resident(building.add_leader())
    round_ = building.add_round([product])
    building.place(round_, resident, {"P1": 1})
    gone = building.place(round_, resident, {"P1": 2})
    with transaction():
        ordering.cancel_order(order=day.stored(gone), reason=word, now=building.NOW, actor=day.ACTOR)
    building.close(app, round_)
    assert day.wrong() == []
