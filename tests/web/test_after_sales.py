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
    assert buyer.post(address, data=sent | {"units-P1": "4"}).status_code == 422
    no_picture = buyer.post(address, data=sent | {"photos": (BytesIO(b"<svg/>"), "a.jpg")})
    assert no_picture.status_code == 422
    picture.seek(0)
    assert buyer.post(address, data=sent | {"photos": (picture, "a.jpg")}).status_code == 303
    assert buyer.post(address, data=sent).status_code == 303
    case = db.session.scalars(select(AfterSaleCase)).one()
    page = buyer.get(address).text
    assert case.photos[0] in page
    assert "&lt;b&gt;" in page
    assert "待处理" in page
    assert desk.post("/leader/pickup", data={"code": order.pickup_code}).status_code == 409

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
    decision = {"decision": "approve", "answer": "已退", "goods": "written_off", "charge_supplier": "y"}
    where = f"/admin/after-sales/{case.number}"
    assert "变质发霉" in office.get(where).text
    assert office.post(where, data=decision).status_code == 303
    again = office.post(where, data=decision)
    assert (again.status_code, "刚才已有人处理" in again.text) == (422, True)
    assert "已退" in buyer.get(address).text
    stored = db.session.get_one(Order, order.id, populate_existing=True)
    assert stored.amount_fen == 990
    for person, path in ((buyer, "/orders"), (desk, "/leader/orders"), (office, "/admin/orders")):
        refunded = person.get(f"{path}/{order.number}").text
        assert ("已退款 2 件" in refunded, "缺货 2 件" in refunded) == (True, False)
