"""The commission plan and the closing of a month over the API, with figures by hand."""

from typing import Any

import pytest
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.commissions.models import CommissionRule
from groupbuy.commissions.rules import Rate, Scope
from groupbuy.db import db
from groupbuy.finance.models import ClosedPeriod
from tests import building
from tests.api.conftest import Person, Town


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]["code"]


@pytest.fixture
def boss(town: Town) -> Person:
    return town.staff()


def put(boss: Person, scope: str, rate: dict[str, Any], version: int = 0, target: str | None = None) -> Any:
    body = {"scope": scope, "target": target, "rate": rate, "version": version}
    return boss.ask("PUT", "/commission-rates", body)


def test_rates_are_set_listed_changed_as_read_and_ended(boss: Person) -> None:
    before = {one["id"] for one in boss.get("/commission-rates").json["items"]}
    tiers = {"tiers": [{"from_fen": 0, "rate_bp": 500}, {"from_fen": 4000, "rate_bp": 1000}]}
    leader = put(boss, "leader", tiers, target="L1").json
    assert (leader["target"], leader["tiers"][1]) == ("L1", {"from_fen": 4000, "rate_bp": 1000})
    product = put(boss, "product", {"fixed_fen": 30}, target="P1").json
    assert code(put(boss, "product", {"fixed_fen": 40}, target="P1")) == (409, "changed_meanwhile")
    newer = put(boss, "product", {"fixed_fen": 40}, product["id"], "P1").json
    assert code(put(boss, "product", {"fixed_fen": 50}, product["id"], "P1")) == (409, "changed_meanwhile")
    listed = {one["id"]: one for one in boss.get("/commission-rates").json["items"]}
    assert listed.keys() - before == {leader["id"], newer["id"]}
    assert listed[newer["id"]] == newer
    assert [one["id"] for one in boss.get("/commission-rates?scope=leader").json["items"]] == [leader["id"]]
    for _ in range(2):
        assert boss.ask("DELETE", f"/commission-rates/{newer['id']}").status_code == 204
    assert boss.get("/commission-rates?scope=product").json["items"] == []
    noted = select(AuditEntry.after).where(AuditEntry.verb == "commission_rule_set").order_by(AuditEntry.id)
    assert db.session.scalars(noted).all()[-3:] == [
        {"rate": {"fixed_fen": 30}},
        {"rate": {"fixed_fen": 40}},
        {"rate": None},
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"scope": "product", "target": "NONE", "rate": {"rate_bp": 1}}, "required"),
        ({"scope": "product", "rate": {"rate_bp": 1}}, "required"),
        ({"scope": "default", "target": "P1", "rate": {"rate_bp": 1}}, "inconsistent"),
        ({"scope": "default", "rate": {}}, "inconsistent"),
        ({"scope": "default", "rate": {"rate_bp": 1, "fixed_fen": 1}}, "inconsistent"),
        ({"scope": "default", "rate": {"tiers": [{"from_fen": 1, "rate_bp": 1}]}}, "inconsistent"),
        ({"scope": "default", "rate": {"fixed_fen": 1_000_000}}, "above_price"),
    ],
)
def test_what_is_no_rate_is_refused_and_changes_nothing(
    boss: Person, body: dict[str, Any], expected: str
) -> None:
    rates = db.session.scalars(select(CommissionRule.rate)).all()
    assert code(boss.ask("PUT", "/commission-rates", body | {"version": 0}))[0] in (422, 409)
    assert code(boss.post("/commission-rates/preview", body)) == (422, expected)
    assert db.session.scalars(select(CommissionRule.rate)).all() == rates


@pytest.mark.parametrize(
    ("rate", "param"),
    [
        ({}, "rate"),
        ({"rate_bp": 1, "fixed_fen": 1}, "rate"),
        ({"tiers": [{"from_fen": 1, "rate_bp": 1}]}, "rate.tiers"),
        ({"fixed_fen": 1_000_000}, "rate.fixed_fen"),
        ({"rate_bp": 10_001}, "rate.rate_bp"),
    ],
)
def test_what_is_no_rate_is_named_as_it_was_sent(boss: Person, rate: dict[str, Any], param: str) -> None:
    body = {"scope": "product", "target": "P1", "rate": rate}
    for answer in (boss.post("/commission-rates/preview", body), put(boss, "product", rate, target="P1")):
        assert (answer.status_code, answer.json["error"]["param"]) == (422, param)


