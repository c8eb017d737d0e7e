"""From the truck to the hands of residents, with bags merged, an order split and a leader who falls ill."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from groupbuy.analytics.pickup_day import bags_to_keep
from groupbuy.commissions.models import CommissionEntry
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import brought, missing, queries, service
from groupbuy.delivery.sheets import notes_of
from groupbuy.flows import collecting, dispatching, following_up, ordering, rerouting, splitting
from groupbuy.flows.signing import Count
from groupbuy.leaders.models import Leader
from groupbuy.messaging.models import Message
from groupbuy.orders.models import Order
from groupbuy.pickup.models import Bag
from tests import building
from tests.building import ACTOR, PICKUP
from tests.delivery.town import T, Town, units_of_day
from tests.warehouse import day

LATER = PICKUP + timedelta(days=2)


def _hand_out(code: str, leader_id: int) -> list[str]:
    handed = in_transaction(
        lambda: collecting.verify_pickup(code=code, leader_ids=[leader_id], now=T, actor=ACTOR)
    )
    return [one.order.number for one in handed]


def _earned(leader_id: int) -> int:
    db.session.rollback()
    mine = select(total(CommissionEntry.amount_fen)).where(CommissionEntry.leader_id == leader_id)
    return db.session.scalars(mine).one()


def _told(resident_id: int, subject: str) -> int:
    db.session.rollback()
    found = select(Message).where(Message.recipient == f"resident:{resident_id}", Message.subject == subject)
    return len(db.session.scalars(found).all())


def test_a_day_with_merged_split_and_rerouted_bags_ends_to_the_unit_and_the_fen(app: Flask) -> None:
    town = Town(app)
    anna, berta, first, third = town.orders[0], town.orders[1], town.leaders[0], town.leaders[2]
    second_of_anna = town.orders[4]
    in_transaction(lambda: ordering.mark_paid(order=day.stored(anna), now=T, actor=ACTOR))
    town.receive_all()

    # Merged: Anna's 5 × P1 of the first round and 4 × P2 of the second are one bag.
    (bag,) = db.session.scalars(select(Bag.code)).all()
    # Split: Berta's P1 comes two days later, for her alone; all of her order moves.
    in_transaction(
        lambda: splitting.split_order(
            order=day.stored(berta), product_codes=["P1"], day=LATER, now=T, actor=ACTOR
        )
    )
    # Re-routed: leader 1 is ill on the first day only; leader 3 hands out, and later leader 1 again.
    town.plan()
    old, new = (db.session.get_one(Leader, one.id) for one in (first, third))
    in_transaction(lambda: rerouting.reroute(day=PICKUP, old=old, new=new, reason="病了", now=T, actor=ACTOR))
    assert units_of_day(PICKUP) == {town.leaders[1].id: 3, third.id: 10}
    assert units_of_day(LATER) == {first.id: 2}
    # 495 + 800 go over to leader 3, who has 200; Berta's 198 stay with leader 1.
    assert (_earned(first.id), _earned(third.id)) == (198, 1495)

    # The note of the stop names what leader 3 gets in all: 5 of P1, 1 + 4 of P2.
    route = town.route("未分线路")
    goods = brought.goods_of_stops(route.stops)
    (sheet,) = notes_of(route, goods, zone=building.ZONE, printed_at=T)
    assert [(row[1], row[4]) for row in sheet.rows()] == [("P1", 5), ("P2", 5)]
    town.leave("未分线路")
    town.leave("东线")
    in_transaction(lambda: service.arrive(stop_id=town.stop(2).id, now=T, actor="driver"))
    town.sign(2, {town.offer("P1"): Count(5)})
    assert missing.discrepancies(day=PICKUP) == []
    assert (_told(town.anna.id, "提货点变更通知"), _told(town.anna.id, "到货通知")) == (1, 1)
    # Berta's goods come on another day: no arrival is told her, and the first round waits for them.
    assert _told(berta.resident_id, "到货通知") == 0
    assert town.states() == ["received", "dispatched"]

    # A phone without a connection keeps the bag as leader 3 hands it out: one code for both orders.
    kept = next(one for one in bags_to_keep([third.id]) if one.name == "安娜")
    assert (kept.code, len(kept.orders)) == (bag, 2)
    assert _hand_out(bag, third.id) == [anna.number, second_of_anna.number]

    # Two days later the rest comes to leader 1, and what nobody scans is confirmed by itself, once.
    in_transaction(lambda: service.plan_day(day=LATER, now=T, actor="test"))
    (route,) = queries.routes_of(LATER)
    route_id, stop_id = route.id, route.stops[0].id
    in_transaction(lambda: dispatching.leave(route_id=route_id, now=T, actor=ACTOR))
    in_transaction(lambda: service.arrive(stop_id=stop_id, now=T, actor="driver"))
    assert town.states() == ["dispatched", "dispatched"]
    assert in_transaction(lambda: following_up.confirm(stop_id=stop_id, now=T + timedelta(days=3))) == 1
    states = [day.stored(order).state for order in (anna, berta, second_of_anna)]
    assert states == ["picked_up"] * 3
    assert (_earned(first.id), _earned(third.id)) == (198, 1495)
    sold = db.session.scalar(select(total(Order.amount_fen)).where(Order.state == "picked_up"))
    assert sold == 5 * 990 + 2 * 990 + 4 * 2000
    assert day.wrong() == []
