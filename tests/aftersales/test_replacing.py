"""Goods promised after the sale come with the next round for nothing, or are paid back."""

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.aftersales import queries, rules
from groupbuy.aftersales.rules import Kind
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import ordering, putting_right, receiving
from groupbuy.kernel.errors import RuleBroken
from groupbuy.messaging.models import Message
from groupbuy.orders.models import Order
from groupbuy.pickup.queries import bag_code_of
from groupbuy.purchasing.models import Demand
from groupbuy.warehouse.rules import Policy
from tests import building
from tests.aftersales.promises import LATER, PICKED, Town, brought, standing
from tests.building import ACTOR, CLOSES, NOW
from tests.warehouse import day


def test_a_replacement_is_bought_and_handed_out_with_the_next_round_and_never_charged(app: Flask) -> None:
    """2 of 5 again: demand 2 + 3 bought by the same resident; commission ¥4.95 + 3 × ¥0.99."""
    town = Town(app)
    case = town.promise(2)
    town.tick(0, timedelta(days=1))
    assert standing(case) == ("approved", [("P1", "waiting", 2)])
    # A limit of one per person is none for what is owed.
    coming = town.next_round(1, per_buyer_limit=4)
    town.tick(1)
    assert standing(case) == ("approved", [("P1", "placed", 2)])
    order = brought(case)
    assert (order.state, order.amount_fen, order.paid_fen) == ("confirmed", 0, 0)
    with pytest.raises(RuleBroken, match="replace others"):
        ordering.cancel_order(order=order, reason="", now=NOW + LATER, actor=ACTOR)
    db.session.rollback()
    with pytest.raises(RuleBroken, match="come with a round"):
        putting_right.fulfil(number=case.number, now=NOW + LATER, actor=ACTOR)
    db.session.rollback()

    own = building.place(coming, town.resident, {"P1": 2}, now=NOW + LATER)
    with transaction():
        ordering.mark_paid(order=db.session.get_one(Order, own.id), now=NOW + LATER, actor=ACTOR)
    building.close(app, coming, CLOSES + LATER)
    asked = db.session.execute(
        select(Demand.units, Demand.amount_fen).where(Demand.round_id == coming.id)
    ).one()
    assert tuple(asked) == (4, 1980)
    assert town.earned() == 495 + 198
    order = brought(case)
    assert bag_code_of(order) == bag_code_of(day.stored(own)) is not None
    day.receive(day.order_of(coming).number, {"P1": 6})
    town.fetch(order)
    town.tick(1, timedelta(days=1, hours=12))
    assert standing(case) == ("closed", [("P1", "handed_out", 2)])
    told = db.session.scalars(select(Message.body).where(Message.key.like("replacement-%"))).all()
    assert len(told) == 1
    assert "2026-11-26" in told[0]
    assert town.earned() == 495 + 198
    assert day.wrong() == []

    # The replacement was bad as well: what is paid back is what was paid for the first ones, 2 of ¥9.90.
    again = town.promise(1, Kind.REFUND, order)
    assert (again.refund_fen, day.stored(town.order).amount_fen) == (990, 3960)
    assert {code: one.units for code, one in queries.askable(town.order.id).items()} == {"P1": 2}
    assert day.wrong() == []


def test_what_a_round_does_not_bring_waits_for_the_next_and_is_paid_back_in_the_end(app: Flask) -> None:
    """3 promised; the round brings 1: 2 wait, and are paid back after 14 days: 2 × ¥9.90."""
    town = Town(app)
    case = town.promise(3)
    _sold_out, short = town.next_round(1, limit_units=2), town.next_round(2)
    town.tick(1)
    assert standing(case) == ("approved", [("P1", "waiting", 3)])
    town.tick(2)
    building.close(app, short, CLOSES + 2 * LATER)
    day.receive(day.order_of(short).number, {"P1": 1})
    with transaction():
        receiving.close_rest(number=day.order_of(short).number, now=day.ARRIVES, actor=ACTOR)
    day.share_out(short, Policy.FIRST_COME)
    town.fetch(brought(case))
    town.tick(2, timedelta(days=1, hours=12))
    assert standing(case) == ("approved", [("P1", "handed_out", 1), ("P1", "waiting", 2)])
    town.tick(0, timedelta(days=15, hours=12))
    assert standing(case) == ("closed", [("P1", "handed_out", 1), ("P1", "refunded", 2)])
    assert queries.get_case(case.number).refund_fen == 1980
    assert day.stored(town.order).amount_fen == 2970
    assert town.earned() == 297
    assert day.wrong() == []


def test_an_exchange_brings_the_other_product_or_is_handed_over_by_hand(app: Flask) -> None:
    town = Town(app)
    first, second = town.promise(1, Kind.EXCHANGE), town.promise(1)
    with transaction():
        putting_right.fulfil(number=second.number, now=PICKED, actor=ACTOR)
    assert standing(second) == ("closed", [("P1", "handed_out", 1)])
    coming = town.next_round(1)
    town.tick(1)
    assert standing(first) == ("approved", [("P2", "placed", 1)])
    building.close(app, coming, CLOSES + LATER)
    assert day.quantities(brought(first)) == {"P2": 1}
    assert day.wrong() == []