def test_a_rate_above_100_percent_is_refused(boss: Person) -> None:
    assert put(boss, "default", {"rate_bp": 10_001}).status_code == 422
    assert put(boss, "default", {"fixed_fen": 9.5}).status_code == 422


def test_an_amount_per_unit_is_not_above_the_cheapest_product_it_holds_for(boss: Person) -> None:
    supplier = building.add_supplier("S8")
    cheap = building.add_product(supplier, "P8", price_fen=100)
    building.add_product(supplier, "P9", price_fen=500)
    assert code(put(boss, "level", {"fixed_fen": 101}, target="x")) == (422, "required")
    assert code(put(boss, "leader", {"fixed_fen": 101}, target="L1")) == (422, "above_price")
    assert put(boss, "leader", {"fixed_fen": 100}, target="L1").status_code == 200
    building.set_commission(Rate(rate_bp=100), Scope.PRODUCT, cheap.id)
    # The cheapest has a rate of its own now, so that a leader's does not hold for it.
    version = boss.get("/commission-rates?scope=leader").json["items"][0]["id"]
    assert code(put(boss, "leader", {"fixed_fen": 501}, version, "L1")) == (422, "above_price")
    assert put(boss, "leader", {"fixed_fen": 500}, version, "L1").status_code == 200


def test_a_rate_is_tried_on_the_last_rounds_and_not_put_in_force(town: Town) -> None:
    building.set_commission(Rate(rate_bp=800))
    town.buyer.order({"P1": 3})
    building.close(town.app, town.round)
    (tried,) = (
        town.staff("finance")
        .post("/commission-rates/preview", {"scope": "default", "rate": {"rate_bp": 1000}})
        .json["leaders"]
    )
    turnover = tried["turnover_fen"]
    # 8 % and 10 %, half up.
    assert tried == {
        "leader_code": "L1",
        "turnover_fen": turnover,
        "was_fen": (turnover * 8 + 50) // 100,
        "would_fen": (turnover * 10 + 50) // 100,
        "change_fen": (turnover * 10 + 50) // 100 - (turnover * 8 + 50) // 100,
    }
    assert db.session.scalars(select(CommissionRule.rate)).all() == [{"rate_bp": 800}]


def test_levels_are_made_changed_and_listed_the_lowest_first(boss: Person) -> None:
    gold = boss.post("/leader-levels", {"name": "金牌", "min_month_fen": 500_000}).json
    silver = boss.post("/leader-levels", {"name": "银牌", "min_month_fen": 100_000}).json
    assert code(boss.post("/leader-levels", {"name": "金牌"})) == (409, "already_exists")
    wish = {"name": "黄金", "min_month_fen": None}
    changed = boss.ask("PUT", f"/leader-levels/{gold['id']}", wish | {"version": gold["version"]}).json
    assert changed == {"id": gold["id"], "version": changed["version"]} | wish
    stale = boss.ask("PUT", f"/leader-levels/{gold['id']}", {"name": "钻石", "version": gold["version"]})
    assert code(stale) == (409, "changed_meanwhile")
    assert [one["id"] for one in boss.get("/leader-levels").json["items"]] == [silver["id"], gold["id"]]


def test_a_month_is_closed_once_and_a_running_one_is_not(town: Town) -> None:
    money = town.staff("finance")
    assert code(money.post("/closed-months", {"month": "2026-11"})) == (409, "period_running")
    assert code(money.post("/closed-months", {"month": "2026-13"})) == (422, "bad_period")
    closed = money.post("/closed-months", {"month": "2026-10"}).json
    assert money.post("/closed-months", {"month": "2026-10"}).json == closed
    assert money.get("/closed-months").json["items"] == [closed]
    assert db.session.scalars(select(ClosedPeriod.period)).all() == ["2026-10"]
