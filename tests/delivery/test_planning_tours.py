"""A day's tours by the solver: asked for, worked out by the worker, taken over or thrown away."""

import sys
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import select

from groupbuy.accounts import service as accounts
from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.delivery import planning, service
from groupbuy.flows import dispatching
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders.models import Leader
from groupbuy.purchasing import delivering
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.work import work_off
from tests import building
from tests.building import ACTOR, NOW, PICKUP
from tests.delivery.town import T, Town
from tests.support.browsers import DESKTOP, PHONE
from tests.support.commands import Run
from tests.web.admin.people import Person, sign_in
from tests.web.browsing import look_at, served, sit_down

DAY = PICKUP.isoformat()
PAGE = f"/admin/delivery?day={DAY}"
DEPOT = {"latitude_e6": 30_270_000, "longitude_e6": 120_150_000}
# L1 and L3 lie side by side in the north; nobody knows where L2 is.
PLACES = {0: 30_280_000, 2: 30_281_000}


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    """Put the clock into the working day of everybody's session."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def town(app: Flask) -> Town:
    """Return the planned town, on the map but for L2: 东线 has L1 (11 units) and L2 (3), the other L3 (1)."""
    app.config["WTF_CSRF_ENABLED"] = False
    town = Town(app)
    with transaction():
        for which, latitude in PLACES.items():
            leader = db.session.get_one(Leader, town.leaders[which].id)
            leader.latitude_e6, leader.longitude_e6 = latitude, 120_150_000
        delivering.set_depot(**DEPOT, now=NOW, actor="test")
    town.plan()
    return town


def _staff(app: Flask, role: str) -> Person:
    account = building.add_account(f"小陈 {role}")
    with transaction():
        accounts.grant_role(account=account, role=role, now=NOW, actor="test")
    return sign_in(app, account, role)


def _work(app: Flask) -> list[str]:
    ours = {planning.ROUTES_JOB: handlers_of(app)[planning.ROUTES_JOB]}
    return [one.result for one in work_off(ours, now=utc_now)]


def _post(person: Person, path: str, **fields: str) -> int:
    status: int = person.client.post(path, data=fields).status_code
    return status


def _propose() -> None:
    in_transaction(lambda: planning.propose(day=PICKUP, now=T, actor="test"))


def _take() -> int:
    return in_transaction(lambda: planning.take_over(day=PICKUP, now=T, actor="test"))


def _refused(deed: Callable[[], object]) -> str:
    with pytest.raises(GroupbuyError) as refused:
        deed()
    db.session.rollback()
    return refused.value.code


def _orders(town: Town) -> dict[str, list[str]]:
    return {name: [stop.leader.code for stop in town.route(name).stops] for name in ("东线", "未分线路")}


def _capacity(town: Town, name: str, units: int) -> None:
    route = town.route(name)
    route_id, version = route.id, route.version
    in_transaction(
        lambda: service.change_route(
            route_id=route_id,
            version=version,
            driver=None,
            driver_phone=None,
            capacity_units=units,
            now=T,
            actor="test",
        )
    )


def test_tours_are_asked_for_shown_and_taken_over_on_the_page(app: Flask, town: Town) -> None:
    warehouse, finance = _staff(app, "warehouse"), _staff(app, "finance")
    # L2 keeps 3 of the 13 units of 东线, so that L1 with 11 does not fit in any more.
    _capacity(town, "东线", 13)
    _capacity(town, "未分线路", 12)
    assert "推荐线路" in warehouse.text(PAGE)
    assert _post(finance, "/admin/delivery/proposal", day=DAY) == 403
    assert _post(warehouse, "/admin/delivery/proposal", day=DAY) == 303
    assert "正在计算线路" in warehouse.text(PAGE)
    assert _post(warehouse, "/admin/delivery/proposal/take", day=DAY) == 303
    assert "推荐线路尚未算好" in warehouse.text(PAGE)
    assert _work(app) == ["ready"]
    page = warehouse.text(PAGE)
    # L1 lies 1.11 km from the warehouse, L3 1.22 km: 2.22 + 2.45 km as two tours, 2.45 km as one.
    assert "4.7 公里" in page
    assert "2.4 公里" in page
    assert "1 位团长没有坐标，留在原线路：团长L2" in page
    assert "Use these tours" in warehouse.text(f"{PAGE}&lang=en")
    assert _post(warehouse, "/admin/delivery/proposal/take", day=DAY) == 303
    assert {name: sorted(codes) for name, codes in _orders(town).items()} == {
        "东线": ["L2"],
        "未分线路": ["L1", "L3"],
    }
    assert _post(warehouse, "/admin/delivery/proposal/take", day=DAY) == 404
    verbs = db.session.scalars(select(AuditEntry.verb).where(AuditEntry.verb.like("tours_%"))).all()
    assert sorted(verbs) == ["tours_proposed", "tours_taken_over"]
    _capacity(town, "未分线路", 10)
    assert _refused(_propose) == "too_little_room"


@pytest.mark.browser
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_proposed_tours_fit_a_desk_and_a_phone(
    app: Flask, town: Town, browser: Browser, database_kind: str
) -> None:
    _propose()
    _work(app)
    account = building.add_account("调度").id
    with served(app) as site:
        for device in (DESKTOP, PHONE):
            page = sit_down(browser, app, site, account, "warehouse", **device)
            page.goto(PAGE)
            assert page.get_by_role("button", name="采用").is_visible()
            look_at(page)
            page.context.close()


def test_a_day_that_has_changed_or_left_is_not_taken_over(app: Flask, town: Town) -> None:
    _propose()
    _work(app)
    _capacity(town, "东线", 100)
    assert _refused(_take) == "changed_meanwhile"
    _propose()
    _work(app)
    before = _orders(town)
    town.leave("未分线路")
    assert _refused(_take) == "changed_meanwhile"
    town.leave("东线")
    assert _refused(_take) == "route_left"
    assert _refused(_propose) == "route_left"
    assert _orders(town) == before
    in_transaction(lambda: planning.throw_away(day=PICKUP, now=T, actor="test"))
    assert _refused(_take) == "unknown_proposal"


def test_late_goods_are_planned_beside_a_route_that_has_left(app: Flask, town: Town) -> None:
    """东线 has left with the first round: L1's four units of the second go along to L3."""
    warehouse = _staff(app, "warehouse")
    route_id = town.route("东线").id
    in_transaction(lambda: dispatching.leave(route_id=route_id, now=T, actor=ACTOR, later=("C2",)))
    assert town.plan() == 1
    _capacity(town, "东线 2", 4)
    _capacity(town, "未分线路", 5)
    _propose()
    assert _work(app) == ["ready"]
    assert "没有坐标" not in warehouse.text(PAGE)
    assert _take() == 2
    after = {name: sorted(codes) for name, codes in _orders(town).items()}
    assert after == {"东线": ["L1", "L2"], "未分线路": ["L1", "L3"]}


