"""Routes and signatures over the pages, the API and the command line, as their people use them."""

from collections.abc import Iterator
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
from groupbuy.flows.signing import Count
from groupbuy.messaging import notes
from tests import building
from tests.building import NOW, PICKUP
from tests.delivery.town import Town
from tests.support.commands import Run
from tests.warehouse import day
from tests.web.admin.people import Person, sign_in

DAY = PICKUP.isoformat()


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Put the clock into the working day of everybody's session."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def town(app: Flask) -> Town:
    """Return the town with its rounds closed; forms need no token."""
    app.config["WTF_CSRF_ENABLED"] = False
    return Town(app)


def staff(app: Flask, role: str) -> Person:
    account = building.add_account(f"小陈 {role}")
    with transaction():
        accounts.grant_role(account=account, role=role, now=NOW, actor="test")
    return sign_in(app, account, role)


def sign_in_leader(app: Flask, town: Town, which: int) -> Person:
    return sign_in(app, get_account(town.leaders[which].account_id), "leader")


def sheets(answer: Any) -> list[set[Any]]:
    book = openpyxl.load_workbook(BytesIO(answer.data))
    return [{cell for row in sheet.values for cell in row} for sheet in book]


def post(person: Person, path: str, **fields: Any) -> Any:
    return person.client.post(path, data=fields)


def test_a_day_from_the_plan_to_the_decision_on_the_pages(app: Flask, town: Town) -> None:
    warehouse, operator, leader = (
        staff(app, "warehouse"),
        staff(app, "operator"),
        sign_in_leader(app, town, 0),
    )
    assert "还有 3 位团长未排站" in warehouse.text(f"/admin/delivery?day={DAY}")
    assert post(warehouse, "/admin/delivery/plan", day=DAY).status_code == 303
    east = town.route("东线")
    path = f"/admin/delivery/routes/{east.id}"
    assert (
        post(
            warehouse, path, version="1", driver="老赵", driver_phone="13900001111", capacity_units="10"
        ).status_code
        == 303
    )
    late = post(warehouse, path, version="1", driver="老钱")
    assert late.status_code == 422
    assert "这条线路刚被他人修改" in late.get_data(as_text=True)
    assert "超载 4 件" in warehouse.text(f"/admin/delivery?day={DAY}")
    assert "没有待签收的货品" in leader.text("/leader/goods")
    assert "2 站、14 件货发车" in warehouse.text(f"{path}/leave")
    post(warehouse, f"{path}/leave")
    assert "货品已在路上" in leader.text("/leader/")
    place = leader.get("/leader/goods").location
    form = {
        "stop": str(town.stop(0).id),
        "lines-0-offer": str(town.offer("P1")),
        "lines-0-got": "4",
        "lines-0-reason": "",
    }
    blank = post(leader, place, **form)
    assert blank.status_code == 422
    assert "请说明是缺少还是破损" in blank.get_data(as_text=True)
    assert post(leader, place, **form | {"lines-0-reason": "missing"}).status_code == 303
    assert "发 7，收 4" in leader.text(place)
    assert post(leader, place, **form | {"lines-0-reason": "missing"}).status_code == 200, "sent twice"
    pears = str(town.offer("P2", 1))
    later = {"later": "1", "lines-0-offer": pears, "lines-0-got": "3", "lines-0-reason": ""}
    shown = leader.text(place)
    assert ("签收后又发现短少或破损" in shown, 'name="later" type="hidden" value="1"' in shown) == (
        True,
        True,
    )
    assert post(leader, place, **later).status_code == 422
    assert post(leader, place, **later | {"lines-0-reason": "damaged"}).status_code == 303
    assert "发 4，收 3" in leader.text(place)
    found = missing.discrepancies(day=PICKUP)[0]
    decide = f"/admin/delivery/discrepancies/{found.id}"
    assert warehouse.get(decide).status_code == 403
    page = operator.text(decide)
    assert page.count("贝塔") == page.count("安娜") == 1
    assert post(operator, decide, decision="refund", payer="driver").status_code == 303
    assert "¥15.00" in operator.text(decide)
    stops, differing = sheets(operator.get(f"/admin/delivery?day={DAY}&export=xlsx"))
    assert {"东线", "老赵", "L1"} <= stops
    assert {7, 4, "短少"} <= differing
    assert day.stored(town.orders[1]).state == "cancelled"
    assert "缺 2 件" in sign_in(app, get_account(town.orders[1].resident.account_id), "resident").text(
        f"/orders/{town.orders[1].number}"
    )


def test_nobody_is_asked_to_pay_for_what_came_too_much(app: Flask, town: Town) -> None:
    operator = staff(app, "operator")
    town.plan()
    town.leave("东线")
    town.sign(0, {town.offer("P1"): Count(8)})
    (found,) = missing.discrepancies(day=PICKUP)
    path = f"/admin/delivery/discrepancies/{found.id}"
    page = operator.text(path)
    assert ('value="dismiss"' in page, 'value="refund"' in page, "由谁承担" in page) == (True, False, False)
    assert post(operator, path, decision="refund", payer="driver").status_code == 422
    assert post(operator, path, decision="dismiss").status_code == 303


@pytest.mark.parametrize("offer", ["²", "-1", "abc", "", "9" * 30])
def test_a_signature_that_names_no_goods_signs_for_nothing(app: Flask, town: Town, offer: str) -> None:
    leader = sign_in_leader(app, town, 0)
    town.plan()
    town.leave("东线")
    answer = post(
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
    assert post(anna, "/me/messages", until=str(latest)).status_code == 303
    post(anna, "/me/messages", until="1")
    assert "全部已读" in anna.text("/me/messages")
    berta = sign_in(app, get_account(town.orders[1].resident.account_id), "resident")
    assert "2 条未读" in berta.text("/me/messages")


def test_another_leader_sees_nothing_of_it(app: Flask, town: Town) -> None:
    town.plan()
    town.leave("东线")
    assert sign_in_leader(app, town, 2).get(f"/leader/goods/{DAY}").status_code == 404
    assert sign_in_leader(app, town, 0).get("/leader/goods/2026-13-40").status_code == 404


def test_the_notes_of_a_route_have_a_sheet_for_each_stop(app: Flask, town: Town) -> None:
    town.plan()
    warehouse = staff(app, "warehouse")
    answer = warehouse.get(f"/admin/delivery/routes/{town.route('东线').id}/notes.xlsx")
    book = openpyxl.load_workbook(BytesIO(answer.data))
    assert book.sheetnames == ["L1 团长L1", "L2 团长L2"]
    assert any("东线 第 2 / 2 站" in str(cell.value) for row in book["L2 团长L2"] for cell in row)
    assert warehouse.get(f"/admin/delivery/routes/{town.route('东线').id}/notes.pdf").data[:5] == b"%PDF-"


def test_a_stop_is_moved_on_the_page(app: Flask, town: Town) -> None:
    town.plan()
    warehouse = staff(app, "warehouse")
    east, stop = town.route("东线"), town.stop(2)
    assert post(warehouse, "/admin/delivery/routes", day=DAY, name="东线").status_code == 303
    assert "这一天已有同名线路" in warehouse.text(f"/admin/delivery?day={DAY}")
    post(warehouse, f"/admin/delivery/stops/{stop.id}/move", route=str(east.id), place="2")
    assert [one.leader.code for one in town.route("东线").stops] == ["L1", "L3", "L2"]
    post(warehouse, f"/admin/delivery/stops/{stop.id}/move", route=str(east.id), place="x")
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
