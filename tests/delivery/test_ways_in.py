"""Routes and signatures over the pages, the API and the command line, as their people use them."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import time_machine
from flask import Flask

from groupbuy.accounts import service as accounts
from groupbuy.accounts.queries import get_account
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.delivery import missing, service
from groupbuy.delivery.rerouting import reroutes_of
from groupbuy.messaging import notes
from groupbuy.pickup import queries as pickup
from tests import building
from tests.building import NOW, PICKUP
from tests.delivery.town import Town, units_of_day
from tests.support.commands import Run
from tests.warehouse import day
from tests.web.admin.people import Person, sign_in

DAY = PICKUP.isoformat()


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    """Put the clock into the working day of everybody's session."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def town(app: Flask) -> Town:
    """Return the town with its rounds closed; forms need no token."""
    app.config["WTF_CSRF_ENABLED"] = False
    return Town(app)


def _staff(app: Flask, role: str) -> Person:
    account = building.add_account(f"小陈 {role}")
    with transaction():
        accounts.grant_role(account=account, role=role, now=NOW, actor="test")
    return sign_in(app, account, role)


def _leader(app: Flask, town: Town, which: int) -> Person:
    return sign_in(app, get_account(town.leaders[which].account_id), "leader")


def _sheets(answer: Any) -> list[set[Any]]:
    book = openpyxl.load_workbook(BytesIO(answer.data))
    return [{cell for row in sheet.values for cell in row} for sheet in book]


def _post(person: Person, path: str, **fields: Any) -> Any:
    return person.client.post(path, data=fields)


def test_a_day_from_the_plan_to_the_decision_on_the_pages(app: Flask, town: Town) -> None:
    warehouse, operator, leader = _staff(app, "warehouse"), _staff(app, "operator"), _leader(app, town, 0)
    assert "还有 3 位团长未排站" in warehouse.text(f"/admin/delivery?day={DAY}")
    assert _post(warehouse, "/admin/delivery/plan", day=DAY).status_code == 303
    east = town.route("东线")
    path = f"/admin/delivery/routes/{east.id}"
    assert (
        _post(
            warehouse, path, version="1", driver="老赵", driver_phone="13900001111", capacity_units="10"
        ).status_code
        == 303
    )
    late = _post(warehouse, path, version="1", driver="老钱")
    assert late.status_code == 422
    assert "这条线路刚被他人修改" in late.get_data(as_text=True)
    assert "超载 4 件" in warehouse.text(f"/admin/delivery?day={DAY}")
    assert "没有待签收的货品" in leader.text("/leader/goods")
    assert "2 站、14 件货发车" in warehouse.text(f"{path}/leave")
    _post(warehouse, f"{path}/leave")
    assert "货品已在路上" in leader.text("/leader/")
    place = leader.get("/leader/goods").location
    form = {
        "stop": str(town.stop(0).id),
        "lines-0-offer": str(town.offer("P1")),
        "lines-0-got": "4",
        "lines-0-reason": "",
    }
    blank = _post(leader, place, **form)
    assert blank.status_code == 422
    assert "请说明是缺少还是破损" in blank.get_data(as_text=True)
    assert _post(leader, place, **form | {"lines-0-reason": "missing"}).status_code == 303
    assert "发 7，收 4" in leader.text(place)
    assert _post(leader, place, **form | {"lines-0-reason": "missing"}).status_code == 200, "sent twice"
    pears = str(town.offer("P2", 1))
    later = {"later": "1", "lines-0-offer": pears, "lines-0-got": "3", "lines-0-reason": ""}
    shown = leader.text(place)
    assert ("签收后又发现短少或破损" in shown, 'name="later" type="hidden" value="1"' in shown) == (
        True,
        True,
    )
    assert _post(leader, place, **later).status_code == 422
    assert _post(leader, place, **later | {"lines-0-reason": "damaged"}).status_code == 303
    assert "发 4，收 3" in leader.text(place)
    found = missing.discrepancies(day=PICKUP)[0]
    decide = f"/admin/delivery/discrepancies/{found.id}"
    assert warehouse.get(decide).status_code == 403
    page = operator.text(decide)
    assert page.count("贝塔") == page.count("安娜") == 1
    assert _post(operator, decide, decision="refund", payer="driver").status_code == 303
    assert "¥15.00" in operator.text(decide)
    stops, differing = _sheets(operator.get(f"/admin/delivery?day={DAY}&export=xlsx"))
    assert {"东线", "老赵", "L1"} <= stops
    assert {7, 4, "短少"} <= differing
    assert day.stored(town.orders[1]).state == "cancelled"
    assert "缺 2 件" in sign_in(app, get_account(town.orders[1].resident.account_id), "resident").text(
        f"/orders/{town.orders[1].number}"
    )


