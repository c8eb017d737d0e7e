"""What fills a case on the pages of residents and operators, and over the API."""

import re

import pytest
from playwright.sync_api import Browser, expect

from groupbuy.accounts import queries as accounts
from groupbuy.accounts import tokens
from groupbuy.campaigns.models import Round
from groupbuy.db.transaction import transaction
from groupbuy.kernel.clock import utc_now
from tests import building
from tests.support.browsers import PHONE
from tests.warehouse import day
from tests.web.admin.conftest import town
from tests.web.admin.people import TOKEN, Town, sign_in
from tests.web.browsing import look_at, served, sit_down

__all__ = ["town"]


@pytest.fixture
def boxes(town: Town) -> Round:
    """Sell fruit in a round C2 of the town, of which only whole cases of six are bought."""
    supplier = building.add_supplier("S2")
    fruit = [building.add_product(supplier, code, name=name) for code, name in (("F1", "苹果"), ("F2", "梨"))]
    single = building.add_product(supplier, "F3", name="西瓜", case_size=1)
    return building.add_round([*fruit, single], "C2", surplus_policy="shortfall")


def test_a_resident_says_what_fills_the_case_and_the_operator_sees_it(town: Town, boxes: Round) -> None:
    order = building.place(boxes, town.resident, {"F1": 4, "F3": 1})
    person = sign_in(town.app, accounts.get_account(town.resident.account_id), "resident")
    path = f"/orders/{order.number}/tolerances"
    assert path in person.text(f"/orders/{order.number}")
    page = person.text(path)
    assert ("再 2 件凑满一箱" in page, "西瓜" in page) == (True, False)
    token = TOKEN.search(page)
    assert token is not None
    for typed, sentence in (("1000", "可多要 0 到 999 件"), ("<b>", "可多要 0 到 999 件")):
        refused = person.client.post(path, data={"csrf_token": token[1], "more-F1": typed})
        assert (refused.status_code, sentence in refused.text) == (422, True)
    assert person.client.post(path, data={"csrf_token": token[1], "more-F1": " 3 "}).status_code == 303
    assert re.search(r'value="3"', person.text(path))
    assert "愿多要 3 件凑箱" in person.text(f"/orders/{order.number}")
    assert "居民愿多要 3 件，现在可凑箱 2 件" in town.operator.text("/admin/rounds/C2")
    assert "愿多要 3 件凑箱" in town.operator.text(f"/admin/orders/{order.number}")
    building.close(town.app, boxes)
    assert person.get(path).status_code == 303
    shown = person.text(f"/orders/{order.number}")
    assert ("其中 2 件凑满整箱" in shown, "¥59.40" in shown) == (True, True)
    assert "其中 2 件凑满整箱（愿多要 3 件）" in town.operator.text("/admin/rounds/C2")
    assert day.wrong() == []


def test_an_order_without_cases_has_nothing_to_fill(town: Town, boxes: Round) -> None:
    order = building.place(boxes, town.resident, {"F3": 1})
    person = sign_in(town.app, accounts.get_account(town.resident.account_id), "resident")
    assert "这些商品不按整箱采购" in person.text(f"/orders/{order.number}/tolerances")


def test_programs_name_it_with_the_order_and_later(town: Town, boxes: Round) -> None:
    account = accounts.get_account(town.resident.account_id)
    with transaction():
        secret, _ = tokens.issue_token(account=account, role="resident", now=utc_now(), actor="test")
    client, bearer = town.app.test_client(), {"Authorization": f"Bearer {secret}"}
    body = {
        "round": "C2",
        "lines": [{"product_code": "F1", "quantity": 4}, {"product_code": "F3", "quantity": 1}],
    }
    single = client.post("/api/v1/orders", json=body | {"tolerances": {"F3": 1}}, headers=bearer)
    assert (single.status_code, single.json["error"]["param"]) == (409, "tolerances[F3]")
    placed = client.post("/api/v1/orders", json=body | {"tolerances": {"F1": 1}}, headers=bearer)
    path = f"/api/v1/orders/{placed.json['order_no']}/tolerances"
    assert client.get(path, headers=bearer).json == {"tolerances": {"F1": 1}, "given": {}}
    changed = client.put(path, json={"tolerances": {"F1": 2}}, headers=bearer)
    assert changed.json == {"tolerances": {"F1": 2}, "given": {}}
    for units in (-1, 1000, "2", 1.5):
        assert client.put(path, json={"tolerances": {"F1": units}}, headers=bearer).status_code in (400, 422)
    building.close(town.app, boxes)
    assert client.get(path, headers=bearer).json == {"tolerances": {"F1": 2}, "given": {"F1": 2}}
    late = client.put(path, json={"tolerances": {"F1": 0}}, headers=bearer)
    assert (late.status_code, late.json["error"]["code"]) == (409, "round_closed")


@pytest.mark.browser
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_resident_fills_a_case_on_a_phone(town: Town, boxes: Round, browser: Browser) -> None:
    order = building.place(boxes, town.resident, {"F1": 4, "F2": 6})
    with served(town.app) as site:
        page = sit_down(browser, town.app, site, town.resident.account_id, "resident", **PHONE)
        page.goto(f"/orders/{order.number}")
        look_at(page)
        page.get_by_role("link", name="帮忙凑箱").click()
        look_at(page)
        page.get_by_label("苹果 ×4").fill("3")
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_text("愿多要 3 件凑箱")).to_be_visible()
        building.close(town.app, boxes)
        page.reload()
        look_at(page)
        expect(page.get_by_text("其中 2 件凑满整箱")).to_be_visible()
        page.context.close()
