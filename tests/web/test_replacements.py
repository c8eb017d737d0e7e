"""Where promised goods are: what the operator decides, what the resident and the API see."""

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from groupbuy.accounts import service as accounts
from groupbuy.accounts.models import Account
from groupbuy.aftersales.models import AfterSaleCase
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from tests import building
from tests.aftersales.promises import LATER, PICKED, Town, brought
from tests.building import ACTOR, NOW
from tests.web.admin.people import sign_in


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_pages_and_api_say_where_promised_goods_are(
    app: Flask, clock: time_machine.Traveller, database_kind: str
) -> None:
    town = Town(app)
    app.config["WTF_CSRF_ENABLED"] = False
    clock.move_to(PICKED)
    boss = building.add_account("运营")
    with transaction():
        accounts.grant_role(account=boss, role="operator", now=NOW, actor=ACTOR.name)
    buyer = sign_in(app, db.session.get_one(Account, town.resident.account_id), "resident", PICKED).client
    office = sign_in(app, db.session.get_one(Account, boss.id), "operator", PICKED).client
    asked = {"kind": "exchange", "reason": "wrong", "text": "要梨", "units-P1": "2", "submission_key": "k"}
    assert buyer.post(f"/orders/{town.order.number}/after-sale", data=asked).status_code == 303
    case = db.session.scalars(select(AfterSaleCase)).one()
    page = f"/admin/after-sales/{case.number}"
    assert "换成（商品编码）" in office.get(page).text
    sent = {"decision": "approve", "answer": "", "goods": "kept", "instead": "NIX"}
    assert office.post(page, data=sent).status_code == 422
    assert office.post(page, data=sent | {"instead": "P2"}).status_code == 303
    assert "等下一期" in buyer.get(f"/orders/{town.order.number}/after-sale").text
    town.next_round(1)
    town.tick(1)
    order = brought(case)
    assert order.number in office.get(page).text
    assert "确认已交付" not in office.get(page).text
    # Its round sells, and still it stays as it is.
    clock.move_to(NOW + LATER)
    buyer = sign_in(
        app, db.session.get_one(Account, town.resident.account_id), "resident", NOW + LATER
    ).client
    shown = buyer.get(f"/orders/{order.number}").text
    assert "用原商品的货款抵付" in shown
    assert f"/orders/{order.number}/cancel" not in shown
    assert buyer.post(f"/orders/{order.number}/cancel", data={"reason": "x"}).status_code == 409
    answer = buyer.get(f"/api/v1/orders/{town.order.number}/after-sales").json
    assert answer["items"][0]["replacements"] == [
        {"product_code": "P2", "quantity": 2, "state": "placed", "order_no": order.number}
    ]
