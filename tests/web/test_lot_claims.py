"""A claim on a batch on the pages of operator, resident, leader and supplier, and over the API."""

from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from groupbuy.accounts import service as accounts
from groupbuy.accounts.models import Account
from groupbuy.aftersales.models import AfterSaleCase, LotClaim
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import receiving
from groupbuy.flows.receiving import Delivery
from groupbuy.warehouse.models import StockBatch
from tests import building
from tests.building import ACTOR, CLOSES, NOW
from tests.warehouse import day
from tests.web.admin.people import sign_in

FOUND = CLOSES + timedelta(hours=12)


def supplier_at(app: Flask, code: str) -> FlaskClient:
    """Return a supplier at a browser."""
    account = building.add_account(f"{code}经理")
    with transaction():
        accounts.grant_role(account=account, role="supplier", now=NOW, actor=ACTOR.name)
        db.session.scalars(select(Supplier).where(Supplier.code == code)).one().account_id = account.id
    return sign_in(app, account, "supplier", FOUND).client


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_an_operator_asks_buyers_answer_and_the_supplier_pays_in_part(
    app: Flask, clock: time_machine.Traveller, database_kind: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    product, leader = building.add_product(building.add_supplier(), name="草莓"), building.add_leader()
    building.add_supplier("S2")
    people = [building.add_resident(leader), building.add_resident(leader, "李女士")]
    round_ = building.add_round([product])
    orders = [building.place(round_, who, {"P1": 3}) for who in people]
    building.close(app, round_)
    with transaction():
        receiving.receive_goods(
            number=day.order_of(round_).number,
            deliveries=[Delivery("P1", 6, batch="B7")],
            tolerance_bp=0,
            now=day.ARRIVES,
            actor=ACTOR,
        )
    clock.move_to(FOUND)
    boss = building.add_account("运营")
    with transaction():
        accounts.grant_role(account=boss, role="operator", now=NOW, actor=ACTOR.name)
    who = {"operator": boss.id, "resident": people[0].account_id, "leader": leader.account_id}
    office, buyer, desk = (
        sign_in(app, db.session.get_one(Account, id_), role, FOUND).client for role, id_ in who.items()
    )
    supplier, stranger = (supplier_at(app, code) for code in ("S1", "S2"))
    batch = f"/admin/stock/batches/{db.session.scalars(select(StockBatch.id)).one()}"
    assert "征询买家" in office.get(batch).text
    sent = {"supplier": "S1", "text": "<b>发霉</b>", "until": "2026-11-23 09:00"}
    assert office.post(f"{batch}/claim", data=sent).status_code == 422
    sent["until"] = "2026-11-24 20:00"
    assert office.post(f"{batch}/claim", data=sent).status_code == 303
    claim = db.session.scalars(select(LotClaim)).one()

    first, second = (order.number for order in orders)
    address = f"/orders/{first}/batch-check/{claim.number}"
    assert address in buyer.get(f"/orders/{first}").text
    assert "&lt;b&gt;发霉" in buyer.get(address).text
    assert buyer.get(f"/orders/{second}/batch-check/{claim.number}").status_code == 404
    assert buyer.post(address, data={"bad_units": "4"}).status_code == 422
    fake = {"bad_units": "2", "photos": (BytesIO(b"<svg/>"), "a.jpg")}
    assert buyer.post(address, data=fake).status_code == 422
    seen = BytesIO()
    Image.new("RGB", (9, 9)).save(seen, "JPEG")
    seen.seek(0)
    assert buyer.post(address, data={"bad_units": "2", "photos": (seen, "a.jpg")}).status_code == 303
    shown = buyer.get(address).text
    photo = db.session.scalars(select(AfterSaleCase)).one().photos[0]
    assert photo in shown
    assert "暂记退款" in shown
    assert "¥19.80" in shown
    mine = f"/leader/orders/{second}"
    assert f"{mine}/batch-check/{claim.number}" in desk.get(mine).text
    assert desk.post(f"{mine}/batch-check/{claim.number}", data={"bad_units": "1"}).status_code == 303

    page = f"/admin/lot-claims/{claim.number}"
    assert "¥29.70" in office.get(page).text
    assert office.post(page, data={"decision": "accepted", "words": ""}).status_code == 422
    building.close(app, round_, claim.until)
    assert "等供应商答复" in office.get("/admin/lot-claims").text
    own = f"/supplier/lot-claims/{claim.number}"
    assert stranger.get(own).status_code == 404
    assert claim.number in supplier.get("/supplier/lot-claims").text
    told = supplier.get(own).text
    assert photo in told
    assert "&lt;b&gt;发霉" in told
    assert not {name for name in ("王女士", "李女士", first, second) if name in told}
    lines = supplier.get(f"/api/v1/supplier-claims/{claim.number}").json["lines"]
    assert [(line["bad_units"], line["photos"]) for line in lines] == [(2, [photo]), (1, [])]
    part = {"answer": "some", "lines-0-line_id": str(lines[0]["line"]), "lines-0-units": "2"}
    part |= {"lines-1-line_id": str(lines[1]["line"]), "lines-1-units": "0"}
    assert supplier.post(own, data=part).status_code == 422
    assert supplier.post(own, data=part | {"words": "<i>只有一箱</i>"}).status_code == 303
    assert "等平台决定" in supplier.get(own).text
    assert supplier.post(own, data={"answer": "everything"}).status_code == 422
    assert "&lt;i&gt;只有一箱" in office.get(page).text
    assert office.post(page, data={"decision": "accepted", "words": ""}).status_code == 422
    assert office.post(page, data={"decision": "own_cost", "words": "平台承担其余"}).status_code == 303
    assert office.get(f"/api/v1/lot-claims/{claim.number}").json["state"] == "part_accepted"
    assert day.stored(orders[0]).amount_fen == 990
    assert "平台承担其余" in buyer.get(address).text
    assert day.wrong() == []
