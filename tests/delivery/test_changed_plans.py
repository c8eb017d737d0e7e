"""Plans that change, over pages, API and command line: goods come later, bags go elsewhere, routes differ."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from groupbuy.accounts import service as accounts
from groupbuy.accounts.queries import get_account
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.delivery import service
from groupbuy.delivery.rerouting import reroutes_of
from groupbuy.pickup import queries as pickup
from tests import building
from tests.building import NOW, PICKUP
from tests.delivery.test_ways_in import DAY, clock, post, sign_in_leader, staff, town
from tests.delivery.town import Town, units_of_day
from tests.support.commands import Run
from tests.warehouse import day
from tests.web.admin.people import sign_in

__all__ = ["clock", "town"]


def test_a_product_comes_later_on_the_pages_and_over_the_api(app: Flask, town: Town) -> None:
    operator, warehouse, leader = (
        staff(app, "operator"),
        staff(app, "warehouse"),
        sign_in_leader(app, town, 0),
    )
    later, order = (PICKUP + timedelta(days=2)).isoformat(), town.orders[4]
    path = f"/admin/rounds/{town.rounds[0].name}/later"
    shown = post(operator, path, product_code="P1", pickup_date=later).get_data(as_text=True)
    assert "3 单只有此商品，整单改期。" in shown
    assert "10 件改为新日期提货" in shown
    assert town.states() == ["closed", "closed"]
    assert post(operator, path, product_code="P1", pickup_date=later, go="1").status_code == 303
    path = f"/admin/orders/{order.number}/split"
    assert "商品P2 × 4" in operator.text(path)
    assert post(operator, path, pickup_date=later).status_code == 422
    answer = post(operator, path, product_codes="P2", pickup_date=later)
    assert answer.status_code == 303
    # Both of Anna's orders are now of the later day, in one bag whose code her page shows.
    code = pickup.bag_code_of(day.stored(order))
    resident = sign_in(app, get_account(town.anna.account_id), "resident")
    assert code is not None
    page = resident.text(f"/orders/{order.number}")
    assert "与当天另外 1 个订单合为一袋" in page
    assert code in resident.text(f"/orders/{order.number}/code").replace(" ", "")
    assert "当日单据" in leader.text("/leader/pickup")
    assert leader.get(f"/leader/days/{later}/pickup_sheet.xlsx").status_code == 303
    assert warehouse.get(f"/admin/delivery/days/{later}/bag_labels/L1.pdf").data.startswith(b"%PDF")
    assert warehouse.get(f"/admin/delivery/days/{later}/pickup_sheet/L1.pdf").status_code == 403
    assert operator.get(f"/admin/delivery/days/{later}/pickup_sheet/L1.xlsx").status_code == 200


def test_the_command_reroutes_gives_back_and_writes_the_sheets_of_the_day(
    town: Town, run_cli: Run, tmp_path: Path
) -> None:
    town.plan()
    moved = run_cli("deliveries", DAY, "--reroute", "L1", "L3", "--reason", "病了", "--json")
    assert moved.exit_code == 0, moved.output
    assert units_of_day(PICKUP) == {town.leaders[1].id: 3, town.leaders[2].id: 12}
    (row,) = reroutes_of(PICKUP)
    reroute_id = str(row.id)
    assert town.states() == ["closed", "closed"]
    back = run_cli("deliveries", DAY, "--undo", reroute_id, "--out", str(tmp_path), "--sheets", "--pdf")
    assert back.exit_code == 0, back.output
    names = sorted(path.name for path in tmp_path.iterdir())
    ours = [name.rpartition(".")[2] for name in names if "L1" in name]
    assert (ours.count("xlsx"), ours.count("pdf")) == (2, 3)
    assert town.states() == ["closed", "closed"]
    assert units_of_day(PICKUP)[town.leaders[0].id] == 11


def test_bags_are_rerouted_and_given_back_on_the_pages_and_over_the_api(app: Flask, town: Town) -> None:
    operator = staff(app, "operator")
    town.plan()
    path = f"/admin/delivery/days/{DAY}/reroute"
    assert "当天没有改派" in operator.text(path)
    form = {"from_leader": "L1", "to_leader": "L3", "reason": "<b>病了</b>"}
    shown = post(operator, path, **form).get_data(as_text=True)
    assert "¥149.30" in shown
    assert units_of_day(PICKUP)[town.leaders[0].id] == 11
    same = post(operator, path, **form | {"to_leader": "L1"}, go="1")
    assert same.status_code == 422
    assert "请选择另一位团长" in same.get_data(as_text=True)
    assert post(operator, path, **form, go="1").status_code == 303
    listed = operator.text(path)
    assert "&lt;b&gt;病了" in listed
    resident = sign_in(app, get_account(town.anna.account_id), "resident")
    assert town.leaders[2].name in resident.text(f"/orders/{town.orders[0].number}")
    (row,) = reroutes_of(PICKUP)
    assert post(operator, f"/admin/delivery/reroutes/{row.id}/undo").status_code == 303
    assert "已撤销" in operator.text(path)
    assert units_of_day(PICKUP)[town.leaders[0].id] == 11


def test_a_route_is_called_back_before_its_first_stop_and_leaves_again(app: Flask, town: Town) -> None:
    """The second round is dispatched with the east route alone, and only received again without it."""
    town.receive_all()
    warehouse = staff(app, "warehouse")
    town.plan()
    for name in ("东线", "未分线路"):
        town.leave(name)
    assert town.states() == ["dispatched", "dispatched"]
    east = town.route("东线")
    path, back = f"/admin/delivery/routes/{east.id}", f"/admin/delivery/routes/{east.id}/call-back"
    assert back in warehouse.text(path)
    assert post(warehouse, back, reason=" ").status_code == 422
    assert post(warehouse, back, reason="车坏了").status_code == 303
    assert (town.states(), town.route("东线").left_at) == (["received", "received"], None)
    assert back not in warehouse.text(path)
    assert "还没有发车" in post(warehouse, back, reason="车坏了").get_data(as_text=True)
    town.leave("东线")
    assert town.states() == ["dispatched", "dispatched"]
    stop_id = town.stop(0).id
    in_transaction(lambda: service.arrive(stop_id=stop_id, now=NOW, actor="test"))
    arrived = post(warehouse, back, reason="车坏了")
    assert (arrived.status_code, "已有货送到" in arrived.get_data(as_text=True)) == (422, True)


def test_routes_are_changed_by_hand_over_the_api(app: Flask, town: Town, cli_runner: Run) -> None:
    town.plan()
    account = building.add_account("小周")
    with transaction():
        accounts.grant_role(account=account, role="warehouse", now=NOW, actor="test")
    token = cli_runner("issue-token", "--phone", account.phone).stdout.strip()
    client = app.test_client()

    def ask(method: str, path: str, **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return client.open(f"/api/v1{path}", method=method, headers=headers, json=body or None)

    made = ask("POST", f"/deliveries/{DAY}/routes", name="南线")
    assert made.status_code == 201, made.json
    again = ask("POST", f"/deliveries/{DAY}/routes", name="南线")
    assert again.json["error"]["code"] == "already_exists"
    routes = {one["name"]: one for one in made.json["routes"]}
    path = f"/delivery-routes/{routes['南线']['route']}"
    driver = {"driver": "老赵", "driver_phone": "139", "capacity_units": 9}
    changed = ask("PUT", path, version=1, **driver).json
    south = next(one for one in changed["routes"] if one["name"] == "南线")
    assert {name: south[name] for name in driver} == driver
    assert ask("PUT", path, version=1).json["error"]["code"] == "changed_meanwhile"
    move = f"/delivery-stops/{routes['东线']['stops'][0]['stop']}/move"
    assert ask("POST", move, route=south["route"], place=0).status_code == 422
    moved = ask("POST", move, route=south["route"], place=1).json
    assert [len(one["stops"]) for one in moved["routes"] if one["name"] in ("南线", "东线")] == [1, 1]
    for suffix, begin in (("pdf", b"%PDF"), ("xlsx", b"PK")):
        notes = ask("GET", f"{path}/notes.{suffix}")
        assert (notes.status_code, notes.data.startswith(begin)) == (200, True)
    assert ask("POST", f"{path}/call-back", reason="没走").json["error"]["code"] == "not_left"
    ask("POST", f"{path}/leave")
    back = ask("POST", f"{path}/call-back", reason="没走").json
    assert [one["left_at"] for one in back["routes"]] == [None] * 3
