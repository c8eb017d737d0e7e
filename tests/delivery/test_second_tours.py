"""What comes after a day's vehicle has left is brought by a second one, signed for and followed by itself."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.accounts.models import Account
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import Window
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import brought, missing, queries, service
from groupbuy.delivery.models import DeliveryStop
from groupbuy.finance import dials
from groupbuy.flows import collecting, dispatching, following_up, rerouting, signing
from groupbuy.flows.signing import Count
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.messaging.models import Message
from groupbuy.orders.models import Order
from groupbuy.pickup.models import Bag
from tests import building
from tests.building import ACTOR, PICKUP
from tests.delivery.town import T, Town
from tests.support.commands import Run
from tests.support.seats import appoint, seat
from tests.warehouse import day

LATER = T + timedelta(hours=3)


@pytest.fixture
def town(app: Flask) -> Town:
    """Return the town with everything received and all its routes planned."""
    town = Town(app)
    town.receive_all()
    town.plan()
    return town


def late_order(app: Flask, town: Town) -> Order:
    """Anna orders two of P1 in a round that closes for the same day after the vehicle has left."""
    window = Window(T, T + timedelta(minutes=5), PICKUP)
    product = town.orders[0].lines[0].offer.product
    late = building.add_round([product], "C3", window=window)
    order = building.place(late, town.anna, {"P1": 2}, now=T)
    building.close(app, late, T + timedelta(minutes=5))
    order_no = day.order_of(db.session.get_one(Round, late.id)).number
    day.receive(order_no, {"P1": 2})
    return order


def sent(stop: DeliveryStop) -> list[tuple[str, int]]:
    return [(one.round_name, one.units) for one in brought.goods_of_stop(stop)]


def stops_of_first(town: Town) -> list[DeliveryStop]:
    db.session.rollback()
    return list(queries.stops_of(PICKUP, town.leaders[0].id))


def leave(name: str, town: Town, later: tuple[str, ...] = ()) -> None:
    route_id = town.route(name).id
    in_transaction(lambda: dispatching.leave(route_id=route_id, now=LATER, actor=ACTOR, later=later))


def sign(stop: DeliveryStop, counts: dict[int, Count] | None = None) -> None:
    stop_id, mine = stop.id, [stop.leader_id]
    in_transaction(
        lambda: signing.sign(stop_id=stop_id, leader_ids=mine, counts=counts or {}, now=LATER, actor=ACTOR)
    )


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


def test_a_leader_signs_for_each_vehicle_on_the_page(app: Flask, town: Town) -> None:
    town.leave("东线")
    late_order(app, town)
    town.plan()
    leave("东线 2", town)
    first, second = stops_of_first(town)
    path = f"/leader/goods/{PICKUP}"
    app.config["WTF_CSRF_ENABLED"] = False
    account = db.session.get_one(Account, town.leaders[0].account_id)
    leader = seat(app, account, "leader", utc_now())

    def text(address: str) -> str:
        return leader.get(address).get_data(as_text=True)

    assert ("东线 2" in text(path), f'value="{first.id}"' in text(path)) == (True, True)
    assert f'value="{second.id}"' in text(f"{path}?stop={second.id}")
    assert leader.get(f"{path}?stop=999999").status_code == 404
    assert leader.post(path, data={"stop": str(second.id)}).headers["Location"] == f"{path}?stop={second.id}"
    # The same form sent again, after the other vehicle is the only one to sign for, signs nothing.
    leader.post(path, data={"stop": str(second.id)})
    first, second = stops_of_first(town)
    assert (first.signed_at, second.signed_at is not None) == (None, True)
    assert f'value="{first.id}"' in text(path)


def test_goods_of_several_rounds_are_counted_together_and_miss_in_the_last_one(
    app: Flask, town: Town
) -> None:
    """Seven of P1 come for the first round and two for the third: who counts sees nine of the same."""
    order = late_order(app, town)
    town.leave("东线")
    app.config["WTF_CSRF_ENABLED"] = False
    leader = seat(app, db.session.get_one(Account, town.leaders[0].account_id), "leader", utc_now())
    path = f"/leader/goods/{PICKUP}"
    page = leader.get(path).get_data(as_text=True)
    assert (page.count("商品P1</strong>"), "应收 9" in page) == (1, True)
    first, third = town.offer("P1"), order.lines[0].offer_id
    row = {"stop": str(stops_of_first(town)[0].id), "lines-0-offer": f"{first}-{third}"}
    typed = row | {"lines-0-got": "10", "lines-0-reason": "missing"}
    assert "不会再有短少或破损" in leader.post(path, data=typed).get_data(as_text=True)
    assert leader.post(path, data=typed | {"lines-0-got": "6"}).status_code == 303
    db.session.rollback()
    found = {one.offer_id: (one.sent, one.got, one.reason) for one in missing.discrepancies(day=PICKUP)}
    assert found == {first: (7, 6, "missing"), third: (2, 0, "missing")}


def test_programs_name_the_vehicle_they_sign_for(app: Flask, town: Town, cli_runner: Run) -> None:
    leave("东线", town, later=("C2",))
    town.plan()
    leave("东线 2", town)
    first, second = stops_of_first(town)
    phone = db.session.get_one(Account, town.leaders[0].account_id).phone
    token = cli_runner("issue-token", "--phone", phone).stdout.strip()
    headers, path = {"Authorization": f"Bearer {token}"}, f"/api/v1/deliveries/{PICKUP}"
    client = app.test_client()
    goods = client.get(f"{path}/goods", headers=headers).json
    assert (goods["stop"], goods["stops"]) == (first.id, [first.id, second.id])
    assert client.get(f"{path}/goods?stop={second.id}", headers=headers).json["lines"][0]["round"] == "C2"
    unclear = client.post(f"{path}/sign", headers=headers, json={"lines": []})
    assert (unclear.status_code, unclear.json["error"]["param"]) == (422, "stop")
    signed = client.post(f"{path}/sign", headers=headers, json={"lines": [], "stop": second.id})
    assert (signed.status_code, signed.json["stop"]) == (200, second.id)
    assert [stop.signed_at is None for stop in stops_of_first(town)] == [True, False]


def test_who_sends_a_vehicle_off_says_what_has_not_come_yet(app: Flask) -> None:
    """The first round is received, the second one's goods are still on their way to the warehouse."""
    town = Town(app)
    order = day.order_of(town.rounds[0])
    day.receive(order.number, {line.product.code: line.purchased for line in order.lines})
    town.plan()
    path = f"/admin/delivery/routes/{town.route('东线').id}/leave"
    app.config["WTF_CSRF_ENABLED"] = False
    office = appoint(app, building.add_account("小陈"), "warehouse", utc_now())
    page = office.get(path).get_data(as_text=True)
    assert ('value="C2"' in page, 'value="C1"' in page, "C2，尚未到货" in page) == (True, False, True)
    assert office.post(path, data={"later": "C9"}).status_code == 422
    assert office.post(path, data={"later": "C2"}).status_code == 303
    assert sent(stops_of_first(town)[0]) == [("C1", 7)]


def test_a_route_leaves_without_a_round_on_the_command_line(town: Town, cli_runner: Run) -> None:
    db.session.rollback()
    for arguments in (("--without", "C2"), ("--leave", "南线"), ("--leave", "东线", "--without", "C9")):
        assert cli_runner("deliveries", PICKUP, *arguments, check=False).exit_code != 0
    assert [stop.route.left_at for stop in stops_of_first(town)] == [None]
    done = cli_runner("deliveries", PICKUP, "--leave", "东线", "--without", "C2", "--json").json
    east = next(one for one in done["routes"] if one["name"] == "东线")
    assert (bool(east["left_at"]), sent(stops_of_first(town)[0])) == (True, [("C1", 7)])
    assert [leader.code for leader in brought.leaders_without_stop(PICKUP)] == ["L1"]


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