def test_an_exchange_for_cheaper_goods_pays_the_difference_back_and_no_commission_stays(app: Flask) -> None:
    """2 of ¥9.90 for 2 of ¥6.50: ¥19.80 − ¥13.00 = ¥6.80 back; commission 3 × ¥0.99 + 2 × ¥0.65."""
    town = Town(app, pears_fen=650)
    case = town.promise(2, Kind.EXCHANGE)
    coming = town.next_round(1)
    town.tick(1)
    order = brought(case)
    assert (order.amount_fen, order.paid_fen, order.state) == (1300, 1300, "confirmed")
    former = day.stored(town.order)
    assert (former.amount_fen, former.paid_fen - former.amount_fen) == (2970, 680)
    assert queries.get_case(case.number).refund_fen == 680
    assert {code: one.units for code, one in queries.askable(former.id).items()} == {"P1": 3}
    building.close(app, coming, CLOSES + LATER)
    assert town.earned() == 297 + 130
    day.receive(day.order_of(coming).number, {"P2": 2})
    town.fetch(order)
    town.tick(1, timedelta(days=1, hours=12))
    assert standing(case) == ("closed", [("P2", "handed_out", 2)])
    told = db.session.scalars(select(Message.body).where(Message.key.like("replacement-%"))).all()
    assert ["差价 ¥6.80 将退还" in body for body in told] == [True]
    # What came in exchange is paid for by itself: 1 of ¥6.50 back, once more for all.
    again = town.promise(1, Kind.REFUND, order, code="P2")
    assert (again.refund_fen, day.stored(order).amount_fen) == (650, 650)
    assert town.earned() == 297 + 65
    assert day.wrong() == []


@pytest.mark.parametrize("payment", ["prepaid", "to_leader"])
def test_dearer_goods_are_paid_on_pickup_but_never_come_with_a_prepaid_round(
    app: Flask, payment: str
) -> None:
    """1 of ¥9.90 for 1 of ¥12.00: ¥2.10 to pay at the leader; prepaid it waits and is paid back: ¥9.90."""
    town = Town(app, pears_fen=1200)
    case = town.promise(1, Kind.EXCHANGE)
    town.next_round(1, payment=payment)
    town.tick(1)
    if payment == "prepaid":
        assert standing(case) == ("approved", [("P2", "waiting", 1)])
        assert day.stored(town.order).amount_fen == 4950
        town.tick(0, timedelta(days=15, hours=12))
        assert standing(case) == ("closed", [("P2", "refunded", 1)])
        assert queries.get_case(case.number).refund_fen == 990
    else:
        order = brought(case)
        assert (order.amount_fen, order.paid_fen) == (1200, 990)
        with transaction():
            ordering.mark_paid(order=order, now=NOW + LATER, actor=ACTOR)
        assert day.stored(order).paid_fen == 1200
    assert day.stored(town.order).amount_fen == 3960
    assert day.wrong() == []


def test_what_comes_short_of_an_exchange_is_paid_back_and_prepaid_orders_pay_no_more(app: Flask) -> None:
    """2 of ¥9.90 for 2 of ¥6.50 of which 1 comes: ¥6.80 and ¥6.50 back in all."""
    town = Town(app, pears_fen=650)
    case = town.promise(2, Kind.EXCHANGE)
    short = town.next_round(1)
    town.tick(1)
    building.close(app, short, CLOSES + LATER)
    day.receive(day.order_of(short).number, {"P2": 1})
    with transaction():
        receiving.close_rest(number=day.order_of(short).number, now=day.ARRIVES, actor=ACTOR)
    day.share_out(short, Policy.FIRST_COME)
    order = brought(case)
    town.fetch(order)
    town.tick(1, timedelta(days=1, hours=12))
    assert standing(case) == ("closed", [("P2", "handed_out", 1), ("P2", "refunded", 1)])
    assert (day.stored(order).amount_fen, day.stored(order).paid_fen) == (650, 650)
    assert day.stored(town.order).amount_fen == 2970
    assert day.wrong() == []


def test_a_prepaid_order_is_not_exchanged_for_dearer_goods(app: Flask) -> None:
    town = Town(app, pears_fen=1200, payment="prepaid")
    with pytest.raises(RuleBroken, match="pays no more"):
        town.promise(1, Kind.EXCHANGE)


@given(credit=st.integers(0, 10**9), price=st.integers(0, 10**9))
def test_an_exchange_is_settled_to_the_fen(credit: int, price: int) -> None:
    moved, back, due = rules.paid_over(credit, price)
    assert (moved + back, moved + due) == (credit, price)
    assert min(back, due) == 0 <= min(moved, back + due)


@given(promised=st.integers(1, 1000), brought=st.integers(0, 2000))
def test_no_promised_unit_is_lost_or_made(promised: int, brought: int) -> None:
    here, waits = rules.arrived(promised, brought)
    assert here + waits == promised
    assert 0 <= here <= brought or here == 0
