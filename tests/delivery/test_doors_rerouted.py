"""A leader who brings orders to the door falls ill: another one does, or the fee goes back."""

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import bringing, collecting, ordering, rerouting
from groupbuy.leaders.models import Leader
from groupbuy.messaging.models import Message
from groupbuy.orders import carriage
from groupbuy.orders.models import Order
from tests import building
from tests.building import ACTOR, NOW, PICKUP
from tests.warehouse import day
from tests.warehouse.day import ARRIVES


class Street:
    """Leader 1 brings to the door for ¥3.00: two of ¥9.90 to 王女士, paid prepaid; 李女士 fetches one."""

    def __init__(self, app: Flask, *, community: str, fee_fen: int | None) -> None:
        near = community == "阳光花园"
        self.leaders = [building.add_leader("L1", community="阳光花园")]
        self.leaders.append(building.add_leader("L2", community=None if near else community))
        with transaction():
            first, second = (db.session.get_one(Leader, one.id) for one in self.leaders)
            second.community = first.community if near else second.community
            bringing.set_door_fee(leader=first, fee_fen=300, now=NOW, actor=ACTOR)
            bringing.set_door_fee(leader=second, fee_fen=fee_fen, now=NOW, actor=ACTOR)
        self.round = building.add_round([building.add_product(building.add_supplier())])
        people = [
            building.add_resident(first, "王女士", room="3-501"),
            building.add_resident(first, "李女士"),
        ]
        self.orders = [
            building.place(self.round, who, {"P1": units}) for who, units in zip(people, (2, 1), strict=True)
        ]
        with transaction():
            bringing.choose(order=self.order(0), to_door=True, now=NOW, actor=ACTOR)
        with transaction():
            ordering.mark_paid(order=self.order(0), now=NOW, actor=ACTOR)
        building.close(app, self.round)

    def order(self, which: int) -> Order:
        return db.session.get_one(Order, self.orders[which].id)

    def leader(self, which: int) -> Leader:
        return db.session.get_one(Leader, self.leaders[which].id)

    def reroute(self) -> int:
        pair = {"day": PICKUP, "old": self.leader(0), "new": self.leader(1)}
        return in_transaction(
            lambda: rerouting.reroute(**pair, reason="团长生病", now=ARRIVES, actor=ACTOR).id
        )

    def preview(self) -> tuple[int, int, int]:
        seen = rerouting.preview(day=PICKUP, old=self.leader(0), new=self.leader(1))
        return seen.to_door, seen.no_door, seen.fee_fen


def test_a_neighbour_who_brings_to_the_door_does_so_for_the_fee_agreed(app: Flask) -> None:
    """¥19.80 and ¥3.00 stay, though the other leader takes ¥5.00."""
    street = Street(app, community="阳光花园", fee_fen=500)
    assert street.preview() == (1, 0, 0)
    street.reroute()
    order = day.stored(street.orders[0])
    assert (order.amount_fen, order.fee_fen, order.paid_fen) == (2280, 300, 2280)
    way = carriage.carriage_of(order.id)
    assert way is not None
    assert way.way == carriage.TO_DOOR
    assert day.wrong() == []


@pytest.mark.parametrize(("community", "fee_fen"), [("阳光花园", None), ("绿洲", 500)])
def test_who_is_not_near_or_does_not_bring_hands_out_and_the_fee_goes_back(
    app: Flask, community: str, fee_fen: int | None
) -> None:
    """¥3.00 of ¥22.80 are owed back, told once, and not asked for again when it is undone."""
    street = Street(app, community=community, fee_fen=fee_fen)
    assert street.preview() == (0, 1, 300)
    reroute_id = street.reroute()
    order = day.stored(street.orders[0])
    assert (order.amount_fen, order.fee_fen, order.paid_fen) == (1980, 0, 2280)
    assert carriage.carriage_of(order.id) is None
    bodies = db.session.scalars(select(Message.body).where(Message.event == "rerouted")).all()
    assert sorted("上门费 ¥3.00 退还" in body for body in bodies) == [False, False, True]
    with transaction():
        rerouting.undo(reroute_id=reroute_id, now=ARRIVES, actor=ACTOR)
    order = day.stored(street.orders[0])
    assert (order.leader_id, order.amount_fen, order.fee_fen) == (street.leaders[0].id, 1980, 0)
    assert carriage.carriage_of(order.id) is None
    day.receive(day.order_of(street.round).number, {"P1": 6})
    with transaction():
        collecting.verify_pickup(
            code=order.pickup_code, leader_ids=[order.leader_id], now=ARRIVES, actor=ACTOR
        )
    assert day.wrong() == []
