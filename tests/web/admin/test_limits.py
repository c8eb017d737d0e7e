"""Staff who deal with some leaders only: no number in an address leads to another leader's people."""

import re
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from groupbuy.accounts import service, tokens
from groupbuy.accounts.managing import revoke_role
from groupbuy.accounts.models import Account
from groupbuy.api.v1.endpoint import OPERATIONS
from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.http import rights
from groupbuy.http.identity import LIMITABLE
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.leaders import limiting
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from tests import building
from tests.building import NOW
from tests.web.admin.people import Person, Town, sign_in


@dataclass
class Side:
    """What one leader has in the closed round C1 and the open one C2."""

    leader: Leader
    resident: Resident
    old: Order
    order: Order


@pytest.fixture
def sides(town: Town) -> tuple[Side, Side]:
    """Return L1, whom the limit is to, and L2, who is beyond it."""
    far = building.add_leader("L2", name="远处团长", community="翠苑")
    pairs = ((town.leader, town.resident), (far, building.add_resident(far, "赵先生", room="9-9-909")))
    old = [building.place(town.round, resident, {"P1": 2}) for _, resident in pairs]
    building.close(town.app, town.round)
    open_ = building.add_round(town.products, "C2")
    new = [building.place(open_, resident, {"P2": 1}) for _, resident in pairs]
    near, away = (Side(*pair, old[i], new[i]) for i, pair in enumerate(pairs))
    return near, away


def limited(town: Town, role: str, name: str = "小助") -> tuple[Person, Account]:
    """Return somebody of the staff who deals with the community of L1 only."""
    account = building.add_account(name)
    with transaction():
        service.grant_role(account=account, role=role, now=NOW, actor="test")
        limiting.limit_to(account=account, communities=["阳光花园"], leaders=[], now=NOW, actor="test")
    return sign_in(town.app, account, role), account


def addresses(side: Side) -> list[str]:
    """Return every page with a number in its address that limited staff may open."""
    return [
        f"/admin/orders/{side.order.number}",
        f"/admin/orders/{side.order.number}/change",
        f"/admin/orders/{side.order.number}/cancel",
        f"/admin/orders/{side.order.number}/sales-note.xlsx",
        f"/admin/residents/{side.resident.code}",
        f"/admin/leaders/{side.leader.code}/sheets",
        *(f"/admin/rounds/C1/papers/pickup_sheet/{side.leader.code}.{suffix}" for suffix in ("pdf", "xlsx")),
        f"/admin/rounds/C1/papers/order_export/{side.leader.code}.xlsx",
        f"/admin/rounds/C1/print/sorting_list/{side.leader.code}",
    ]


def test_pages_show_the_chosen_leaders_and_nothing_of_others(town: Town, sides: tuple[Side, Side]) -> None:
    near, far = sides
    helper, account = limited(town, "operator")
    assert helper.get("/").location == "/admin/orders"
    for page in ("orders", "residents", "leaders", "orders?export=csv", "residents?export=csv"):
        text = helper.text(f"/admin/{page}")
        assert near.leader.name in text, page
        assert "远处团长" not in text, page
        assert far.resident.name not in text, page
    assert "阳光花园" in helper.text("/admin/leaders")
    assert "翠苑" not in helper.text("/admin/leaders")
    assert f"/admin/orders/{far.order.number}" not in helper.text(f"/admin/orders?q={far.order.number}")
    assert [helper.get(path).status_code for path in addresses(near)] == [200] * 10
    assert [helper.get(path).status_code for path in addresses(far)] == [404] * 10
    printed = helper.text("/admin/rounds/C1/print/pickup_sheet")
    assert near.resident.name in printed
    assert far.resident.name not in printed
    for path in ("order_export.xlsx", "pick_list.xlsx", "purchase_order/S1.pdf", "matrix.pdf"):
        assert helper.get(f"/admin/rounds/C1/papers/{path}").status_code == 404
    with transaction():
        limiting.lift_limit(account=account, now=NOW, actor="test")
    assert helper.get(f"/admin/orders/{far.order.number}").status_code == 200


def test_forms_reach_the_chosen_leaders_orders_only(town: Town, sides: tuple[Side, Side]) -> None:
    near, far = sides
    helper, _ = limited(town, "operator")
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', helper.text(addresses(near)[1]))
    assert found is not None
    helper.token = found[1]
    for deed in ("paid", "approve", "cancel", "change"):
        assert helper.post(f"/admin/orders/{far.order.number}/{deed}", reason="x").status_code == 404
    assert helper.post(f"/admin/orders/{near.order.number}/paid").status_code == 303
    assert helper.post(f"/admin/orders/{near.order.number}/cancel", reason="不要了").status_code == 303


