"""Freight on a resident's way: named in the round, reckoned in the cart, paid with the order."""

import re

from flask import Flask
from sqlalchemy import select

from groupbuy.analytics.sales_note import sales_note
from groupbuy.db import db
from groupbuy.orders.models import Order
from tests import building
from tests.building import NOW, ZONE
from tests.web.shopping import Visitor, open_shop

TERMS = {"freight_fen": 500, "freight_free_from_fen": 5000}


def test_the_cart_the_order_and_its_note_name_the_freight(visitor: Visitor) -> None:
    shop = open_shop(**TERMS)
    assert "运费 ¥5.00 · 商品满 ¥50.00 免运费" in visitor.get(shop.path)
    visitor.sign_up("13812345678", shop.leader)
    cart = visitor.send(shop.path, {**shop.quantities(P1=2), "go": "1"}).text
    assert re.search(r"data-freight-shown>5\.00<", cart)
    assert "data-cart-total>24.80<" in cart
    placed = visitor.send("/cart", {**shop.quantities(P1=2), "go": "1"}).text
    assert "<dt>运费</dt><dd>¥5.00</dd>" in placed
    db.session.rollback()
    order = db.session.scalars(select(Order)).one()
    change = visitor.get(f"/orders/{order.number}/change")
    assert "data-cart-total>24.80<" in change
    free = visitor.send(f"/orders/{order.number}/change", {**shop.quantities(P1=6), "go": "1"}).text
    assert "<dt>运费</dt>" not in free
    visitor.send(f"/orders/{order.number}/change", {**shop.quantities(P1=2), "go": "1"})
    db.session.rollback()
    note = sales_note(db.session.get_one(Order, order.id), zone=ZONE, now=NOW)
    assert note.closing[:2] == (("运费", "¥5.00"), ("合计金额（大写）", "贰拾肆元捌角整"))


def test_who_shares_a_freight_reads_so_before_and_after_ordering(app: Flask, visitor: Visitor) -> None:
    shop = open_shop(freight_fen=1000, freight_shared=True)
    shared = "送到自提点的运费共 ¥10.00，截单时由该自提点的所有订单按金额分摊。"
    visitor.sign_up("13812345678", shop.leader)
    assert shared in visitor.send(shop.path, {**shop.quantities(P1=2), "go": "1"}).text
    assert shared in visitor.send("/cart", {**shop.quantities(P1=2), "go": "1"}).text
    db.session.rollback()
    number = db.session.scalars(select(Order.number)).one()
    assert shared in visitor.get(f"/orders/{number}/change")
    building.close(app, shop.round)
    page = visitor.get(f"/orders/{number}")
    assert "<dt>运费</dt><dd>¥10.00</dd>" in page
    assert "运费：送到自提点共 ¥10.00，截单时已由该自提点的所有订单按金额分摊。" in page
