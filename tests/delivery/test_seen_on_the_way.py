"""Goods that have left are on the way for those who wait for them, whatever else of the round still waits."""

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from groupbuy.accounts.queries import get_account
from groupbuy.campaigns.rules import Window
from groupbuy.delivery.rules import Decision
from groupbuy.flows.signing import Count
from groupbuy.kernel.clock import utc_now
from tests import building
from tests.building import PICKUP
from tests.delivery.town import T, Town
from tests.support.seats import appoint


def resident(app: Flask, town: Town, place: int) -> FlaskClient:
    account = get_account(town.orders[place].resident.account_id)
    return appoint(app, account, "resident", utc_now())


def seen(client: FlaskClient, number: str) -> tuple[str, str]:
    """Return what the order's page says of its state, and which step of its way is the current one."""
    page = client.get(f"/orders/{number}").get_data(as_text=True)
    state = page.split('class="state state-', 1)[1].split(">", 1)[1].split("<", 1)[0]
    step = page.split('aria-current="step">', 1)[1].split('class="timeline-title">', 1)[1].split("<", 1)[0]
    return state, step


def test_who_waits_sees_goods_leave_and_come_before_the_whole_round_has_left(app: Flask) -> None:
    town = Town(app)
    town.receive_all()
    town.plan()
    clara, dora = resident(app, town, 2), resident(app, town, 3)
    theirs, hers = town.orders[2].number, town.orders[3].number
    assert seen(clara, theirs) == ("备货中", "截单")
    town.leave("东线")
    assert seen(clara, theirs) == ("配送中", "已发车")
    town.sign(1, {})
    assert seen(clara, theirs) == ("待提货", "待提货")
    assert "待提货" in clara.get("/orders").get_data(as_text=True)
    assert seen(dora, hers) == ("备货中", "截单")


def test_a_round_that_closes_after_the_vehicle_left_is_not_on_it(app: Flask) -> None:
    town = Town(app)
    town.receive_all()
    town.plan()
    town.leave("东线")
    town.sign(1, {})
    window = Window(T, T + timedelta(minutes=5), PICKUP)
    late = building.add_round([town.orders[2].lines[0].offer.product], "C3", window=window)
    order = building.place(late, town.orders[2].resident, {"P1": 1}, now=T)
    building.close(app, late, T + timedelta(minutes=5))
    assert seen(resident(app, town, 2), order.number) == ("备货中", "截单")


def test_the_dashboard_asks_for_what_did_not_come_as_sent_until_it_is_decided(app: Flask) -> None:
    town = Town(app)
    town.receive_all()
    town.plan()
    town.leave("东线")
    office = appoint(app, building.add_account("小陈"), "operator", utc_now())
    assert "签收差异待处理" not in office.get("/admin/").get_data(as_text=True)
    offer = town.offer("P1")
    stop = town.sign(1, {offer: Count(2, "missing")})
    page = office.get("/admin/live").get_data(as_text=True)
    assert "1 项签收差异待处理" in page
    assert f"/admin/delivery?day={stop.day.isoformat()}" in page
    town.decide(1, Decision.DISMISS)
    assert "签收差异待处理" not in office.get("/admin/live").get_data(as_text=True)
