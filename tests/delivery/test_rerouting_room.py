"""Who takes over another leader's bags has room for them or is asked, and who loses them is told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.accounts import service as accounts
from groupbuy.aftersales import listing
from groupbuy.aftersales import queries as cases
from groupbuy.aftersales.listing import Ask
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.delivery.rerouting import reroutes_of
from groupbuy.flows import rerouting
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders import managing
from groupbuy.leaders.models import Leader
from groupbuy.messaging.models import Message
from tests import building
from tests.aftersales import promises
from tests.aftersales.promises import LATER
from tests.api.conftest import person_of
from tests.building import ACTOR, CLOSES, NOW, PICKUP
from tests.delivery.town import T, Town
from tests.support.commands import Run
from tests.web.test_money_pages import browser

PATH = f"/deliveries/{PICKUP}/reroutes"


@pytest.fixture
def town(app: Flask) -> Town:
    """Return the town with its routes planned: two bags at leader 1, one at each other."""
    town = Town(app)
    town.plan()
    return town


def leader(leader_id: int) -> Leader:
    return db.session.get_one(Leader, leader_id)


def bound(leader_id: int, bags: int | None) -> None:
    with transaction():
        managing.edit_leader(leader=leader(leader_id), values={"bag_capacity": bags}, now=NOW, actor="test")


def move(old: int, new: int, *, confirmed: bool = False) -> str:
    """Let one leader hand out what another should have; return how that went."""

    def work() -> None:
        pair: dict[str, Any] = {"day": PICKUP, "old": leader(old), "new": leader(new)}
        rerouting.reroute(**pair, reason="团长生病", now=T, actor=ACTOR, confirmed=confirmed)

    try:
        in_transaction(work)
    except GroupbuyError as error:
        return error.code
    return "moved"


def told(event: str, leader_id: int) -> list[str]:
    db.session.rollback()
    mine = (Message.event == event, Message.recipient == f"leader:{leader_id}")
    return list(db.session.scalars(select(Message.body).where(*mine).order_by(Message.id)))


def too_many(old: int, new: int) -> int:
    return in_transaction(lambda: rerouting.preview(day=PICKUP, old=leader(old), new=leader(new)).too_many)


def test_more_bags_than_there_is_room_for_are_moved_only_when_confirmed(town: Town) -> None:
    """Two bags come to one that is there: room for three is enough, for two is not."""
    first, _second, third = (one.id for one in town.leaders)
    bound(third, 3)
    assert too_many(first, third) == 0
    bound(third, 2)
    assert too_many(first, third) == 1
    assert move(first, third) == "pickup_point_full"
    db.session.rollback()
    assert list(reroutes_of(PICKUP)) == []
    assert told("rerouted_away", first) == []
    assert move(first, third, confirmed=True) == "moved"


def test_two_who_fall_ill_at_once_do_not_both_fill_the_last_places(app: Flask, town: Town) -> None:
    """Room for three: with one bag there two more fit, or one, but not all three."""
    first, second, third = (one.id for one in town.leaders)
    bound(third, 3)
    db.session.rollback()

    def fall_ill(who: int) -> str:
        with app.app_context():
            return move(who, third)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(fall_ill, (first, second))) == ["moved", "pickup_point_full"]


def test_who_loses_bags_reads_once_what_went_to_whom_and_so_does_who_gives_them_back(town: Town) -> None:
    first, _second, third = (one.id for one in town.leaders)
    assert move(first, third) == "moved"
    assert move(first, third) == "nothing_to_move"
    (body,) = told("rerouted_away", first)
    assert "3 个订单（2 袋）改由团长L3" in body
    assert "团长生病" in body
    assert told("rerouted_away", third) == []
    (row,) = reroutes_of(PICKUP)
    in_transaction(lambda: rerouting.undo(reroute_id=row.id, now=T, actor=ACTOR))
    (back,) = told("rerouted_away", third)
    assert "改由团长L1" in back
    assert len(told("rerouted_away", first)) == 1


def test_the_page_asks_before_it_fills_a_pickup_point(app: Flask, town: Town) -> None:
    bound(town.leaders[2].id, 2)
    app.config["WTF_CSRF_ENABLED"] = False
    operator = browser(app, building.add_account("店长"), "operator")
    bound(town.leaders[0].id, 1)
    shown = operator.get(f"/admin/delivery?day={PICKUP}").get_data(as_text=True)
    assert ("2 / 1 " in shown, "超 1 袋" in shown) == (True, True)
    path = f"/admin/delivery/days/{PICKUP}/reroute"
    form = {"from_leader": "L1", "to_leader": "L3", "reason": "病了"}
    assert "超出该提货点当天容量 1 袋" in operator.post(path, data=form).get_data(as_text=True)
    refused = operator.post(path, data=form | {"go": "1"})
    assert refused.status_code == 422
    page = refused.get_data(as_text=True)
    assert ("当天将有 3 袋，容量只有 2 袋" in page, 'name="confirmed"' in page) == (True, True)
    assert operator.post(path, data=form | {"go": "1", "confirmed": "y"}).status_code == 303


def test_programs_and_the_command_line_confirm_it_too(app: Flask, town: Town, run_cli: Run) -> None:
    bound(town.leaders[2].id, 2)
    account = building.add_account("店长")
    with transaction():
        accounts.grant_role(account=account, role="operator", now=NOW, actor="test")
    office = person_of(app, account.id, "operator")
    pair = {"from_leader": "L1", "to_leader": "L3"}
    assert office.ask("POST", f"{PATH}/check", pair).json["too_many"] == 1
    wanted = pair | {"reason": "病了"}
    answer = office.ask("POST", PATH, wanted, "a-key-of-one-reroute")
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "pickup_point_full")
    answer = office.ask("POST", PATH, wanted | {"confirmed": True}, "a-key-of-another-one")
    assert answer.status_code == 201
    office.ask("POST", f"/reroutes/{answer.json['reroute']}/undo", {}, "a-key-of-an-undo")
    again = ("deliveries", str(PICKUP), "--reroute", "L1", "L3", "--reason", "病了")
    assert run_cli(*again, check=False).exit_code == 1
    assert run_cli(*again, "--confirm").exit_code == 0


def test_promised_goods_that_were_rerouted_are_not_asked_of_the_first_leader(app: Flask) -> None:
    town = promises.Town(app)
    other = building.add_leader("L2")
    case = town.promise(2)
    coming = town.next_round(1)
    town.tick(1)
    building.close(app, coming, CLOSES + LATER)
    order = promises.brought(case)
    assert listing.asks_of(cases.get_case(case.number)) == [Ask.HAND_OUT]
    day, who, at = order.day, order.leader_id, CLOSES + LATER + timedelta(hours=1)
    with transaction():
        pair: dict[str, Any] = {"day": day, "old": leader(who), "new": leader(other.id)}
        row = rerouting.reroute(**pair, reason="团长生病", now=at, actor=ACTOR)
    db.session.expire_all()
    assert listing.asks_of(cases.get_case(case.number)) == [Ask.ELSEWHERE]
    in_transaction(lambda: rerouting.undo(reroute_id=row.id, now=at, actor=ACTOR))
    db.session.expire_all()
    assert listing.asks_of(cases.get_case(case.number)) == [Ask.HAND_OUT]
