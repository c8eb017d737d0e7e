"""What residents keep about themselves, take along, and leave behind."""

import io
import json

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.accounts.models import Account
from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.members.models import Resident
from groupbuy.messaging.models import Message
from groupbuy.notices import telling
from groupbuy.notices.telling import Notice
from groupbuy.orders.models import Order
from tests.web.shopping import Visitor, open_shop

PHONE = "13812345678"


def test_name_and_room_are_changed(visitor: Visitor) -> None:
    visitor.sign_up(PHONE, open_shop().leader)
    answer = visitor.send("/me/profile", {"name": "王女士", "room": "5-1-302"})
    assert "已保存" in answer.text
    assert "5-1-302" in answer.text
    assert visitor.send("/me/profile", {"name": "", "room": "5-1-302"}).status_code == 422


def test_messages_come_in_the_language_of_the_pages(visitor: Visitor) -> None:
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader)
    resident = db.session.scalars(select(Resident)).one()
    refund = {"order": "N1", "amount": "¥9.90", "reason": "other"}
    for language, word in (("", "退款通知"), ("en", "Paid back"), ("xx", "Paid back"), ("zh", "退款通知")):
        visitor.get(f"/me?lang={language}")
        notice = Notice(f"{language}-{word}", "refunded", f"resident:{resident.id}", refund)
        in_transaction(lambda told=notice: telling.tell([told], now=utc_now()))
        db.session.rollback()
        newest = db.session.scalars(select(Message).order_by(Message.id.desc())).first()
        assert newest is not None
        assert word in newest.subject


@pytest.mark.check(58)
def test_the_phone_is_masked_on_every_own_page(visitor: Visitor) -> None:
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader)
    visitor.order(shop, P1=1)
    number = db.session.scalars(select(Order.number)).one()
    for path in ("/me", "/orders", f"/orders/{number}", f"/orders/{number}/code", "/me/data"):
        page = visitor.get(path)
        assert PHONE not in page
        assert shop.leader.phone not in page


def test_a_password_is_set_and_the_resident_stays_signed_in(visitor: Visitor) -> None:
    visitor.sign_up(PHONE, open_shop().leader)
    assert visitor.send("/me/password", {"password": "12345678"}).status_code == 422
    assert "密码已设置" in visitor.send("/me/password", {"password": "苹果 香蕉 橙子 三样"}).text


@pytest.mark.check(59)
def test_own_data_is_taken_along_and_that_is_logged(visitor: Visitor) -> None:
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader)
    visitor.order(shop, P1=2)
    data = json.loads(visitor.post("/me/data", {"format": "json"}).data)
    assert data["account"]["phone"] == PHONE
    assert data["orders"][0]["lines"] == [
        {"name": "商品P1", "quantity": 2, "price_fen": 990, "amount_fen": 1980}
    ]
    book = openpyxl.load_workbook(io.BytesIO(visitor.post("/me/data", {"format": "xlsx"}).data))
    assert len(book.sheetnames) == 2
    verbs = db.session.scalars(select(AuditEntry.verb)).all()
    assert verbs.count("data_exported") == 2


@pytest.mark.check(59)
def test_leaving_waits_for_open_orders_and_then_takes_the_person_out_of_the_books(
    app: Flask, visitor: Visitor
) -> None:
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader)
    visitor.order(shop, P1=2)
    refused = visitor.send("/me/leave", {"sure": "y"})
    assert "请先提货或取消未完成的订单" in refused.text
    number = db.session.scalars(select(Order.number)).one()
    visitor.send(f"/orders/{number}/cancel", {})
    assert "账号已注销" in visitor.send("/me/leave", {"sure": "y"}).text
    db.session.rollback()
    account = db.session.scalars(select(Account).where(Account.phone.like("deleted-%"))).one()
    resident = db.session.scalars(select(Resident)).one()
    assert (account.active, account.password_hash) == (False, None)
    assert (resident.phone, resident.room, resident.active) == ("", None, False)
    assert db.session.scalars(select(Order.number)).one() == number
    assert visitor.client.get("/me").status_code == 303
