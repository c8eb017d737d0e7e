"""A day's goods leave, arrive, are signed for, and what is missing is put right, to the unit and the fen."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.campaigns.models import Offer
from groupbuy.commissions.models import CommissionEntry
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import brought, missing, queries, service
from groupbuy.delivery.models import DeliveryStop
from groupbuy.delivery.rules import Decision, Payer
from groupbuy.delivery.sheets import delivery_note
from groupbuy.flows import collecting, dispatching, signing
from groupbuy.flows.signing import Count
from groupbuy.kernel.errors import BadInput, GroupbuyError, NotFound, RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.messaging.models import Message
from groupbuy.orders.models import Order
from groupbuy.settlements.queries import open_fen
from tests import building
from tests.building import ACTOR, PICKUP
from tests.delivery.town import T, Town, units_of_day
from tests.warehouse import day


@pytest.fixture
def town(app: Flask) -> Town:
    """Return the town with its rounds closed."""
    return Town(app)


def _refused(work: Callable[[], object]) -> str:
    with pytest.raises(GroupbuyError) as refused:
        work()
    return refused.value.code


def test_each_leader_gets_one_stop_for_all_its_goods_of_the_day(town: Town) -> None:
    assert town.plan() == 3
    assert town.plan() == 0
    east = town.route("东线")
    assert [(stop.position, stop.leader.code) for stop in east.stops] == [(1, "L1"), (2, "L2")]
    assert [stop.leader.code for stop in town.route("未分线路").stops] == ["L3"]
    goods = brought.goods_of_stop(town.stop(0))
    assert [(one.round_name, one.code, one.units, one.amount_fen) for one in goods] == [
        ("C1", "P1", 7, 6930),
        ("C2", "P2", 4, 8000),
    ]
    assert units_of_day(PICKUP) == {leader.id: n for leader, n in zip(town.leaders, (11, 3, 1), strict=True)}


def test_the_note_of_a_stop_adds_up_to_what_its_residents_ordered(town: Town) -> None:
    town.plan()
    stop = town.stop(0)
    goods = brought.goods_of_stop(stop)
    sheet = delivery_note(stop, goods, stops=2, zone=building.ZONE, printed_at=T)
    assert list(sheet.rows()) == [
        (1, "P1", "商品P1", "", 7, 990, 6930, "", ""),
        (2, "P2", "商品P2", "", 4, 2000, 8000, "", ""),
    ]
    assert sheet.sums()[4] == 11
    assert sheet.sums()[6] == 14930
    assert ("线路", "东线 第 1 / 2 站") in sheet.head


def _places(town: Town) -> list[tuple[str, int]]:
    return [(stop.leader.code, stop.position) for stop in town.route("东线").stops]


def test_a_stop_moves_to_another_route_until_one_of_them_leaves(town: Town) -> None:
    town.plan()
    east, other = town.route("东线").id, town.route("未分线路").id
    stop_id = town.stop(2).id

    def move(route_id: int, place: int) -> DeliveryStop:
        return in_transaction(
            lambda: service.move_stop(stop_id=stop_id, route_id=route_id, place=place, now=T, actor="test")
        )

    move(east, 1)
    assert _places(town) == [("L3", 1), ("L1", 2), ("L2", 3)]
    move(other, 1)
    assert _places(town) == [("L1", 1), ("L2", 2)]
    move(east, 1)
    assert _refused(lambda: town.leave("未分线路")) == "no_stops"
    town.leave("东线")
    assert _refused(lambda: move(other, 1)) == "route_left"


def test_a_round_is_dispatched_once_it_is_received_and_all_its_routes_have_left(town: Town) -> None:
    town.plan()
    town.receive_all()
    assert town.states() == ["received", "received"]
    assert town.leave("东线") is True
    # Everything of the second round is on the east route; leader 3 still waits for the first one.
    assert town.states() == ["received", "dispatched"]
    assert town.leave("未分线路") is True
    assert town.leave("未分线路") is False
    assert town.states() == ["dispatched", "dispatched"]
    assert day.wrong() == []


def test_a_round_received_after_its_routes_have_left_is_dispatched_at_once(town: Town) -> None:
    town.plan()
    town.leave("东线")
    town.leave("未分线路")
    assert town.states() == ["closed", "closed"]
    town.receive_all()
    assert town.states() == ["dispatched", "dispatched"]


def test_two_routes_that_leave_at_once_dispatch_the_round(app: Flask, town: Town) -> None:
    town.plan()
    town.receive_all()
    ids = [town.route(name).id for name in ("东线", "未分线路")]
    db.session.rollback()

    def leave(route_id: int) -> bool:
        with app.app_context():
            return in_transaction(lambda: dispatching.leave(route_id=route_id, now=T, actor=ACTOR))

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(leave, ids * 2)) == [False, False, True, True]
    assert town.states() == ["dispatched", "dispatched"]


def test_what_is_missing_is_taken_from_the_last_who_ordered_and_charged(town: Town) -> None:
    town.plan()
    town.receive_all()
    town.leave("东线")
    town.sign(0, {town.offer("P1"): Count(4, "missing")})
    (found,) = missing.discrepancies(day=PICKUP)
    # 7 were sent, 4 came: Berta, who ordered last, loses both of hers and Anna one of five.
    losing = [(one.claim.order_id, one.units, one.amount_fen) for one in signing.who_loses(found)]
    assert losing == [(town.orders[0].id, 1, 990), (town.orders[1].id, 2, 1980)]
    town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    anna, berta, clara = (day.stored(order) for order in town.orders[:3])
    assert (anna.amount_fen, berta.amount_fen, clara.amount_fen) == (4 * 990, 0, 3 * 990)
    assert berta.state == "cancelled"
    decided = missing.get_discrepancy(found.id)
    assert (decided.decision, decided.payer, decided.charge_fen) == ("refund", "driver", 3 * 500)
    rows = db.session.scalars(select(CommissionEntry).where(CommissionEntry.kind == "shortage")).all()
    assert sum(row.amount_fen for row in rows) == -(99 + 198)
    told = db.session.scalars(select(Message.body).where(Message.subject.startswith("缺货通知"))).all()
    assert sorted(told) == [
        "商品P1 缺 1 件。共少收 ¥9.90，已付的将退还。",
        "商品P1 缺 2 件。共少收 ¥19.80，已付的将退还。",
    ]
    assert day.wrong() == []


def test_damage_that_the_supplier_pays_for_lowers_what_it_is_owed(town: Town) -> None:
    town.plan()
    town.receive_all()
    town.leave("东线")
    later = T + timedelta(days=1)
    offer = db.session.get_one(Offer, town.offer("P1"))
    before = open_fen(offer.supplier_id, later)
    town.sign(0, {offer.id: Count(5, "damaged")})
    town.decide(missing.discrepancies(day=PICKUP)[0].id, Decision.REFUND, Payer.SUPPLIER)
    # Two at ¥5.00, at cost.
    assert open_fen(offer.supplier_id, later) - before == -1000
    assert day.wrong() == []


def test_a_discrepancy_is_decided_once(town: Town) -> None:
    town.plan()
    town.leave("东线")
    town.sign(0, {town.offer("P1"): Count(6, "damaged")})
    found = missing.discrepancies(day=PICKUP)[0].id
    assert _refused(lambda: town.decide(found, Decision.REFUND)) == "required"
    town.decide(found, Decision.DISMISS)
    assert _refused(lambda: town.decide(found, Decision.REFUND, Payer.SUPPLIER)) == "already_decided"
    assert day.stored(town.orders[1]).amount_fen == 2 * 990


def test_what_was_handed_out_is_not_taken_back(town: Town) -> None:
    town.plan()
    town.leave("东线")
    town.sign(0, {town.offer("P1"): Count(0, "missing")})
    order = day.stored(town.orders[1])
    in_transaction(
        lambda: collecting.verify_pickup(
            code=order.pickup_code, leader_ids=[order.leader_id], now=T, actor=ACTOR
        )
    )
    found = missing.discrepancies(day=PICKUP)[0].id
    assert _refused(lambda: town.decide(found, Decision.REFUND, Payer.DRIVER)) == "handed_out"
    assert day.stored(town.orders[0]).amount_fen == 5 * 990


def test_goods_are_signed_for_once_by_their_own_leader_after_they_have_left(town: Town) -> None:
    town.plan()
    assert _refused(lambda: town.sign(0, {})) == "not_left"
    town.leave("东线")
    stop_id = town.stop(0).id
    with pytest.raises(NotFound):
        in_transaction(
            lambda: signing.sign(
                stop_id=stop_id, leader_ids=[town.leaders[1].id], counts={}, now=T, actor=ACTOR
            )
        )
    offer = town.offer("P1")
    with pytest.raises(BadInput):
        town.sign(0, {offer: Count(-1, "missing")})
    with pytest.raises(BadInput):
        town.sign(0, {offer: Count(3)})
    with pytest.raises(BadInput):
        town.sign(0, {offer + 999: Count(1)})
    assert queries.days_to_sign(town.leaders[0].id) == [PICKUP]
    town.sign(0, {})
    assert queries.days_to_sign(town.leaders[0].id) == []
    with pytest.raises(RuleBroken):
        town.sign(0, {})
    assert missing.discrepancies(day=PICKUP) == []


def test_a_leader_who_orders_late_gets_a_stop_beside_the_others(app: Flask, town: Town) -> None:
    town.plan()
    town.leave("东线")
    assert db.session.scalar(select(Leader.id).where(Leader.code == "L1")) == town.leaders[0].id
    late = building.add_leader("L4", route="东线")
    goods = building.add_product(building.add_supplier("S2"), "P9")
    third = building.add_round([goods], "C3")
    building.place(third, building.add_resident(late, "艾玛"), {"P9": 1})
    building.close(app, third)
    assert town.plan() == 1
    assert [stop.leader.code for stop in town.route("东线 2").stops] == ["L4"]
    assert db.session.scalars(select(Order.id)).all()
