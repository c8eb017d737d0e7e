"""What fills a case on the pages of residents and operators, and over the API."""

import re
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from groupbuy.accounts import queries as accounts
from groupbuy.accounts import tokens
from groupbuy.analytics.report import as_json, round_report
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.storefront import goods_of_rounds
from groupbuy.catalog import sourcing
from groupbuy.catalog.models import Product, Supplier
from groupbuy.catalog.sourcing import Further, Sourcing
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.models import CartLine
from groupbuy.warehouse.planned import Outlook
from tests import building
from tests.cases import allow, outlook
from tests.support.browsers import PHONE
from tests.warehouse import day
from tests.web.admin.conftest import town
from tests.web.admin.people import TOKEN, Person, Town, sign_in
from tests.web.browsing import look_at, served, sit_down

__all__ = ["town"]


@pytest.fixture
def boxes(town: Town) -> Round:
    """Sell fruit in a round C2 of the town, of which only whole cases of six are bought."""
    supplier = building.add_supplier("S2")
    fruit = [building.add_product(supplier, code, name=name) for code, name in (("F1", "苹果"), ("F2", "梨"))]
    single = building.add_product(supplier, "F3", name="西瓜", case_size=1)
    return building.add_round([*fruit, single], "C2", surplus_policy="shortfall")


def offers_in(round_: Round, town: Town) -> dict[str, int]:
    """Return the ids of a round's offers by product code."""
    shelf = goods_of_rounds(round_ids=[round_.id], leader_id=town.leader.id)
    return {goods.product_code: goods.offer_id for goods in shelf}


def kept_more() -> int:
    """Return how many units more the only line in a cart says."""
    db.session.rollback()
    return db.session.scalar(select(CartLine.more)) or 0


def send(person: Person, page: str, **fields: str) -> Any:
    """Send the form of a shop's page."""
    shown = person.text(page)
    token = TOKEN.search(shown)
    key = re.search(r'name="submission_key"[^>]*value="([^"]+)"', shown)
    prices = dict(re.findall(r'name="(p\d+)" value="(\d+)"', shown))
    assert token is not None
    rest = {"csrf_token": token[1], "submission_key": key[1] if key else ""} | prices
    return person.client.post(page, data=rest | fields)


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


def test_it_is_said_in_the_cart_and_goes_with_the_order(town: Town, boxes: Round) -> None:
    person = sign_in(town.app, accounts.get_account(town.resident.account_id), "resident")
    offers = offers_in(boxes, town)
    keys = {code: f"q{offer_id}" for code, offer_id in offers.items()}
    send(person, "/r/C2", **{keys["F1"]: "4", keys["F3"]: "1", "go": "1"})
    page = person.text("/cart")
    assert (f'name="m{offers["F1"]}"' in page, f'name="m{offers["F3"]}"' in page) == (True, False)
    more = f"m{offers['F1']}"
    kept = {keys["F1"]: "4", keys["F3"]: "1", more: "1000"}
    send(person, "/cart", **kept)
    assert re.search(rf'name="{more}" value="1000"', person.text("/cart"))
    refused = send(person, "/cart", **kept, go="1")
    assert (refused.status_code, "苹果: 可多要 0 到 999 件" in refused.text) == (409, True)
    placed = send(person, "/cart", **kept | {more: "2"}, go="1")
    assert "愿多要 2 件凑箱" in person.text(placed.location)
    # Four are ordered: two more make a case of six.
    assert outlook(boxes) == [Outlook(2, 2)]
    assert "苹果" not in person.text("/cart")


