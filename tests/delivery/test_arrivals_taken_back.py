"""An arrival that was marked by mistake is taken back soon after, while nobody has signed or fetched."""

from datetime import timedelta

import pytest
from flask import Flask

from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import service
from groupbuy.flows import collecting, dispatching
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from tests import building
from tests.building import ACTOR
from tests.delivery.town import T, Town
from tests.support.seats import appoint
from tests.warehouse import day

SOON = T + timedelta(minutes=10)


@pytest.fixture
def town(app: Flask) -> Town:
    """Return the town whose east route has left and has reached leader 1."""
    town = Town(app)
    town.receive_all()
    town.plan()
    town.leave("东线")
    stop_id = town.stop(0).id
    in_transaction(lambda: service.arrive(stop_id=stop_id, now=T, actor="driver"))
    return town


def back(town: Town, reason: str = "按错了", now: object = SOON) -> str | None:
    stop_id = town.stop(0).id
    try:
        in_transaction(
            lambda: dispatching.take_arrival_back(stop_id=stop_id, reason=reason, now=now, actor=ACTOR)
        )
    except GroupbuyError as error:
        return error.code
    return None


def test_goods_are_on_their_way_again_and_arrive_anew(town: Town) -> None:
    assert back(town) is None
    assert town.stop(0).arrived_at is None
    assert back(town) == "not_arrived"
    stop_id = town.stop(0).id
    in_transaction(lambda: service.arrive(stop_id=stop_id, now=SOON, actor="driver"))
    assert town.stop(0).arrived_at == SOON


def test_it_needs_a_reason_and_half_an_hour(town: Town) -> None:
    assert back(town, " ") == "required"
    assert back(town, now=T + timedelta(minutes=30)) == "too_late"
    assert back(town, now=T + timedelta(minutes=29)) is None


def test_what_is_signed_for_has_arrived(town: Town) -> None:
    town.sign(0, {})
    assert back(town) == "signed"


def test_what_somebody_has_fetched_has_arrived(town: Town) -> None:
    code, mine = day.stored(town.orders[1]).pickup_code, [town.leaders[0].id]
    in_transaction(lambda: collecting.verify_pickup(code=code, leader_ids=mine, now=SOON, actor=ACTOR))
    assert back(town, now=SOON) == "handed_out"


def test_the_warehouse_takes_it_back_on_the_route_s_page(app: Flask, town: Town) -> None:
    stop_id, route_id = town.stop(1).id, town.route("东线").id
    in_transaction(lambda: service.arrive(stop_id=stop_id, now=utc_now(), actor="driver"))
    app.config["WTF_CSRF_ENABLED"] = False
    office = appoint(app, building.add_account("小陈"), "warehouse", utc_now())
    path = f"/admin/delivery/stops/{stop_id}/not-arrived"
    assert path in office.get(f"/admin/delivery/routes/{route_id}").get_data(as_text=True)
    assert office.post(path, data={"reason": ""}).status_code == 422
    assert office.post(path, data={"reason": "按错了"}).status_code == 303
    assert town.stop(1).arrived_at is None
    assert "这些货还没有送到" in office.post(path, data={"reason": "按错了"}).get_data(as_text=True)
