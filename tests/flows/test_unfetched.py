"""What nobody fetches: kept aside until a day, or perishables that a leader disposes of after a warning."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.aftersales import queries as aftersales
from groupbuy.aftersales.rules import Kind, Reason
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import collecting, disposing, ordering, putting_right, setting_aside
from groupbuy.flows.putting_right import Request
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.messaging.models import Message
from groupbuy.orders.models import Order
from groupbuy.pickup.parts import Part
from groupbuy.pickup.unfetched import WARNING, disposable_from, warning_time
from groupbuy.warehouse.models import StockMovement
from tests import building
from tests.building import ACTOR, CLOSES, NOW, ZONE
from tests.flows.test_following_up import HOUR, states, tick
from tests.warehouse import day
from tests.warehouse.test_races import at_once

# Goods of the 23rd count as there at 16:00 in Shanghai.
THERE = CLOSES.replace(day=23, hour=8, minute=0)


def dispose(order_id: int, now: datetime, *, it: bool = True) -> list[tuple[int, int]]:
    """Decide about an order's perishables; return units and fen back of its lines."""
    with transaction():
        order = db.session.get_one(Order, order_id)
        lines = disposing.decide(order=order, dispose=it, now=now, zone=ZONE, actor=ACTOR)
        return [(line.row.units, line.row.amount_fen) for line in lines]


def set_aside(order_id: int, until: date, now: datetime) -> None:
    with transaction():
        order = db.session.get_one(Order, order_id)
        setting_aside.set_aside(order=order, day=until, note="出差", now=now, zone=ZONE, actor=ACTOR)


def told(event: str) -> list[str]:
    db.session.rollback()
    found = select(Message.recipient).where(Message.event == event).order_by(Message.recipient)
    return list(db.session.scalars(found))


@pytest.fixture
def orders(app: Flask) -> list[int]:
    """Close a round of strawberries (24 h, kept by the seller), milk (30 h, paid back) and rice; pay all.

    Each of four residents has 2 strawberries at 10.00, 3 milk at 5.00 and 1 rice at 20.00 yuan: 55.00.
    """
    supplier = building.add_supplier()
    goods = [
        building.add_product(supplier, code, price_fen=price)
        for code, price in (("P1", 1000), ("P2", 500), ("P3", 2000))
    ]
    building.make_perishable("P1", hours=24, refund=False)
    building.make_perishable("P2", hours=30, refund=True)
    round_ = building.add_round(goods)
    leader = building.add_leader()
    placed = [
        building.place(round_, building.add_resident(leader, name), {"P1": 2, "P2": 3, "P3": 1}).id
        for name in "甲乙丙丁"
    ]
    with transaction():
        for order_id in placed:
            ordering.mark_paid(order=db.session.get_one(Order, order_id), now=NOW, actor=ACTOR)
    building.close(app, round_)
    day.receive(day.order_of(round_).number, {"P1": 12, "P2": 12, "P3": 6})
    return placed


def test_a_leader_disposes_of_perishables_after_a_warning_and_the_rule_says_who_pays(
    app: Flask, orders: list[int]
) -> None:
    """Warned 18 hours after they came, once; strawberries go after 24 unpaid, milk after 30 for 15.00."""
    kept, comes, spared, partly = orders
    tick(app, THERE + 18 * HOUR - timedelta(seconds=1))
    assert told("perishable") == []
    for _ in range(2):
        tick(app, THERE + 18 * HOUR)
    assert len(told("perishable")) == 4
    body = db.session.scalars(select(Message.body).where(Message.event == "perishable")).first() or ""
    assert ("商品P1 ×2（按约定不退款）" in body, "商品P2 ×3（已付的将退还）" in body) == (True, True)
    assert "11-24 16:00" in body
    with transaction():
        code = db.session.get_one(Order, partly)
        collecting.verify_pickup(
            code=code.pickup_code,
            leader_ids=[code.leader_id],
            now=THERE + 20 * HOUR,
            actor=ACTOR,
            parts=[Part(code.number, "P1", 1)],
        )
    with pytest.raises(RuleBroken, match="None of these goods"):
        dispose(kept, THERE + 24 * HOUR - timedelta(seconds=1))
    db.session.rollback()

    for _ in range(2):
        tick(app, THERE + 24 * HOUR)
    assert len(told("to_dispose")) == 1
    assert dispose(kept, THERE + 25 * HOUR) == [(2, 0)]
    assert dispose(partly, THERE + 25 * HOUR) == [(1, 0)]
    assert dispose(spared, THERE + 25 * HOUR, it=False) == [(0, 0)]
    with pytest.raises(RuleBroken, match="None of these goods"):
        dispose(kept, THERE + 25 * HOUR)
    db.session.rollback()

    tick(app, THERE + 30 * HOUR)
    assert len(told("to_dispose")) == 2
    assert dispose(kept, THERE + 31 * HOUR) == [(3, 1500)]
    first = db.session.get_one(Order, kept)
    assert (first.state, first.paid_fen, first.amount_fen) == ("part_picked_up", 5500, 4000)
    moved = select(StockMovement.kind, StockMovement.units).where(
        StockMovement.kind.in_(("customer_return", "write_off"))
    )
    assert sorted(map(tuple, db.session.execute(moved))) == [("customer_return", 3), ("write_off", -3)]
    with transaction():
        handed = collecting.verify_pickup(
            code=first.pickup_code, leader_ids=[first.leader_id], now=THERE + 32 * HOUR, actor=ACTOR
        )
        assert [(line.product_code, line.units) for line in handed[0].lines] == [("P3", 1)]
    # One may ask about the rice, not about what was disposed of.
    assert {code: one.units for code, one in aftersales.askable(kept).items()} == {"P3": 1}
    with transaction():
        fetched = db.session.get_one(Order, comes)
        collecting.verify_pickup(
            code=fetched.pickup_code, leader_ids=[fetched.leader_id], now=THERE + 32 * HOUR, actor=ACTOR
        )
    # The milk of two waits for a decision, so that nothing of theirs counts as fetched by itself.
    tick(app, THERE + 72 * HOUR)
    assert states([db.session.get_one(Order, one) for one in orders]) == [
        "picked_up", "picked_up", "confirmed", "part_picked_up",
    ]  # fmt: skip
    assert dispose(spared, THERE + 73 * HOUR) == [(3, 1500)]
    assert dispose(partly, THERE + 73 * HOUR, it=False) == [(0, 0)]
    tick(app, THERE + 74 * HOUR)
    assert states([db.session.get_one(Order, one) for one in orders]) == ["picked_up"] * 4
    assert db.session.get_one(Order, spared).round.state == "completed"
    assert len(told("disposed")) == 4
    assert not [one for one in day.check_all(now=THERE, at_rest=False) if one.violations]


