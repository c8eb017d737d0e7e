"""A bad batch in a real Chromium: the operator asks, the buyer answers, and so does the supplier."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from groupbuy.accounts import service as accounts
from groupbuy.aftersales.models import LotClaim
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import bringing, claiming_lots
from groupbuy.leaders.models import Leader
from groupbuy.warehouse.models import StockBatch
from tests import building
from tests.building import ACTOR, CLOSES, NOW, ZONE
from tests.support.browsers import DESKTOP, PHONE
from tests.warehouse import day
from tests.web.browsing import look_at, served, sit_down

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Let the clock go on from the day after the close."""
    with time_machine.travel(CLOSES + timedelta(hours=20), tick=True):
        yield


def supplier_account() -> int:
    """Give the supplier an account and return its id."""
    account = building.add_account("果业经理")
    with transaction():
        accounts.grant_role(account=account, role="supplier", now=NOW, actor=ACTOR.name)
        db.session.scalars(select(Supplier)).one().account_id = account.id
    return account.id


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_buyers_are_asked_and_answer(app: Flask, browser: Browser, device: dict[str, Any]) -> None:
    product, leader = building.add_product(building.add_supplier(), name="草莓"), building.add_leader()
    resident = building.add_resident(leader, room="3-501")
    round_ = building.add_round([product])
    order = building.place(round_, resident, {"P1": 6})
    with transaction():
        mine = db.session.get_one(Leader, leader.id)
        bringing.set_door_fee(leader=mine, fee_fen=300, now=NOW, actor=ACTOR)
    with transaction():
        bringing.choose(order=db.session.merge(order), to_door=True, now=NOW, actor=ACTOR)
    building.close(app, round_)
    day.receive(day.order_of(round_).number, {"P1": 6})
    batch_id = db.session.scalars(select(StockBatch.id)).one()
    number, buyer_id, leader_id = order.number, resident.account_id, leader.account_id
    with served(app) as site:
        office = sit_down(browser, app, site, building.add_account("运营").id, "operator", **device)
        buyer = sit_down(browser, app, site, buyer_id, "resident", **device)
        desk = sit_down(browser, app, site, leader_id, "leader", **device)
        office.goto(f"/admin/stock/batches/{batch_id}/claim")
        office.get_by_label("商品可能有什么问题").fill("可能发霉")
        office.get_by_label("反馈截止").fill("2026-12-20 20:00")
        look_at(office)
        office.get_by_role("button", name="征询").click()
        expect(office.get_by_text("征询买家中").first).to_be_visible()
        buyer.goto(f"/orders/{number}")
        look_at(buyer)
        buyer.get_by_role("link", name="坏了几件").click()
        buyer.get_by_label("坏了几件").fill("2")
        look_at(buyer)
        buyer.get_by_role("button", name="提交").click()
        expect(buyer.get_by_text("¥19.80")).to_be_visible()
        office.reload()
        look_at(office)
        with transaction():
            claim = db.session.scalars(select(LotClaim)).one()
            claiming_lots.end_asking(claim_id=claim.id, now=claim.until, zone=ZONE)
            own = f"/supplier/lot-claims/{claim.number}"
        maker = sit_down(browser, app, site, supplier_account(), "supplier", **device)
        maker.goto("/supplier/lot-claims")
        look_at(maker)
        maker.goto(own)
        maker.get_by_label("我方承担").fill("1")
        maker.get_by_label("未全部承担的原因").fill("运输中损坏")
        look_at(maker)
        maker.get_by_role("button", name="按以上件数承担").click()
        expect(maker.get_by_text("其余部分等平台决定")).to_be_visible()
        look_at(maker)
        office.reload()
        look_at(office)
        maker.context.close()
        desk.goto("/leader/door-delivery")
        look_at(desk)
        for page in (office, buyer, desk):
            page.context.close()