def test_goods_that_only_a_further_supplier_packs_in_cases_are_filled_too(town: Town) -> None:
    product = building.add_product(building.add_supplier("S2"), "F1", case_size=1)
    building.add_supplier("S3")
    whole = Sourcing("share", None, (Further("S3", 400, 10, share_bp=10_000),))
    with transaction():
        stored = db.session.get_one(Product, product.id)
        sourcing.set_sourcing(product=stored, wanted=whole, now=building.NOW, actor="test")
    round_ = building.add_round([product], "C2", surplus_policy="shortfall")
    order = building.place(round_, town.resident, {"F1": 8})
    person = sign_in(town.app, accounts.get_account(town.resident.account_id), "resident")
    path = f"/orders/{order.number}/tolerances"
    assert "按 1 件或最多 10 件一箱采购 · 再 2 件凑满一箱" in person.text(path)
    assert "再 2 件凑满一箱" in person.text("/r/C2")
    allow(order, F1=3)
    building.close(town.app, round_)
    assert day.quantities(order) == {"F1": 10}
    assert day.wrong() == []


def test_the_operator_sees_what_a_close_would_buy_and_what_is_too_small(town: Town, boxes: Round) -> None:
    with transaction():
        supplier = db.session.scalars(select(Supplier).where(Supplier.code == "S2")).one()
        supplier.min_order_fen, supplier.minimum_policy = 4_000, "cancel"
    first = building.place(boxes, town.resident, {"F1": 4, "F2": 6})
    page = town.operator.text("/admin/rounds/C2")
    # A case of pears is ¥30.00; the four apples fill none.
    assert "供应商S2：¥30.00 低于起订金额 ¥40.00，其商品将取消并退款" in page
    allow(first, F1=3)
    page = town.operator.text("/admin/rounds/C2")
    assert "低于起订金额" not in page
    assert re.search(r"苹果(.|\n)*凑箱可多要(.|\n)*>3<(.|\n)*>2<", page)
    book = openpyxl.load_workbook(BytesIO(town.operator.get("/admin/rounds/C2?export=xlsx").data))
    rows = list(book["现在截单将采购"].iter_rows(min_row=2, values_only=True))
    assert [row[1:8] for row in rows if row[1] in ("F1", "F2")] == [
        ("F1", "苹果", 4, 3, 2, None, 1),
        ("F2", "梨", 6, None, None, None, 1),
    ]
    report = as_json(round_report(db.session.get_one(Round, boxes.id)))
    assert report["cases"] == [{"product_code": "F1", "offered": 3, "given": 2}]
    assert [line["purchased"] for one in report["suppliers"] for line in one["lines"]] == [6, 6]
    assert (report["units"], report["below_minimum"]) == (10, [])


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
def test_what_fills_the_case_is_said_in_the_cart_on_a_phone(
    town: Town, boxes: Round, browser: Browser
) -> None:
    with served(town.app) as site:
        page = sit_down(browser, town.app, site, town.resident.account_id, "resident", **PHONE)
        page.goto("/r/C2")
        for _ in range(4):
            page.get_by_role("button", name="增加：苹果").click()
        page.get_by_role("button", name="去下单").click()
        page.wait_for_load_state()
        look_at(page)
        expect(page.get_by_text("算上您的，再 2 件凑满一箱")).to_be_visible()
        page.get_by_label("能凑满一箱时，最多再要").fill("2")
        # What was typed stays when the page is left and opened again; it is sent while the next one loads.
        page.goto("/orders")
        while not kept_more():
            page.wait_for_timeout(50)
        page.goto("/cart")
        expect(page.get_by_label("能凑满一箱时，最多再要")).to_have_value("2")
        page.get_by_role("button", name="提交订单").click()
        expect(page.get_by_text("愿多要 2 件凑箱")).to_be_visible()
        # A page that lies open follows what neighbours buy.
        page.clock.install()
        page.goto("/r/C2")
        expect(page.get_by_text("再 2 件凑满一箱")).to_be_visible()
        building.place(boxes, building.add_resident(town.leader), {"F1": 1})
        page.clock.run_for(21_000)
        expect(page.get_by_text("再 1 件凑满一箱")).to_be_visible()
        page.context.close()


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