@pytest.mark.parametrize("offer", ["²", "-1", "abc", "", "9" * 30])
def test_a_signature_that_names_no_goods_signs_for_nothing(app: Flask, town: Town, offer: str) -> None:
    leader = _leader(app, town, 0)
    town.plan()
    town.leave("东线")
    answer = _post(
        leader,
        f"/leader/goods/{DAY}",
        **{
            "stop": str(town.stop(0).id),
            "lines-0-offer": offer,
            "lines-0-got": "1",
            "lines-0-reason": "missing",
        },
    )
    assert answer.status_code == 422
    assert town.stop(0).signed_at is None


def test_residents_are_told_once_when_goods_leave_and_when_they_are_there(app: Flask, town: Town) -> None:
    town.plan()
    anna = sign_in(app, get_account(town.anna.account_id), "resident")
    assert "还没有消息" in anna.text("/me/messages")
    town.leave("东线")
    town.leave("东线")
    assert "2 条未读" not in anna.text("/me")
    assert "1 条未读" in anna.text("/me")
    for _ in range(2):
        stop_id = town.stop(0).id
        in_transaction(lambda: service.arrive(stop_id=stop_id, now=NOW, actor="test"))  # noqa: B023 - run at once
    town.sign(0, {})
    page = anna.text("/me/messages")
    assert (page.count("发货通知"), page.count("到货通知")) == (1, 1)
    latest = notes.notes_to(f"resident:{town.anna.id}", most=1)[0].id
    assert _post(anna, "/me/messages", until=str(latest)).status_code == 303
    _post(anna, "/me/messages", until="1")
    assert "全部已读" in anna.text("/me/messages")
    berta = sign_in(app, get_account(town.orders[1].resident.account_id), "resident")
    assert "2 条未读" in berta.text("/me/messages")


def test_another_leader_sees_nothing_of_it(app: Flask, town: Town) -> None:
    town.plan()
    town.leave("东线")
    assert _leader(app, town, 2).get(f"/leader/goods/{DAY}").status_code == 404
    assert _leader(app, town, 0).get("/leader/goods/2026-13-40").status_code == 404


def test_the_notes_of_a_route_have_a_sheet_for_each_stop(app: Flask, town: Town) -> None:
    town.plan()
    warehouse = _staff(app, "warehouse")
    answer = warehouse.get(f"/admin/delivery/routes/{town.route('东线').id}/notes.xlsx")
    book = openpyxl.load_workbook(BytesIO(answer.data))
    assert book.sheetnames == ["L1 团长L1", "L2 团长L2"]
    assert any("东线 第 2 / 2 站" in str(cell.value) for row in book["L2 团长L2"] for cell in row)
    assert warehouse.get(f"/admin/delivery/routes/{town.route('东线').id}/notes.pdf").data[:5] == b"%PDF-"


