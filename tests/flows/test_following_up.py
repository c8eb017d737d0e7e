"""What nobody scanned: reminded after a day, confirmed after three, unless something is looked into."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.delivery import queries, service
from groupbuy.flows import collecting, dispatching, syncing
from groupbuy.flows.syncing import Decision
from groupbuy.messaging.models import Message
from groupbuy.orders.models import Order
from groupbuy.pickup.events import Event
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle
from tests import building
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
    stop = queries.stop_of(PICKUP, leader.id)
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
    tick(app, ARRIVES + 74 * HOUR)
    assert states(orders) == ["picked_up"] * 3
    assert db.session.get_one(Round, round_.id).state == "completed"
    logged = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "order_picked_up")).all()
    assert [entry.actor for entry in logged] == ["test", "scheduler", "scheduler"]
    assert [entry.after["by"] for entry in logged] == ["code", "automatic", "automatic"]
    assert not [one for one in day.check_all(now=ARRIVES, at_rest=False) if one.violations]
