"""What is paid above the goods: with the order, as income of its own, and given back with the whole of it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Select, select

from groupbuy.aftersales.rules import Kind, Reason
from groupbuy.analytics.invariants import check_all
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.finance import queries
from groupbuy.flows import calling_off, ordering, putting_right, sharing_freight, taking
from groupbuy.flows.ordering import Wish
from groupbuy.flows.putting_right import Request
from groupbuy.messaging.models import Message
from groupbuy.orders import fees
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lock_order
from tests import building
from tests.building import ACTOR, CLOSES, NOW, ZONE
from tests.money import PICKED, hand_out, keep

HOUR = timedelta(hours=1)


def charge(order: Order, amount_fen: int) -> Order:
    with transaction():
        locked = lock_order(db.session.get_one(Order, order.id))
        fees.charge(order=locked, kind=fees.DOOR, amount_fen=amount_fen)
    return locked


def pay(order: Order) -> Order:
    with transaction():
        return ordering.mark_paid(order=db.session.get_one(Order, order.id), now=NOW, actor=ACTOR)


def wrong() -> list[object]:
    return [(one.name, one.examples) for one in check_all(now=PICKED, at_rest=False) if one.violations]


@pytest.fixture
def order(app: Flask) -> Order:
    """Return an unpaid order of 2 at ¥9.90 that is still open."""
    round_ = building.add_round([building.add_product(building.add_supplier())])
    return building.place(round_, building.add_resident(building.add_leader()), {"P1": 2})


def test_a_fee_is_paid_with_the_order_and_income_once_it_is_handed_out(app: Flask, order: Order) -> None:
    assert charge(order, 300).amount_fen == 2280
    assert pay(order).paid_fen == 2280
    dearer = charge(order, 500)
    assert (dearer.amount_fen, dearer.paid_fen, fees.fees_of(order.id)) == (2480, 2280, {"door": 500})
    pay(order)
    building.close(app, order.round)
    hand_out(db.session.get_one(Order, order.id))
    keep(PICKED)
    assert (queries.balance("income:sales"), queries.balance("income:door")) == (1980, 500)
    cheaper = charge(order, 0)
    keep(PICKED + HOUR)
    assert (cheaper.amount_fen, cheaper.paid_fen, queries.balance("income:door")) == (1980, 2480, 0)
    assert not wrong()


def test_a_cancelled_order_owes_its_fee_back(order: Order) -> None:
    charge(order, 300)
    pay(order)
    with transaction():
        gone = ordering.cancel_order(
            order=db.session.get_one(Order, order.id), reason="不要了", now=NOW, actor=ACTOR
        )
    assert (gone.amount_fen, gone.fee_fen, gone.paid_fen) == (0, 0, 2280)
    keep(NOW + HOUR)
    assert queries.balance(f"owed:resident:{gone.resident_id}") == 2280
    assert not wrong()


@pytest.fixture
def round_(app: Flask) -> Round:
    """Return a round that takes ¥5 for freight below ¥50 of goods."""
    goods = [building.add_product(building.add_supplier())]
    return building.add_round(goods, freight_fen=500, freight_free_from_fen=5000)


def test_freight_is_set_by_the_goods_of_the_order(round_: Round) -> None:
    resident = building.add_resident(building.add_leader())
    small, large = (building.place(round_, resident, {"P1": units}) for units in (2, 6))
    assert (small.amount_fen, small.fee_fen, large.amount_fen, large.fee_fen) == (2480, 500, 5940, 0)
    for units, fee_fen in ((6, 0), (1, 500)):
        with transaction():
            changed = ordering.change_order(
                order=db.session.get_one(Order, small.id), wishes=[Wish("P1", units)], now=NOW, actor=ACTOR
            )
        assert (changed.amount_fen, changed.fee_fen) == (units * 990 + fee_fen, fee_fen)
    with transaction():
        quick = taking.take_order(
            round_name=round_.name,
            resident_id=resident.id,
            wishes=[Wish("P1", 1)],
            now=NOW,
            actor=ACTOR,
            pay_within=HOUR,
        )
    assert (quick.amount_fen, quick.fee_fen) == (1490, 500)
    assert not wrong()


def refund(order: Order, units: int) -> Order:
    """Refund some of an order's units after the sale; return it as it is stored then."""
    request = Request(Kind.REFUND, Reason.SPOILED, "坏了", {"P1": units})
    with transaction():
        asked = putting_right.ask(
            order=db.session.get_one(Order, order.id), request=request, now=PICKED, zone=ZONE, actor=ACTOR
        )
    with transaction():
        putting_right.decide(
            number=asked.number, approve=True, answer="抱歉", now=PICKED, zone=ZONE, actor=ACTOR
        )
    return db.session.get_one(Order, order.id, populate_existing=True)


