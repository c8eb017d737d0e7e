"""After-sale pages: a resident asks with a picture, the leader for somebody, an operator decides."""

from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from flask import Flask
from PIL import Image
from sqlalchemy import select

from groupbuy.accounts import service
from groupbuy.aftersales.models import AfterSaleCase
from groupbuy.campaigns.rules import Window
from groupbuy.catalog.models import Category
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.orders.models import Order
from tests import building
from tests.building import ACTOR, NOW, OPENS, PICKUP
from tests.web.admin.people import sign_in

SOON = NOW + timedelta(minutes=10)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_somebody_asks_with_a_picture_and_an_operator_answers(
    app: Flask, clock: time_machine.Traveller, database_kind: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    product, leader = building.add_product(building.add_supplier(), name="苹果"), building.add_leader()
    resident, round_ = (
        building.add_resident(leader),
        building.add_round([product], window=Window(OPENS, SOON, PICKUP)),
    )
    order = building.place(round_, resident, {"P1": 3})
    building.close(app, round_, SOON)
    clock.move_to(SOON + timedelta(minutes=5))
    boss = building.add_account("运营")
    with transaction():
        service.grant_role(account=boss, role="operator", now=NOW, actor=ACTOR.name)
    buyer, desk, office = (
        sign_in(app, db.session.get_one(type(boss), account_id), role).client
        for account_id, role in (
            (resident.account_id, "resident"),
            (leader.account_id, "leader"),
            (boss.id, "operator"),
        )
    )
    address = f"/orders/{order.number}/after-sale"
    assert address in buyer.get(f"/orders/{order.number}").text
    assert "最多 3 件" in buyer.get(address).text
    picture = BytesIO()
    Image.new("RGB", (9, 9)).save(picture, "JPEG")
    sent = {
        "kind": "refund",
        "reason": "spoiled",
        "text": "<b>发霉</b>",
        "units-P1": "2",
        "submission_key": "k",
    }
    too_many = buyer.post(address, data=sent | {"units-P1": "4"})
    assert (too_many.status_code, 'class="mb-0">苹果 最多可申请 3 件' in too_many.text) == (422, True)
    no_picture = buyer.post(address, data=sent | {"photos": (BytesIO(b"<svg/>"), "a.jpg")})
    beside = no_picture.text.partition("照片（最多 3 张）")[2]
    assert (no_picture.status_code, "这不是可以读取的图片" in beside) == (422, True)
    picture.seek(0)
    assert buyer.post(address, data=sent | {"photos": (picture, "a.jpg")}).status_code == 303
    assert buyer.post(address, data=sent).status_code == 303
    case = db.session.scalars(select(AfterSaleCase)).one()
    page = buyer.get(address).text
    assert case.photos[0] in page
    assert "&lt;b&gt;" in page
    assert "待处理" in page
    assert desk.post("/leader/pickup", data={"code": order.pickup_code}).status_code == 409
    for who, where in ((buyer, f"/orders/{order.number}"), (desk, f"/leader/pickup/{order.number}")):
        assert "处理完之前不发放" in who.get(where).text

    asked = {
        "kind": "complaint",
        "reason": "other",
        "text": "少了一袋",
        "units-P1": "1",
        "submission_key": "l",
    }
    assert desk.post(f"/leader/orders/{order.number}/after-sale", data=asked).status_code == 303
    listed = office.get("/admin/after-sales?state=asked").text
    assert case.number in listed
    # What nobody has decided about is no refund of nothing.
    assert ("尚未决定" in listed, "¥0.00" in listed) == (True, False)
    decision = {"decision": "approve", "answer": "已退", "goods": "kept", "charge_supplier": "y"}
    where = f"/admin/after-sales/{case.number}"
    assert "变质发霉" in office.get(where).text
    early = office.post(where, data=decision | {"goods": "returned"})
    assert (early.status_code, "还没有到货" in early.text) == (422, True)
    assert office.post(where, data=decision).status_code == 303
    assert "留给居民" in office.get(where).text
    decided = office.get("/admin/after-sales?state=closed").text
    assert ("尚未决定" in decided, "¥19.80" in decided) == (False, True)
    again = office.post(where, data=decision)
    assert (again.status_code, "刚才已有人处理" in again.text) == (422, True)
    assert "已退" in buyer.get(address).text
    stored = db.session.get_one(Order, order.id, populate_existing=True)
    assert stored.amount_fen == 990
    for person, path in ((buyer, "/orders"), (desk, "/leader/orders"), (office, "/admin/orders")):
        refunded = person.get(f"{path}/{order.number}").text
        assert ("已退款 2 件" in refunded, "缺货 2 件" in refunded) == (True, False)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_page_says_until_when_and_what_came_back_is_in_stock(
    app: Flask, clock: time_machine.Traveller, database_kind: str
) -> None:
    """Apples have 12 hours after the pickup, pears the platform's two days."""
    app.config["WTF_CSRF_ENABLED"] = False
    supplier, leader = building.add_supplier(), building.add_leader()
    goods = [building.add_product(supplier, code, name=name) for code, name in (("P1", "苹果"), ("P2", "梨"))]
    resident = building.add_resident(leader)
    round_ = building.add_round(goods, window=Window(OPENS, SOON, PICKUP))
    order = building.place(round_, resident, {"P1": 3, "P2": 1})
    building.close(app, round_, SOON)
    boss = building.add_account("运营")
    with transaction():
        service.grant_role(account=boss, role="operator", now=NOW, actor=ACTOR.name)
    buyer = sign_in(app, db.session.get_one(type(boss), resident.account_id), "resident").client
    desk = sign_in(app, db.session.get_one(type(boss), leader.account_id), "leader").client
    office = sign_in(app, db.session.get_one(type(boss), boss.id), "operator").client

    shelf = {"name": "水果", "sort": "1", "after_sale_hours": "0"}
    assert office.post("/admin/products/categories/new", data=shelf).status_code == 422
    shelf["after_sale_hours"] = "12"
    assert office.post("/admin/products/categories/new", data=shelf).status_code == 303
    assert ">12<" in office.get("/admin/products/categories").text
    many = {"id": [str(goods[0].id)], "change": f"category_id={_category()}"}
    assert office.post("/admin/products/many", data=many).status_code == 303

    clock.move_to(SOON + timedelta(minutes=5))
    assert desk.post("/leader/pickup", data={"code": order.pickup_code}).status_code == 303
    address = f"/orders/{order.number}/after-sale"
    page = buyer.get(address).text
    assert ("截止" in page, "已过售后时限" in page) == (True, False)
    sent = {"kind": "refund", "reason": "other", "text": "不合适", "submission_key": "k", "units-P1": "2"}
    assert desk.post(f"/leader{address}", data=sent).status_code == 303
    case = db.session.scalars(select(AfterSaleCase)).one()
    where = f"/admin/after-sales/{case.number}"
    assert office.post(where, data={"decision": "approve", "goods": "returned"}).status_code == 303
    assert "退回并重新入库销售" in office.get(where).text
    moved = office.get("/admin/stock/movements?kind=customer_return").text
    assert ("居民退回" in moved, case.number in moved) == (True, True)
    reasons = office.get("/admin/after-sales/reasons").text
    assert ("其他" in reasons.partition("</thead>")[2], "苹果" in reasons) == (True, True)
    nothing = office.get("/admin/after-sales/reasons?reason=damaged").text
    assert "P1" not in nothing.partition("<main")[2]
    assert office.get("/admin/after-sales/reasons?export=xlsx").status_code == 200
    counts = office.get("/api/v1/after-sales/reasons").json["items"]
    assert [(one["reason"], one["cases"]) for one in counts if one["cases"]] == [("other", 1)]

    clock.move_to(SOON + timedelta(hours=12, minutes=6))
    for words, language in (("已过售后时限", "zh"), ("The time to ask is over", "en")):
        late = buyer.get(f"{address}?lang={language}").text
        assert (words in late, "units-P1" in late, "units-P2" in late) == (True, False, True)
    again = sent | {"submission_key": "l", "units-P1": "1"}
    refused = buyer.post(f"{address}?lang=zh", data=again)
    assert (refused.status_code, "苹果 的售后申请已于" in refused.text) == (422, True)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_an_operator_sees_what_it_costs_and_approves_fewer_units_than_asked_for(
    app: Flask, clock: time_machine.Traveller, database_kind: str
) -> None:
    """Three apples at ¥9.90 are asked for: ¥29.70 in all; two are approved, ¥19.80."""
    app.config["WTF_CSRF_ENABLED"] = False
    round_ = building.add_round(
        [building.add_product(building.add_supplier(), name="苹果")], window=Window(OPENS, SOON, PICKUP)
    )
    leader = building.add_leader()
    resident = building.add_resident(leader)
    order = building.place(round_, resident, {"P1": 3})
    building.close(app, round_, SOON)
    clock.move_to(SOON + timedelta(minutes=5))
    boss = building.add_account("运营")
    with transaction():
        service.grant_role(account=boss, role="operator", now=NOW, actor=ACTOR.name)
    buyer = sign_in(app, db.session.get_one(type(boss), resident.account_id), "resident").client
    office = sign_in(app, db.session.get_one(type(boss), boss.id), "operator").client
    sent = {"kind": "refund", "reason": "spoiled", "text": "坏了", "units-P1": "3", "submission_key": "k"}
    assert buyer.post(f"/orders/{order.number}/after-sale", data=sent).status_code == 303
    case = db.session.scalars(select(AfterSaleCase)).one()
    where, field = f"/admin/after-sales/{case.number}", f"units-{case.lines[0].order_line_id}"
    page = office.get(where).text
    assert ("¥29.70" in page, f'name="{field}"' in page) == (True, True)
    decision = {"decision": "approve", "answer": "退两件", "goods": "kept"}
    for wrong in ("0", "4", "1.5", "x"):
        assert office.post(where, data=decision | {field: wrong}).status_code == 422, wrong
    assert office.post(where, data=decision | {field: "2"}).status_code == 303
    db.session.rollback()
    stored = db.session.scalars(select(AfterSaleCase).execution_options(populate_existing=True)).one()
    assert (stored.refund_fen, stored.lines[0].units, stored.order.amount_fen) == (1980, 2, 990)

    # A complaint about the third is answered, and that is all.
    more = sent | {"kind": "complaint", "units-P1": "1", "submission_key": "c"}
    assert buyer.post(f"/orders/{order.number}/after-sale", data=more).status_code == 303
    latest = select(AfterSaleCase.number).order_by(AfterSaleCase.id.desc())
    where = f"/admin/after-sales/{db.session.scalars(latest).first()}"
    page = office.get(where).text
    assert ("投诉只作答复" in page, 'name="charge_supplier"' in page) == (True, False)
    refused = office.post(where, data=decision | {"charge_supplier": "y"})
    assert (refused.status_code, "也不向任何人扣款" in refused.text) == (422, True)
    assert office.post(where, data=decision).status_code == 303
    assert "已办结" in office.get(where).text


def _category() -> int:
    return db.session.scalars(select(Category.id)).one()
