"""What comes after a vehicle has left, on pages, over the API and the command line."""

from flask import Flask

from groupbuy.accounts.models import Account
from groupbuy.db import db
from groupbuy.delivery import brought, missing
from groupbuy.kernel.clock import utc_now
from tests import building
from tests.building import PICKUP
from tests.delivery.later_vehicle import late_order, leave, sent, stops_of_first, town
from tests.delivery.town import Town
from tests.support.commands import Run
from tests.support.seats import appoint, seat
from tests.warehouse import day

__all__ = ["late_order", "town"]


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