def test_every_other_page_is_closed(town: Town, sides: tuple[Side, Side]) -> None:
    for role in sorted(LIMITABLE):
        helper, _ = limited(town, role, role)
        for rule in town.app.url_map.iter_rules():
            endpoint = rule.endpoint
            if endpoint.startswith("admin.") and "GET" in (rule.methods or ()) and not rule.arguments:
                expected = rights.may_open(role, endpoint, limited=True)
                answer = helper.get(rule.rule)
                assert answer.status_code == (200 if expected else 403), (role, rule.rule)
    assert set(rights.NARROWED) <= set(town.app.view_functions)


def caller(town: Town, account: Account, role: str) -> tuple[FlaskClient, dict[str, str]]:
    """Return a program with a token of an account."""
    with transaction():
        token, _ = tokens.issue_token(account=account, role=role, now=NOW, actor="test")
    return town.app.test_client(), {"Authorization": f"Bearer {token}"}


def test_the_api_gives_no_more(town: Town, sides: tuple[Side, Side]) -> None:
    near, far = sides
    _, account = limited(town, "operator")
    client, header = caller(town, account, "operator")
    leaders = client.get("/api/v1/leaders", headers=header).json["items"]
    residents = client.get("/api/v1/residents", headers=header).json["items"]
    assert [row["code"] for row in leaders] == ["L1"]
    assert [row["code"] for row in residents] == [near.resident.code]
    lines = [{"product_code": "P2", "quantity": 2}]
    for side, expected in ((far, [404] * 8), (near, [200, 200, 201, 200, 200, 200, 200, 200])):
        number, code = side.order.number, side.resident.code
        new = {"round": "C2", "lines": lines, "resident_code": code}
        answers = [
            client.get(f"/api/v1/orders/{number}", headers=header),
            client.get(f"/api/v1/orders/{number}/sales-note.xlsx", headers=header),
            client.post("/api/v1/orders", json=new, headers=header),
            client.patch(f"/api/v1/orders/{number}", json={"lines": lines}, headers=header),
            client.post(f"/api/v1/orders/{number}/approve", headers=header),
            client.post(f"/api/v1/orders/{number}/mark-paid", headers=header),
            client.post(f"/api/v1/orders/{number}/cancel", json={"reason": "x"}, headers=header),
            client.get(f"/api/v1/rounds/C1/documents/pickup_sheet/{side.leader.code}.pdf", headers=header),
        ]
        assert [answer.status_code for answer in answers] == expected
    assert set(OPERATIONS) >= rights.NARROWED_OPERATIONS
    for name, operation in OPERATIONS.items():
        if operation.scope is not None and name not in rights.NARROWED_OPERATIONS:
            path = re.sub(r"<any\((\w+)[^)]*\):\w+>", r"\1", re.sub(r"<int[^>]*>", "1", operation.rule))
            answer = client.open(re.sub(r"<[^>]+>", "L1", path), method=operation.method, headers=header)
            assert answer.status_code == 403, name


def test_limits_are_set_on_a_page_audited_and_keep_one_full_operator(town: Town) -> None:
    account = building.add_account("小助")
    with transaction():
        service.grant_role(account=account, role="customer_service", now=NOW, actor="test")
    page = f"/admin/users/{account.id}/limits"
    assert "阳光花园" in town.operator.text(page)
    nobody = town.operator.post(page, reach="chosen", leaders="")
    assert (nobody.status_code, "请至少选择一个社区或团长" in nobody.text) == (422, True)
    wrong = town.operator.post(page, reach="chosen", leaders="L9")
    assert (wrong.status_code, "L9" in wrong.text) == (422, True)
    assert town.operator.post(page, reach="chosen", communities="阳光花园", leaders="L1").status_code == 303
    assert "阳光花园" in town.operator.text(f"/admin/users/{account.id}")
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "staff_limited"))
    assert entry.after == {"communities": ["阳光花园"], "leaders": ["L1"]}
    assert town.operator.post(page, reach="all").status_code == 303
    assert limiting.limit_of(account.id) is None
    assert town.operator.get(f"/admin/users/{town.leader.account_id}/limits").status_code == 404


def test_the_last_operator_without_limits_stays(town: Town) -> None:
    full = db.session.scalars(select(Account).where(Account.name == "张晓梅")).one()
    limited(town, "operator")
    for deed in (
        lambda: limiting.limit_to(account=full, communities=[], leaders=["L1"], now=NOW, actor="test"),
        lambda: revoke_role(account=full, role="operator", now=NOW, actor="test"),
    ):
        with pytest.raises(RuleBroken, match="last operator"), transaction():
            deed()
    with pytest.raises(BadInput), transaction():
        limiting.limit_to(account=full, communities=["没有"], leaders=[], now=NOW, actor="test")
