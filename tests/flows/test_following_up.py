"""What nobody scanned: reminded after a day, confirmed after three, unless something is looked into."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.aftersales.rules import Kind, Reason
from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.delivery import queries, service
from groupbuy.flows import collecting, dispatching, putting_right, syncing, without_routes
from groupbuy.flows.putting_right import Request
from groupbuy.flows.syncing import Decision
from groupbuy.kernel.times import local_moment
from groupbuy.messaging.models import Message
from groupbuy.orders.models import Order
from groupbuy.pickup.events import Event
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle
from tests import building, money
from tests.building import ACTOR, PICKUP, ZONE
from tests.warehouse import day

ARRIVES = day.ARRIVES
HOUR = timedelta(hours=1)


def tick(app: Flask, now: object) -> None:
    tick_until_idle(now=now, zone=ZONE, handlers=handlers_of(app), note=lambda _: None)
    db.session.expire_all()


def states(orders: list[Order]) -> list[str]:
    db.session.rollback()
    return [db.session.scalars(select(Order.state).where(Order.id == one.id)).one() for one in orders]


def test_goods_that_nobody_scanned_are_confirmed_and_the_round_is_over(app: Flask) -> None:
    """Three bags arrive: one is scanned, one is in dispute for a day longer, one nobody scans."""
    product, leader = building.add_product(building.add_supplier()), building.add_leader()
    round_ = building.add_round([product])
    residents = [building.add_resident(leader, name) for name in ("甲", "乙", "丙")]
    orders = [building.place(round_, one, {"P1": 2}) for one in residents]
    building.close(app, round_)
    day.receive(day.order_of(round_).number, {"P1": 6})
    in_transaction(lambda: service.plan_day(day=PICKUP, now=ARRIVES, actor="test"))
    stop = next(iter(queries.stops_of(PICKUP, leader.id)), None)
    assert stop is not None
    in_transaction(lambda: dispatching.leave(route_id=stop.route_id, now=ARRIVES, actor=ACTOR))
    in_transaction(lambda: service.arrive(stop_id=stop.id, now=ARRIVES, actor="test"))
    scanned, disputed, _silent = orders
    with transaction():
        collecting.verify_pickup(
            code=scanned.pickup_code, leader_ids=[leader.id], now=ARRIVES + HOUR, actor=ACTOR
        )
        wrong = Event("phone-1-1", disputed.number, ARRIVES, None, (("P1", 3),))
        syncing.take_events(sent=[wrong], leader_ids=[leader.id], now=ARRIVES + HOUR, actor=ACTOR)

    tick(app, ARRIVES + 24 * HOUR - timedelta(seconds=1))
    assert not db.session.scalars(select(Message).where(Message.key.startswith("not-picked-up"))).all()
    for _ in range(2):
        tick(app, ARRIVES + 24 * HOUR)
    told = db.session.scalars(select(Message.recipient).where(Message.key.startswith("not-picked-up"))).all()
    assert sorted(told) == [f"resident:{residents[1].id}", f"resident:{residents[2].id}"]

    tick(app, ARRIVES + 72 * HOUR - timedelta(seconds=1))
    assert states(orders) == ["picked_up", "confirmed", "confirmed"]
    tick(app, ARRIVES + 72 * HOUR)
    assert states(orders) == ["picked_up", "confirmed", "picked_up"]
    assert db.session.get_one(Round, round_.id).state == "dispatched"

    in_transaction(
        lambda: syncing.decide(
            event_id="phone-1-1",
            leader_ids=[leader.id],
            decision=Decision.GONE,
            now=ARRIVES + 73 * HOUR,
            actor=ACTOR,
        )
    )
    assert states(orders) == ["picked_up"] * 3
    tick(app, ARRIVES + 74 * HOUR)
    assert db.session.get_one(Round, round_.id).state == "completed"
    logged = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "order_picked_up")).all()
    assert [entry.actor for entry in logged] == ["test", "scheduler", "test"]
    assert [entry.after["by"] for entry in logged] == ["code", "automatic", "offline"]
    assert not [one for one in day.check_all(now=ARRIVES, at_rest=False) if one.violations]


def test_who_has_several_orders_in_a_bag_is_reminded_once(app: Flask) -> None:
    product, leader = building.add_product(building.add_supplier()), building.add_leader()
    rounds = [
        building.add_round([product], code, name=name) for code, name in (("C1", "甲团"), ("C2", "乙团"))
    ]
    resident = building.add_resident(leader)
    for round_ in rounds:
        building.place(round_, resident, {"P1": 2})
    building.close(app, rounds[0])
    for round_ in rounds:
        day.receive(day.order_of(round_).number, {"P1": 6})
    in_transaction(lambda: service.plan_day(day=PICKUP, now=ARRIVES, actor="test"))
    (stop,) = queries.stops_of(PICKUP, leader.id)
    in_transaction(lambda: dispatching.leave(route_id=stop.route_id, now=ARRIVES, actor=ACTOR))
    in_transaction(lambda: service.arrive(stop_id=stop.id, now=ARRIVES, actor="test"))
    tick(app, ARRIVES + 24 * HOUR)
    (told,) = db.session.scalars(select(Message.subject).where(Message.event == "not_picked_up")).all()
    assert "甲团、乙团" in told


def test_a_round_without_routes_is_confirmed_from_the_hour_of_its_pickup_day(app: Flask) -> None:
    """Goods of the 23rd count as there at 16:00 in Shanghai: reminded a day later, confirmed after three."""
    leader, product = building.add_leader(), building.add_product(building.add_supplier())
    round_ = building.add_round([product])
    orders = [
        building.place(round_, building.add_resident(leader, name), {"P1": 2}) for name in ("甲", "乙", "丙")
    ]
    building.close(app, round_)
    there = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    tick(app, there + 71 * HOUR)
    assert states(orders) == ["confirmed"] * 3
    day.receive(day.order_of(round_).number, {"P1": 6})
    scanned, silent, asked = orders
    with transaction():
        collecting.verify_pickup(
            code=scanned.pickup_code, leader_ids=[leader.id], now=there + HOUR, actor=ACTOR
        )
        case = putting_right.ask(
            order=db.session.get_one(Order, asked.id),
            request=Request(Kind.REFUND, Reason.SPOILED, "坏了", {"P1": 1}),
            now=there + HOUR,
            zone=ZONE,
            actor=ACTOR,
        ).number
    tick(app, there + 24 * HOUR - timedelta(seconds=1))
    assert not db.session.scalars(select(Message).where(Message.event == "not_picked_up")).all()
    for _ in range(2):
        tick(app, there + 24 * HOUR)
    told = db.session.scalars(select(Message.recipient).where(Message.event == "not_picked_up")).all()
    assert sorted(told) == [f"resident:{silent.resident_id}", f"resident:{asked.resident_id}"]

    tick(app, there + 72 * HOUR - timedelta(seconds=1))
    assert states(orders) == ["picked_up", "confirmed", "confirmed"]
    tick(app, there + 72 * HOUR)
    assert states(orders) == ["picked_up", "picked_up", "confirmed"]
    assert db.session.get_one(Round, round_.id).state == "received"
    in_transaction(
        lambda: putting_right.decide(
            number=case,
            approve=False,
            answer="照片看不出",
            now=there + 73 * HOUR,
            zone=ZONE,
            actor=ACTOR,
        )
    )
    tick(app, there + 73 * HOUR)
    assert states(orders) == ["picked_up"] * 3
    assert db.session.get_one(Round, round_.id).state == "completed"


def test_rounds_in_which_everything_was_fetched_keep_no_reminder_of_later_ones_back(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing is ever confirmed by itself, fetched rounds stay as they are; the next ones count."""
    monkeypatch.setattr(without_routes, "MOST_AT_ONCE", 1)
    money.dial(confirm_hours=0)
    leader, product = building.add_leader(), building.add_product(building.add_supplier())
    rounds = [building.add_round([product], code) for code in ("C1", "C2")]
    fetched, silent = (building.place(one, building.add_resident(leader), {"P1": 6}) for one in rounds)
    building.close(app, rounds[0])
    for round_ in rounds:
        day.receive(day.order_of(round_).number, {"P1": 6})
    fetch = {"code": fetched.pickup_code, "leader_ids": [leader.id], "now": ARRIVES, "actor": ACTOR}
    in_transaction(lambda: collecting.verify_pickup(**fetch))
    tick(app, ARRIVES + 48 * HOUR)
    told = db.session.scalars(select(Message.recipient).where(Message.event == "not_picked_up")).all()
    assert told == [f"resident:{silent.resident_id}"]


@given(
    st.integers(min_value=0, max_value=40 * 24),
    st.integers(min_value=0, max_value=23),
    st.integers(min_value=1, max_value=200),
)
def test_the_last_ripe_day_is_ripe_and_the_next_is_not(hours: int, hour: int, wait: int) -> None:
    now, waited = ARRIVES + timedelta(hours=hours), timedelta(hours=wait)
    found = without_routes.last_day(now, ZONE, hour=hour, wait=waited)
    at = f"{hour:02}:00"
    assert local_moment(found, at, ZONE) + waited <= now
    assert local_moment(found + timedelta(days=1), at, ZONE) + waited > now
