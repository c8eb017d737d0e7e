"""What was refunded after the sale says so: in the list of orders, in their log and in the audit log."""

import re
from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask

from groupbuy.aftersales.rules import Kind
from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import ordering
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import format_yuan
from groupbuy.orders.models import Order
from groupbuy.payments import paying_back
from tests import building
from tests.aftersales.test_putting_right import PICKED, ask, decide
from tests.api.test_short_ways import asked
from tests.building import ACTOR
from tests.support.seats import appoint
from tests.web.admin.people import Person

PAGE, SHORT = "/admin/orders", "订单部分缺货"


def _boss(app: Flask) -> Person:
    return Person(appoint(app, building.add_account("运营"), "operator", utc_now()))


@pytest.fixture
def orders(app: Flask) -> Sequence[Order]:
    """Return paid orders of a closed round, each 5 of P1 at ¥9.90 for ¥49.50."""
    round_ = building.add_round([building.add_product(building.add_supplier(), "P1")])
    leader, placed = building.add_leader(), []
    for number in range(4):
        one = building.place(round_, building.add_resident(leader, f"居民{number}"), {"P1": 5})
        with transaction():
            ordering.mark_paid(order=db.session.get_one(Order, one.id), now=building.NOW, actor=ACTOR)
        placed.append(one.id)
    building.close(app, round_)
    return [db.session.get_one(Order, id_) for id_ in placed]


def refund(order: Order, units: int) -> None:
    decide(ask(order, Kind.REFUND, P1=units))
    with transaction():
        row = db.session.get_one(Order, order.id)
        paying_back.pay_back(
            order=row,
            amount_fen=row.paid_fen - row.amount_fen,
            target="wallet",
            reason="发霉",
            now=PICKED + timedelta(hours=2),
            actor=ACTOR.name,
        )


def shown(text: str, order: Order) -> str:
    """Return the words of the rows of an order in a list."""
    rows = [row.partition("</tr>")[0] for row in text.split("<tr") if order.number in row]
    return re.sub("<[^>]*>", " ", " ".join(rows))


def test_the_list_shows_what_was_paid_and_what_was_paid_back(app: Flask, orders: Sequence[Order]) -> None:
    whole, part, paid, _ = orders
    refund(whole, 5)
    refund(part, 2)
    text = _boss(app).text(PAGE)
    assert ("已退款" in shown(text, whole), "已付款" in shown(text, whole)) == (True, False)
    assert shown(text, whole).count(format_yuan(4950)) == 2
    assert [fen for fen in (2970, 4950, 1980) if format_yuan(fen) not in shown(text, part)] == []
    assert ("已付款" in shown(text, part), "已付款" in shown(text, paid)) == (True, True)
    assert "¥49.50" in _boss(app).text(f"{PAGE}/{whole.number}")


def test_the_list_takes_as_many_queries_for_many_refunds_as_for_one(
    app: Flask, orders: Sequence[Order]
) -> None:
    boss = _boss(app)
    refund(orders[0], 5)
    boss.text(PAGE)
    with asked() as for_one:
        boss.text(PAGE)
    for order in orders[1:]:
        refund(order, 5)
    with asked() as for_many:
        boss.text(PAGE)
    assert len(for_many) == len(for_one)


def test_a_refund_after_the_sale_is_no_short_delivery(app: Flask, orders: Sequence[Order]) -> None:
    whole, part, old, _ = orders
    refund(whole, 5)
    refund(part, 2)
    # As it was written before there was a word for it.
    in_transaction(
        lambda: audit.record(
            at=PICKED,
            actor=ACTOR.name,
            verb="order_shortened",
            subject_kind="order",
            subject=old.number,
            after={"amount_fen": 2970, "reason": "refunded"},
        )
    )
    boss = _boss(app)
    part_said, whole_said = "Part of an order refunded after the sale", "Whole order refunded after the sale"
    for order, says, english in (
        (part, "订单部分售后退款", part_said),
        (old, "订单部分售后退款", part_said),
        (whole, "订单整单售后退款", whole_said),
    ):
        page = f"{PAGE}/{order.number}?lang="
        assert (says in boss.text(page + "zh"), SHORT in boss.text(page + "zh")) == (True, False)
        assert english in boss.text(page + "en")
        rows = shown(boss.text("/admin/audit?lang=zh"), order)
        assert (says in rows, SHORT in rows, "refunded" in rows) == (True, False, False)
        assert english in shown(boss.text("/admin/audit?lang=en"), order)