def test_an_order_is_kept_aside_until_the_end_of_a_day_and_nothing_happens_to_it(
    app: Flask, orders: list[int]
) -> None:
    aside, other = orders[:2]
    first = THERE + 2 * HOUR
    for wrong, code in ((date(2026, 11, 22), "out_of_range"), (date(2026, 12, 8), "out_of_range")):
        with pytest.raises(BadInput) as refused:
            set_aside(aside, wrong, first)
        assert refused.value.code == code
        db.session.rollback()
    for _ in range(2):
        set_aside(aside, date(2026, 11, 28), first)
    assert len(told("set_aside")) == 1
    tick(app, THERE + 18 * HOUR)
    # Warned with the others; what waits for the others from 16:00 on waits for this one until midnight.
    assert len(told("perishable")) == 4
    with pytest.raises(RuleBroken, match="None of these goods"):
        dispose(aside, THERE + 40 * HOUR)
    db.session.rollback()
    assert len(told("not_picked_up")) == 0
    tick(app, THERE + 24 * HOUR)
    assert f"resident:{db.session.get_one(Order, aside).resident_id}" not in told("not_picked_up")
    midnight = datetime(2026, 11, 28, 16, tzinfo=THERE.tzinfo)
    for one in orders[1:]:
        dispose(one, THERE + 40 * HOUR)
    tick(app, midnight - timedelta(seconds=1))
    assert states([db.session.get_one(Order, one) for one in (aside, other)]) == ["confirmed", "picked_up"]
    tick(app, midnight)
    assert dispose(aside, midnight) == [(2, 0), (3, 1500)]
    tick(app, midnight)
    assert states([db.session.get_one(Order, aside)]) == ["picked_up"]
    with pytest.raises(RuleBroken, match="Nothing of this order"):
        set_aside(aside, date(2026, 11, 30), midnight)
    db.session.rollback()
    assert not [one for one in day.check_all(now=THERE, at_rest=False) if one.violations]


def test_a_case_or_a_hand_at_the_same_time_leaves_one_truth(app: Flask, orders: list[int]) -> None:
    """Nothing is disposed of while a case is open; what two leaders' phones book at once is booked once."""
    asked, raced = orders[:2]
    tick(app, THERE + 18 * HOUR)
    request = Request(Kind.REFUND, Reason.SPOILED, "坏了", {"P1": 1})
    with transaction():
        order = db.session.get_one(Order, asked)
        putting_right.ask(order=order, request=request, now=THERE + HOUR, zone=ZONE, actor=ACTOR)
    late = THERE + 30 * HOUR
    with pytest.raises(RuleBroken, match="is being decided"):
        dispose(asked, late)
    db.session.rollback()
    code = db.session.get_one(Order, raced)
    shown: dict[str, Any] = {"code": code.pickup_code, "leader_ids": [code.leader_id]}

    def throw_away() -> int:
        order = db.session.get_one(Order, raced)
        disposing.decide(order=order, dispose=True, now=late, zone=ZONE, actor=ACTOR)
        return 5

    def hand_out() -> int:
        handed = collecting.verify_pickup(**shown, now=late, actor=ACTOR)
        return sum(line.units for line in handed[0].lines)

    done = at_once(app, throw_away, hand_out, throw_away)
    # Five perishables are thrown away and the rice is handed out, or all six are handed out.
    assert sum(one for one in done if isinstance(one, int)) == 6
    assert {one for one in done if isinstance(one, str)} <= {"nothing_due", "already_picked_up"}
    assert states([db.session.get_one(Order, raced)]) == ["picked_up"]
    assert not [one for one in day.check_all(now=THERE, at_rest=False) if one.violations]


@given(st.integers(1, 8760), st.integers(0, 10**5), st.integers(0, 10**5))
def test_nobody_loses_goods_sooner_than_the_rule_or_the_warning_says(hours: int, late: int, at: int) -> None:
    rule = timedelta(hours=hours)
    warned = THERE + warning_time(hours) + timedelta(minutes=late)
    due = disposable_from(THERE, hours, warned)
    assert due >= THERE + rule
    assert due - warned >= min(rule, WARNING)
    assert (due == THERE + rule) == (late == 0)
