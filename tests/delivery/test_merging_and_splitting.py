"""Orders of one resident and day lie in one bag, and a part of an order may come on another day."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO

import pytest
import python_calamine
from flask import Flask
from sqlalchemy import select

from groupbuy.analytics.leader_orders import open_bags
from groupbuy.app.documents import render
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import queries, service
from groupbuy.finance.queries import balance
from groupbuy.finance.rules import SPLITTING
from groupbuy.flows import collecting, delaying, dispatching, ordering, splitting
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.messaging.models import Message
from groupbuy.orders.bulk import totals
from groupbuy.orders.models import Order
from groupbuy.payments import sources
from groupbuy.pickup import queries as pickup
from groupbuy.pickup.models import Bag
from tests import building
from tests.building import ACTOR, PICKUP
from tests.delivery.town import T, Town, units_of_day
from tests.warehouse import day

LATER = PICKUP + timedelta(days=2)


@pytest.fixture
def town(app: Flask) -> Town:
    """Return the town with its rounds closed."""
    return Town(app)


def _refused(work: Callable[[], object]) -> str:
    with pytest.raises(GroupbuyError) as refused:
        in_transaction(work)
    return refused.value.code


def _split(order: Order, codes: list[str], on: date = LATER) -> Order:
    return in_transaction(
        lambda: splitting.split_order(
            order=db.session.get_one(Order, order.id), product_codes=codes, day=on, now=T, actor=ACTOR
        )
    )


def _hand_out(code: str, leader_id: int) -> list[str]:
    handed = in_transaction(
        lambda: collecting.verify_pickup(code=code, leader_ids=[leader_id], now=T, actor=ACTOR)
    )
    return [one.order.number for one in handed]


def test_the_orders_of_two_rounds_lie_in_one_bag_with_its_own_code(town: Town) -> None:
    leader = town.leaders[0]
    (bag,) = db.session.scalars(select(Bag)).all()
    assert (bag.day, bag.leader_id, bag.resident_id) == (PICKUP, leader.id, town.anna.id)
    file = render("day_pickup_sheet", PICKUP.isoformat(), "L1", "xlsx", T)
    rows = python_calamine.load_workbook(BytesIO(file.content)).get_sheet_by_index(0).to_python()
    texts = " ".join(str(cell) for row in rows for cell in row)
    assert bag.code in texts
    # Anna has one row with both goods: 5 and 4 units, ¥49.50 + ¥80.00; Berta's 2 make 11 in all.
    assert "3单 2户 11件 ¥149.30" in texts
    assert "商品P1" in texts
    assert "商品P2" in texts
    assert render("day_bag_labels", PICKUP.isoformat(), "L1", "pdf", T).content.startswith(b"%PDF")
    assert sorted(len(one.order_ids) for one in open_bags([leader.id])) == [1, 2]
    assert _hand_out(bag.code, leader.id) == [town.orders[0].number, town.orders[4].number]
    assert _refused(lambda: _hand_out(bag.code, leader.id)) == "already_picked_up"
    assert day.wrong() == []


def test_a_round_that_is_delayed_takes_its_orders_out_of_the_bag(town: Town) -> None:
    leader = town.leaders[0]
    in_transaction(
        lambda: delaying.delay_round(
            round_=town.rounds[1], pickup_date=LATER, reason="晚到", now=T, actor=ACTOR
        )
    )
    (bag,) = db.session.scalars(select(Bag)).all()
    assert bag.day == PICKUP
    assert [(one.day, len(one.order_ids)) for one in open_bags([leader.id])] == [
        (PICKUP, 1),
        (PICKUP, 1),
        (LATER, 1),
    ]
    assert _hand_out(bag.code, leader.id) == [town.orders[0].number]
    assert units_of_day(LATER) == {leader.id: 4}
    assert day.wrong() == []


def test_a_part_of_an_order_comes_later_with_its_own_code_and_money(app: Flask) -> None:
    supplier = building.add_supplier()
    goods = [building.add_product(supplier, "P1"), building.add_product(supplier, "P2", price_fen=2000)]
    building.set_commission(Rate(rate_bp=1000))
    leader = building.add_leader("L1")
    round_ = building.add_round(goods, "C1")
    anna = building.add_resident(leader, "安娜")
    order = building.place(round_, anna, {"P1": 5, "P2": 1})
    building.close(app, round_)
    in_transaction(lambda: ordering.mark_paid(order=day.stored(order), now=T, actor=ACTOR))

    assert _refused(lambda: _split(order, [])) == "required"
    assert _refused(lambda: _split(order, ["P9"])) == "unknown_product"
    assert _refused(lambda: _split(order, ["P2"], PICKUP)) == "out_of_range"
    part = _split(order, ["P2"])
    rest, part = day.stored(order), day.stored(part)
    assert (rest.amount_fen, rest.paid_fen, rest.day) == (4950, 4950, PICKUP)
    assert (part.amount_fen, part.paid_fen, part.day, part.split_of_id) == (2000, 2000, LATER, order.id)
    assert day.quantities(rest) == {"P1": 5}
    assert day.quantities(part) == {"P2": 1}
    assert totals(round_.id) == (1, 6, 6950)
    assert balance(SPLITTING) == 0
    assert queries.days_to_deliver(since=PICKUP) == [PICKUP, LATER]
    assert (units_of_day(PICKUP), units_of_day(LATER)) == ({leader.id: 5}, {leader.id: 1})
    (note,) = db.session.scalars(select(Message).where(Message.subject == "分批到货通知")).all()
    assert part.pickup_code in note.body
    assert str(LATER) in note.body

    # The rest does not wait: it is handed out by its own code, the part stays, each to the fen.
    assert _hand_out(rest.pickup_code, leader.id) == [rest.number]
    assert day.stored(part).state == "confirmed"
    assert _refused(lambda: _split(order, ["P1"])) == "not_splittable"
    # What is owed back of either part goes where the money of the whole came from.
    assert sources.left_of(day.stored(part)) == {"cash": 6950}
    assert _hand_out(part.pickup_code, leader.id) == [part.number]
    assert day.wrong() == []


def test_a_product_comes_later_for_everybody_who_ordered_it(town: Town) -> None:
    anna = town.orders[4]
    seen = in_transaction(lambda: splitting.preview(round_=town.rounds[0], product_code="P1", day=LATER))
    assert (seen.split, seen.moved, seen.kept, seen.units) == (0, 3, 0, 10)
    done = in_transaction(
        lambda: splitting.deliver_later(
            round_=town.rounds[0], product_code="P1", day=LATER, now=T, actor=ACTOR
        )
    )
    assert done == seen
    again = in_transaction(
        lambda: splitting.deliver_later(
            round_=town.rounds[0], product_code="P1", day=LATER, now=T, actor=ACTOR
        )
    )
    assert (again.split, again.moved, again.units) == (0, 0, 0)
    told = Counter(db.session.scalars(select(Message.recipient).where(Message.subject == "分批到货通知")))
    assert len(told) == 3
    assert set(told.values()) == {1}
    assert units_of_day(PICKUP) == {town.leaders[0].id: 4, town.leaders[2].id: 1}
    assert pickup.orders_of_bag(day.stored(anna)) == [day.stored(anna)]
    assert day.wrong() == []
    # The goods of the first day leave; the round waits for the second.
    town.plan()
    town.receive_all()
    town.leave("东线")
    town.leave("未分线路")
    assert town.states() == ["received", "dispatched"]
    in_transaction(lambda: service.plan_day(day=LATER, now=T, actor="test"))
    route = next(route for route in queries.routes_of(LATER))
    in_transaction(lambda: dispatching.leave(route_id=route.id, now=T, actor=ACTOR))
    assert town.states() == ["dispatched", "dispatched"]
    assert _refused(lambda: _split(town.orders[0], ["P1"], PICKUP)) == "route_left"
    assert day.wrong() == []
