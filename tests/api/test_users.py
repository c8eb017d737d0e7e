"""Users over the API: made, given roles, limited, disabled; each with a fresh token, each in the log."""

from datetime import timedelta
from typing import Any

import time_machine
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from tests.api.conftest import Town
from tests.building import NOW

NEW = {"name": "小周", "phone": "139 0000 7777", "role": "customer_service", "password": "Sonnenblume-9"}


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]["code"]


def test_an_operator_makes_limits_and_disables_a_member_of_the_staff(town: Town) -> None:
    boss = town.staff()
    made = boss.post("/users", NEW)
    assert made.status_code == 201
    user = made.json
    assert (user["phone"], user["roles"], user["active"]) == ("139****7777", ["customer_service"], True)
    path = f"/users/{user['id']}"
    assert [one["id"] for one in boss.get("/users?q=7777").json["items"]] == [user["id"]]
    assert boss.post(f"{path}/roles", {"role": "finance"}).json["roles"] == ["finance", "customer_service"]
    assert boss.ask("DELETE", f"{path}/roles/finance").json["roles"] == ["customer_service"]
    limited = boss.ask("PUT", f"{path}/limit", {"leaders": [town.leader.code]})
    assert limited.json["limit"] == {"communities": [], "leaders": [town.leader.code]}
    helper = town.person(user["id"], "customer_service")
    assert [one["code"] for one in helper.get("/leaders").json["items"]] == [town.leader.code]
    assert boss.ask("DELETE", f"{path}/limit").json["limit"] is None
    assert boss.post(f"{path}/disable").json["active"] is False
    assert helper.get("/leaders").status_code == 401
    assert boss.post(f"{path}/enable").json["active"] is True
    entries = select(AuditEntry.verb).where(
        AuditEntry.subject_kind == "account", AuditEntry.subject == str(user["id"])
    )
    assert {
        *("role_granted", "password_set", "role_revoked", "staff_limited", "staff_limit_lifted"),
        *("account_disabled", "account_enabled"),
    } <= set(db.session.scalars(entries))


def test_what_cannot_be_is_refused_and_changes_nothing(town: Town) -> None:
    boss, keeper = town.staff(), town.account("warehouse")
    own = boss.get("/users?role=operator").json["items"][0]["id"]
    assert code(boss.post(f"/users/{own}/disable")) == (409, "last_operator")
    assert code(boss.ask("DELETE", f"/users/{own}/roles/operator")) == (409, "last_operator")
    assert code(boss.ask("DELETE", f"/users/{own}/roles/leader")) == (422, "role")
    assert code(boss.post("/users", NEW | {"phone": "12"})) == (422, "phone")
    assert code(boss.post("/users", NEW | {"password": "12345678"})) == (422, "password_common")
    assert code(boss.post("/users", NEW | {"role": "leader"})) == (422, "unknown_value")
    limit = f"/users/{keeper.id}/limit"
    assert code(boss.ask("PUT", limit, {"leaders": [town.leader.code]})) == (409, "not_limitable")
    assert code(boss.get("/users/999")) == (404, "unknown_account")
    assert boss.get("/users?q=7777&role=all").json["items"] == []


def test_a_token_that_is_not_fresh_reads_and_changes_nothing(
    town: Town, clock: time_machine.Traveller
) -> None:
    boss = town.staff()
    clock.move_to(NOW + timedelta(minutes=16))
    assert boss.get("/users").status_code == 200
    assert code(boss.post("/users", NEW)) == (403, "sign_in_again")
    assert code(boss.post("/users/1/roles", {"role": "finance"})) == (403, "sign_in_again")
    assert boss.get("/users?q=7777&role=all").json["items"] == []


def test_the_list_comes_in_pages(town: Town) -> None:
    boss = town.staff()
    for role in ("finance", "warehouse"):
        town.account(role)
    first = boss.get("/users?limit=2").json
    rest = boss.get(f"/users?limit=2&cursor={first['next_cursor']}").json
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