def test_what_is_thrown_away_or_asked_for_again_is_not_stored(app: Flask, town: Town) -> None:
    _propose()
    in_transaction(lambda: planning.throw_away(day=PICKUP, now=T, actor="test"))
    assert _work(app) == ["gone"]
    _propose()
    _propose()
    assert sorted(_work(app)) == ["gone", "ready"]
    assert planning.find_proposal(PICKUP) is not None


def test_without_depot_stops_or_solver_the_page_says_what_is_missing(
    app: Flask, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = _staff(app, "operator")
    _propose()
    monkeypatch.setitem(sys.modules, "pyvrp", None)
    page = operator.text(PAGE)
    assert "pip install &#39;groupbuy[routes]&#39;" in page
    assert "重新推荐" not in page
    assert _refused(_propose) == "no_solver"
    monkeypatch.delitem(sys.modules, "groupbuy.delivery.solving", raising=False)
    assert "groupbuy[routes]" in _work(app)[0]
    assert "线路计算失败" in operator.text(PAGE)
    monkeypatch.undo()
    form = {"address": "东仓", "latitude_e6": "30.27", "longitude_e6": ""}
    assert _post(operator, "/admin/settings/delivery", **form) == 422
    assert _post(operator, "/admin/settings/delivery", address="东仓") == 303
    assert _refused(_propose) == "no_depot"
    assert "请先在系统设置中填写仓库坐标" in operator.text(PAGE)
    assert _post(operator, "/admin/settings/delivery", **form | {"longitude_e6": "120.15"}) == 303
    assert "120.15" in operator.text("/admin/settings")
    assert delivering.depot() == (30_270_000, 120_150_000)
    later = PICKUP + timedelta(days=1)
    assert _refused(lambda: planning.propose(day=later, now=T, actor="test")) == "not_planned"


def test_programs_and_the_command_line_propose_and_take_over(app: Flask, town: Town, cli_runner: Run) -> None:
    account = building.add_account("小周")
    with transaction():
        accounts.grant_role(account=account, role="warehouse", now=NOW, actor="test")
    token = cli_runner("issue-token", "--phone", account.phone).stdout.strip()
    client, headers = app.test_client(), {"Authorization": f"Bearer {token}"}
    path = f"/api/v1/deliveries/{DAY}/proposal"
    asked = client.post(path, headers=headers)
    assert (asked.status_code, asked.json["proposal"]["state"]) == (202, "waiting")
    assert client.post(f"{path}/take", headers=headers).json["error"]["code"] == "not_ready"
    _work(app)
    shown = client.get(f"/api/v1/deliveries/{DAY}", headers=headers).json["proposal"]
    assert (shown["state"], shown["staying"], shown["metres"] < shown["before_m"]) == ("ready", ["L2"], True)
    assert client.delete(path, headers=headers).json["proposal"] is None
    assert client.delete(path, headers=headers).status_code == 404
    lines = cli_runner("deliveries", DAY, "--propose").stdout
    assert "Proposal: 2.4 km instead of 4.7 km" in lines
    assert "No place on the map: L2" in lines
    assert "Proposal" not in cli_runner("deliveries", DAY, "--take").stdout
    assert sorted(_orders(town).values(), key=len)[-1][-1] in ("L1", "L2", "L3")
