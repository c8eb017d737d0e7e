"""A pickup point takes so many bags a day: the resident who is one too many is refused, never one more."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from flask import Flask

from groupbuy.accounts.queries import get_account
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import ordering, taking
from groupbuy.flows.ordering import Wish
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.pickup.capacity import bags_on
from tests import building
from tests.building import ACTOR, NOW, PICKUP
from tests.web.admin.people import sign_in


def _place(round_: Round, resident: Resident) -> str:
    try:
        building.place(round_, resident, {"P1": 1})
    except GroupbuyError as error:
        db.session.rollback()
        return error.code
    return "placed"


def _taken(round_: Round, resident: Resident) -> str:
    """Order as the pages and the API do, in one statement where the database can."""
    wish: dict[str, Any] = {"round_name": round_.name, "resident_id": resident.id, "wishes": [Wish("P1", 1)]}
    try:
        in_transaction(
            lambda: taking.take_order(**wish, now=NOW, actor=ACTOR, pay_within=timedelta(minutes=15))
        )
    except GroupbuyError as error:
        return error.code
    return "placed"


def _town(capacity: int | None) -> tuple[Leader, list[Round], list[Resident]]:
    leader = building.add_leader("L1", bag_capacity=capacity)
    goods = [building.add_product(building.add_supplier())]
    rounds = [building.add_round(goods, "C1"), building.add_round(goods, "C2")]
    return leader, rounds, [building.add_resident(leader, f"居民{n}") for n in range(6)]


def test_a_full_pickup_point_refuses_new_residents_but_not_those_who_have_a_bag(app: Flask) -> None:
    leader, (one, two), residents = _town(2)
    assert [_place(one, who) for who in residents[:3]] == ["placed", "placed", "pickup_point_full"]
    assert _place(two, residents[0]) == "placed"
    assert _place(two, residents[3]) == "pickup_point_full"
    assert _taken(two, residents[3]) == "pickup_point_full"
    assert bags_on(leader.id, PICKUP) == 2
    page = sign_in(app, get_account(residents[3].account_id), "resident").text(f"/r/{one.name}")
    assert "当天提货已满" in page
    order = db.session.query(Order).filter_by(resident_id=residents[1].id).one()
    in_transaction(lambda: ordering.cancel_order(order=order, reason="x", now=NOW, actor=ACTOR))
    assert _place(two, residents[3]) == "placed"


def test_six_who_order_at_once_never_take_more_than_there_is_room_for(app: Flask) -> None:
    leader, (one, two), residents = _town(3)
    wanted = [(one.id, two.id)[n % 2] for n in range(6)]
    ids = [(round_id, who.id) for round_id, who in zip(wanted, residents, strict=True)]
    leader_id = leader.id
    db.session.rollback()

    def place(pair: tuple[int, int]) -> str:
        with app.app_context():
            return _place(db.session.get_one(Round, pair[0]), db.session.get_one(Resident, pair[1]))

    with ThreadPoolExecutor(6) as pool:
        results = sorted(pool.map(place, ids))
    assert results == ["pickup_point_full"] * 3 + ["placed"] * 3
    assert bags_on(leader_id, PICKUP) == 3
