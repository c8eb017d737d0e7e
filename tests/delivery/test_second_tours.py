"""What comes after a day's vehicle has left is brought by a second one, signed for and followed by itself."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import brought, queries, service
from groupbuy.finance import dials
from groupbuy.flows import collecting, dispatching, following_up, rerouting, signing
from groupbuy.flows.signing import Count
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.messaging.models import Message
from groupbuy.pickup.models import Bag
from tests.building import ACTOR, PICKUP
from tests.delivery.later_vehicle import LATER, late_order, leave, sent, sign, stops_of_first, town
from tests.delivery.town import T, Town
from tests.warehouse import day

__all__ = ["late_order", "town"]


def test_a_round_that_closes_after_the_vehicle_left_gets_a_vehicle_and_a_signature_of_its_own(
    app: Flask, town: Town
) -> None:
    town.leave("东线")
    order = late_order(app, town)
    (first,) = stops_of_first(town)
    assert sent(first) == [("C1", 7), ("C2", 4)]
    town.sign(0, {})
    assert [leader.code for leader in brought.leaders_without_stop(PICKUP)] == ["L1"]
    assert town.plan() == 1
    assert town.plan() == 0
    first, second = stops_of_first(town)
    assert (second.route.name, second.tour, sent(second)) == ("东线 2", 2, [("C3", 2)])
    assert sent(first) == [("C1", 7), ("C2", 4)]
    with pytest.raises(NotFound):
        in_transaction(
            lambda: signing.sign(
                stop_id=second.id, leader_ids=[town.leaders[1].id], counts={}, now=LATER, actor=ACTOR
            )
        )
    leave("东线 2", town)
    offer_id = order.lines[0].offer_id
    sign(second, {offer_id: Count(1, "missing")})
    first, second = stops_of_first(town)
    assert (first.signed_at, second.signed_at) == (T, LATER)
    assert sent(first) == [("C1", 7), ("C2", 4)]
    assert day.wrong() == []


def test_who_waits_is_told_once_for_each_vehicle(app: Flask, town: Town) -> None:
    town.leave("东线")
    late_order(app, town)
    town.plan()
    leave("东线 2", town)
    second = stops_of_first(town)[1]
    in_transaction(lambda: service.arrive(stop_id=second.id, now=LATER, actor="test"))
    db.session.rollback()
    keys = db.session.scalars(select(Message.key).where(Message.key.like(f"%-{second.id}-%"))).all()
    assert {key for key in keys if f"-{town.anna.id}" in key}
    assert all("-leader" in key or f"-{second.id}-{town.anna.id}" in key for key in keys)


def test_a_round_whose_goods_have_not_come_stays_behind_and_is_planned_anew(town: Town) -> None:
    """Of leader 1 the second round waits, of leader 2 nothing does."""
    leave("东线", town, later=("C2",))
    assert town.states() == ["received", "received"]
    (first,) = stops_of_first(town)
    assert sent(first) == [("C1", 7)]
    sign(first)
    assert town.plan() == 1
    first, second = stops_of_first(town)
    assert (sent(first), sent(second)) == ([("C1", 7)], [("C2", 4)])
    town.leave("未分线路")
    assert town.states() == ["dispatched", "received"]
    leave("东线 2", town)
    assert town.states() == ["dispatched", "dispatched"]
    with pytest.raises(BadInput):
        leave("东线 2", town, later=("C9",))


def test_a_leader_of_whom_everything_comes_later_is_taken_off_the_route(town: Town) -> None:
    first, second = (stop.id for stop in town.route("东线").stops)
    east = town.route("东线").id
    in_transaction(lambda: service.move_stop(stop_id=second, route_id=east, place=1, now=T, actor="test"))
    leave("东线", town, later=("C1",))
    assert [(stop.id, stop.leader.code, stop.position) for stop in town.route("东线").stops] == [
        (first, "L1", 1)
    ]
    assert [leader.code for leader in brought.leaders_without_stop(PICKUP)] == ["L1", "L2"]


def test_a_vehicle_that_is_called_back_takes_along_what_came_meanwhile(app: Flask, town: Town) -> None:
    town.leave("东线")
    late_order(app, town)
    town.plan()
    route_id = town.route("东线").id
    soon = T + timedelta(minutes=10)
    in_transaction(lambda: dispatching.call_back(route_id=route_id, reason="忘了", now=soon, actor=ACTOR))
    (only,) = stops_of_first(town)
    assert (only.tour, sent(only)) == (1, [("C1", 7), ("C3", 2), ("C2", 4)])


def test_of_a_bag_what_a_later_vehicle_brings_stays_to_be_fetched(app: Flask, town: Town) -> None:
    town.leave("东线")
    late = late_order(app, town)
    db.session.rollback()
    code = db.session.scalars(select(Bag.code)).one()
    mine = [town.leaders[0].id]

    def fetch() -> list[str]:
        handed = in_transaction(
            lambda: collecting.verify_pickup(code=code, leader_ids=mine, now=LATER, actor=ACTOR)
        )
        return [one.order.number for one in handed]

    assert fetch() == [town.orders[0].number, town.orders[4].number]
    assert day.stored(late).state == "confirmed"
    town.plan()
    leave("东线 2", town)
    assert fetch() == [late.number]


def test_each_vehicle_s_goods_are_confirmed_their_own_hours_after_they_came(app: Flask, town: Town) -> None:
    town.leave("东线")
    late = late_order(app, town)
    town.sign(0, {})
    town.plan()
    leave("东线 2", town)
    sign(stops_of_first(town)[1])
    hours = timedelta(hours=dials.dials().confirm_hours)

    def confirm(now: object) -> list[int | None]:
        ids = [one.stop.id for one in following_up.due_confirmations(now)]
        return [in_transaction(lambda one=one: following_up.confirm(stop_id=one, now=now)) for one in ids]

    assert confirm(T + hours) == [3]
    assert day.stored(late).state == "confirmed"
    assert confirm(LATER + hours) == [1]
    assert day.stored(late).state == "picked_up"
    assert confirm(LATER + hours) == []


def test_of_a_leader_who_falls_ill_what_a_later_vehicle_brings_goes_to_another(town: Town) -> None:
    """Of the first round everything has left for leaders 1 and 2; the second one's four of P2 wait."""

    def reroute(old: int, new: int) -> str | int:
        pair = {"old": town.leaders[old].id, "new": town.leaders[new].id}

        def work() -> int:
            both = {name: db.session.get_one(Leader, key) for name, key in pair.items()}
            row = rerouting.reroute(day=PICKUP, **both, reason="团长生病", now=LATER, actor=ACTOR)
            return row.id

        try:
            return in_transaction(work)
        except RuleBroken as error:
            return error.code

    (code,) = db.session.scalars(select(Bag.code).where(Bag.leader_id == town.leaders[0].id)).all()
    leave("东线", town, later=("C2",))
    town.plan()
    assert reroute(1, 2) == "route_left", "all of it has left"
    assert reroute(2, 0) == "route_left", "that round has gone to leader 1 already"
    done = reroute(0, 1)
    db.session.rollback()
    first, second = town.orders[0], town.orders[4]
    assert [day.stored(one).leader_id for one in (first, second)] == [one.id for one in town.leaders[:2]]
    assert [sent(one) for one in stops_of_first(town)] == [[("C1", 7)]]
    theirs = queries.stops_of(PICKUP, town.leaders[1].id)
    assert [(one.tour, sent(one)) for one in theirs] == [(1, [("C1", 3)]), (2, [("C2", 4)])]
    assert list(db.session.scalars(select(Bag.code).where(Bag.leader_id == town.leaders[0].id))) == [code]
    (told,) = db.session.scalars(
        select(Message.body).where(Message.event == "rerouted", Message.recipient.like("resident:%"))
    )
    assert ("其余商品仍在原提货点提货" in told, second.pickup_code in told, code in told) == (
        True,
        True,
        False,
    )
    assert day.wrong() == []
    in_transaction(lambda: rerouting.undo(reroute_id=int(done), now=LATER, actor=ACTOR))
    assert day.stored(second).leader_id == town.leaders[0].id
    assert [sent(one) for one in stops_of_first(town)] == [[("C1", 7)], [("C2", 4)]]
    again = reroute(0, 1)
    leave("东线 2", town)
    with pytest.raises(RuleBroken):
        in_transaction(lambda: rerouting.undo(reroute_id=int(again), now=LATER, actor=ACTOR))
    assert day.wrong() == []