def test_freight_goes_back_with_all_of_the_goods_and_not_with_a_part(app: Flask, round_: Round) -> None:
    order = building.place(round_, building.add_resident(building.add_leader()), {"P1": 3})
    pay(order)
    building.close(app, round_)
    hand_out(db.session.get_one(Order, order.id))
    part = refund(order, 1)
    assert (part.amount_fen, part.fee_fen, part.paid_fen) == (2480, 500, 3470)
    keep(PICKED)
    assert (queries.balance("income:sales"), queries.balance("income:freight")) == (1980, 500)
    whole = refund(order, 2)
    assert (whole.amount_fen, whole.fee_fen, whole.paid_fen) == (0, 0, 3470)
    assert (queries.balance("income:sales"), queries.balance("income:freight")) == (0, 0)
    assert not wrong()


def freight_notices() -> Select[tuple[Message]]:
    return (
        select(Message)
        .where(Message.event == "freight_shared", Message.channel == "page")
        .order_by(Message.id)
    )


def test_who_ordered_twice_is_told_once_of_the_freight_and_nobody_where_it_is_not_shared(app: Flask) -> None:
    goods = [building.add_product(building.add_supplier())]
    resident = building.add_resident(building.add_leader())
    alone = building.add_round(goods, "C2", freight_fen=500)
    round_ = building.add_round(goods, freight_fen=1000, freight_shared=True)
    for one in (alone, round_, round_):
        building.place(one, resident, {"P1": 1})
    for one in (alone, round_):
        building.close(app, one)
    (told,) = db.session.scalars(freight_notices())
    assert "您分摊 ¥10.00，含运费共 ¥29.80，还需付 ¥29.80" in told.body
    with transaction():
        sharing_freight.tell_of_shares(round_=db.session.get_one(Round, round_.id), now=CLOSES)
    assert len(db.session.scalars(freight_notices()).all()) == 1


def test_a_delivery_is_shared_exactly_over_a_leaders_orders_and_given_back_when_called_off(
    app: Flask,
) -> None:
    goods = [building.add_product(building.add_supplier())]
    round_ = building.add_round(goods, freight_fen=1000, freight_shared=True)
    leaders = [building.add_leader(code) for code in ("L1", "L2")]
    units = ((leaders[0], 1), (leaders[0], 1), (leaders[0], 4), (leaders[1], 1))
    placed = [building.place(round_, building.add_resident(one), {"P1": count}) for one, count in units]
    pay(placed[2])
    building.close(app, round_)
    orders = [db.session.get_one(Order, one.id, populate_existing=True) for one in placed]
    assert [one.fee_fen for one in orders] == [167, 167, 666, 1000]
    assert (orders[2].amount_fen, orders[2].paid_fen) == (4626, 3960)
    assert not wrong()
    told = {row.recipient: row.body for row in db.session.scalars(freight_notices())}
    assert list(told) == [f"resident:{order.resident_id}" for order in placed]
    for words in ("您分摊 ¥6.66", "共 ¥46.26", "还需付 ¥6.66"):
        assert words in told[f"resident:{placed[2].resident_id}"]
    assert "还需付 ¥11.57" in told[f"resident:{placed[0].resident_id}"]
    with transaction():
        calling_off.call_off(
            round_=db.session.get_one(Round, round_.id), reason="no lorry", now=CLOSES, actor=ACTOR
        )
    assert [(one.amount_fen, one.fee_fen) for one in orders] == [(0, 0)] * 4
    assert not wrong()