def test_a_stop_is_moved_on_the_page(app: Flask, town: Town) -> None:
    town.plan()
    warehouse = _staff(app, "warehouse")
    east, stop = town.route("东线"), town.stop(2)
    assert _post(warehouse, "/admin/delivery/routes", day=DAY, name="东线").status_code == 303
    assert "这一天已有同名线路" in warehouse.text(f"/admin/delivery?day={DAY}")
    _post(warehouse, f"/admin/delivery/stops/{stop.id}/move", route=str(east.id), place="2")
    assert [one.leader.code for one in town.route("东线").stops] == ["L1", "L3", "L2"]
    _post(warehouse, f"/admin/delivery/stops/{stop.id}/move", route=str(east.id), place="x")
    assert "请填写该站在线路中的站序" in warehouse.text(f"/admin/delivery/routes/{east.id}")


def test_programs_plan_leave_and_sign(app: Flask, town: Town, cli_runner: Run) -> None:
    def token(phone: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {cli_runner('issue-token', '--phone', phone).stdout.strip()}"}

    client = app.test_client()
    account = building.add_account("小周")
    with transaction():
        accounts.grant_role(account=account, role="warehouse", now=NOW, actor="test")
    staff, leader = token(account.phone), token(town.leaders[0].phone)
    assert client.post(f"/api/v1/deliveries/{DAY}/plan", headers=staff).json == {"stops": 3}
    shown = client.get(f"/api/v1/deliveries/{DAY}", headers=staff).json
    assert [(one["name"], one["units"]) for one in shown["routes"]] == [("东线", 14), ("未分线路", 1)]
    assert client.get(f"/api/v1/deliveries/{DAY}/goods", headers=leader).status_code == 404
    left = client.post(f"/api/v1/delivery-routes/{shown['routes'][0]['route']}/leave", headers=staff)
    assert left.json["routes"][0]["left_at"] is not None
    arrived = client.post(
        f"/api/v1/delivery-stops/{shown['routes'][0]['stops'][0]['stop']}/arrive", headers=staff
    )
    assert arrived.json["routes"][0]["stops"][0]["arrived_at"] is not None
    line = {"round": "C1", "product_code": "P1", "got": 6}
    refused = client.post(f"/api/v1/deliveries/{DAY}/sign", headers=leader, json={"lines": [line]})
    assert (refused.status_code, refused.json["error"]["code"]) == (422, "required")
    twice = {"lines": [line | {"reason": "damaged"}] * 2}
    assert client.post(f"/api/v1/deliveries/{DAY}/sign", headers=leader, json=twice).status_code == 422
    signed = client.post(
        f"/api/v1/deliveries/{DAY}/sign", headers=leader, json={"lines": [line | {"reason": "damaged"}]}
    )
    assert signed.status_code == 200
    assert signed.json["signed_at"] is not None
    again = client.post(f"/api/v1/deliveries/{DAY}/sign", headers=leader, json={"lines": []})
    assert (again.status_code, again.json["error"]["code"]) == (409, "already_signed")
    late = {"lines": [{"round": "C2", "product_code": "P2", "got": 3, "reason": "missing"}], "later": True}
    for status in (200, 409):
        told = client.post(f"/api/v1/deliveries/{DAY}/sign", headers=leader, json=late)
        assert (told.status_code, "already_told" in told.text) == (status, status == 409)


def test_the_command_plans_shows_and_writes_notes(town: Town, cli_runner: Run, tmp_path: Path) -> None:
    out = tmp_path / "notes"
    done = cli_runner("deliveries", DAY, "--plan", "--out", str(out), "--pdf", "--json")
    shown = done.json
    assert shown["unplanned"] == []
    assert sorted(shown["files"]) == sorted(path.name for path in out.iterdir())
    # The notes and the loading list of both routes, each as a workbook and as a PDF.
    assert len(shown["files"]) == 8
    assert "东线: 2 stops, 14 units, loading" in cli_runner("deliveries", DAY).stdout
    assert "Nothing is delivered" in cli_runner("deliveries", "2020-01-01").stdout
    assert cli_runner("deliveries", "someday", check=False).exit_code == 2


def test_a_product_comes_later_on_the_pages_and_over_the_api(app: Flask, town: Town) -> None:
    operator, warehouse, leader = _staff(app, "operator"), _staff(app, "warehouse"), _leader(app, town, 0)
    later, order = (PICKUP + timedelta(days=2)).isoformat(), town.orders[4]
    path = f"/admin/rounds/{town.rounds[0].name}/later"
    shown = _post(operator, path, product_code="P1", pickup_date=later).get_data(as_text=True)
    assert "3 单只有此商品，整单改期。" in shown
    assert "10 件改为新日期提货" in shown
    assert town.states() == ["closed", "closed"]
    assert _post(operator, path, product_code="P1", pickup_date=later, go="1").status_code == 303
    path = f"/admin/orders/{order.number}/split"
    assert "商品P2 × 4" in operator.text(path)
    assert _post(operator, path, pickup_date=later).status_code == 422
    answer = _post(operator, path, product_codes="P2", pickup_date=later)
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
    back = run_cli("deliveries", DAY, "--undo", reroute_id, "--out", str(tmp_path), "--sheets")
    assert back.exit_code == 0, back.output
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len([name for name in names if "L1" in name]) == 3
    assert town.states() == ["closed", "closed"]
    assert units_of_day(PICKUP)[town.leaders[0].id] == 11


def test_bags_are_rerouted_and_given_back_on_the_pages_and_over_the_api(app: Flask, town: Town) -> None:
    operator = _staff(app, "operator")
    town.plan()
    path = f"/admin/delivery/days/{DAY}/reroute"
    assert "当天没有改派" in operator.text(path)
    form = {"from_leader": "L1", "to_leader": "L3", "reason": "<b>病了</b>"}
    shown = _post(operator, path, **form).get_data(as_text=True)
    assert "¥149.30" in shown
    assert units_of_day(PICKUP)[town.leaders[0].id] == 11
    same = _post(operator, path, **form | {"to_leader": "L1"}, go="1")
    assert same.status_code == 422
    assert "请选择另一位团长" in same.get_data(as_text=True)
    assert _post(operator, path, **form, go="1").status_code == 303
    listed = operator.text(path)
    assert "&lt;b&gt;病了" in listed
    resident = sign_in(app, get_account(town.anna.account_id), "resident")
    assert town.leaders[2].name in resident.text(f"/orders/{town.orders[0].number}")
    (row,) = reroutes_of(PICKUP)
    assert _post(operator, f"/admin/delivery/reroutes/{row.id}/undo").status_code == 303
    assert "已撤销" in operator.text(path)
    assert units_of_day(PICKUP)[town.leaders[0].id] == 11


def test_a_route_is_called_back_before_its_first_stop_and_leaves_again(app: Flask, town: Town) -> None:
    """The second round is dispatched with the east route alone, and only received again without it."""
    town.receive_all()
    warehouse = _staff(app, "warehouse")
    town.plan()
    for name in ("东线", "未分线路"):
        town.leave(name)
    assert town.states() == ["dispatched", "dispatched"]
    east = town.route("东线")
    path, back = f"/admin/delivery/routes/{east.id}", f"/admin/delivery/routes/{east.id}/call-back"
    assert back in warehouse.text(path)
    assert _post(warehouse, back, reason=" ").status_code == 422
    assert _post(warehouse, back, reason="车坏了").status_code == 303
    assert (town.states(), town.route("东线").left_at) == (["received", "received"], None)
    assert back not in warehouse.text(path)
    assert "还没有发车" in _post(warehouse, back, reason="车坏了").get_data(as_text=True)
    town.leave("东线")
    assert town.states() == ["dispatched", "dispatched"]
    stop_id = town.stop(0).id
    in_transaction(lambda: service.arrive(stop_id=stop_id, now=NOW, actor="test"))
    arrived = _post(warehouse, back, reason="车坏了")
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
