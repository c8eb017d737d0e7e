"""An invoice from the resident's page to its file: asked once, decided once, of what was paid and kept."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import bookkeeping, leaving
from groupbuy.invoicing import queries, service
from groupbuy.invoicing.models import InvoiceFile, InvoiceRequest
from groupbuy.orders.models import Order
from tests import building
from tests.building import NOW
from tests.invoicing.office import (
    LATER,
    TAX,
    asked,
    corrected,
    fetch,
    issued,
    refund,
    reversed_,
    stored,
    told,
)
from tests.support.refusals import code_of

pytestmark = pytest.mark.usefixtures("clock")


def test_a_resident_is_told_why_there_is_no_invoice(order: Order) -> None:
    fetch(order)
    request_id = asked(order).id
    in_transaction(lambda: service.refuse(request_id=request_id, reason="税号有误", now=NOW, actor="t"))
    assert told("invoice_refused") == [
        f"订单 {order.number} 的发票未能开具：税号有误。改正后可在订单页重新申请。"
    ]


def test_an_invoice_is_asked_for_once_after_the_pickup_and_is_of_what_is_kept(order: Order) -> None:
    assert code_of(asked, order) == "not_picked_up"
    fetch(order)
    first = asked(order)
    assert asked(order).id == first.id
    assert code_of(asked, order, title="别的公司") == "already_asked"
    refund(order, 2)
    assert issued(first.id).amount_fen == 2970
    assert told("invoice_issued") == [
        f"订单 {order.number} 的发票已开具，金额 ¥29.70，发票号码 26442000000000000001。可在订单页下载。"
    ]
    assert code_of(issued, first.id) == "already_decided"
    assert code_of(service.refuse, request_id=first.id, reason="x", now=NOW, actor="t") == "already_decided"


def test_an_invoice_of_a_refunded_order_is_taken_back_and_made_anew(app: Flask, order: Order) -> None:
    fetch(order)
    first = issued(asked(order).id).id
    assert corrected() == 0
    refund(order, 1)
    assert [in_transaction(lambda: bookkeeping.keep_books(now=LATER)) is None, corrected()] == [False, 0]
    assert db.session.get_one(InvoiceRequest, first).state == "correcting"
    assert told("invoice_correcting") == [
        f"订单 {order.number} 在开票后有退款，发票 26442000000000000001 将红冲，请勿再用于报销。"
        "现在应开金额 ¥39.60。"
    ]
    assert code_of(asked, order, title="别的公司") == "already_asked"
    assert code_of(reversed_, first, "26442000000000000001x") == "bad_format"

    def take_back(number: str) -> str:
        with app.app_context():
            return code_of(reversed_, first, number)

    db.session.rollback()
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(take_back, ("26442000000000000021", "26442000000000000022"))) == [
            "already_decided",
            "done",
        ]
    row = db.session.get_one(InvoiceRequest, first)
    assert (row.state, row.amount_fen, told("invoice_reversed")[0].count(row.red_number or "?")) == (
        "reversed",
        4950,
        1,
    )
    second = queries.live_request(order.id)
    assert second is not None
    assert (second.state, second.title, second.tax_number) == ("asked", row.title, TAX)
    assert code_of(reversed_, second.id) == "already_decided"
    assert issued(second.id, "26442000000000000003").amount_fen == 3960
    refund(order, 4)
    assert corrected() == 1
    assert code_of(reversed_, second.id, row.red_number) == "number_taken"
    assert code_of(reversed_, second.id, second.invoice_number) == "number_taken"
    assert reversed_(second.id) is None
    assert code_of(asked, order) == "nothing_paid"


def test_what_nobody_paid_has_no_invoice(app: Flask) -> None:
    round_ = building.add_round([building.add_product(building.add_supplier())])
    placed = building.place(round_, building.add_resident(building.add_leader()), {"P1": 1})
    building.close(app, round_)
    fetch(stored(placed))
    assert code_of(asked, placed) == "nothing_paid"


def test_a_number_is_given_once_and_of_two_deciders_the_second_is_told(app: Flask, order: Order) -> None:
    fetch(order)
    request_id = asked(order).id

    def decide(number: str) -> str:
        with app.app_context():
            return code_of(issued, request_id, number)

    db.session.rollback()
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(decide, ("26442001", "26442002"))) == ["already_decided", "done"]
    assert len(db.session.scalars(select(InvoiceFile)).all()) == 1


def test_who_leaves_takes_the_own_data_along_and_leaves_issued_invoices(order: Order) -> None:
    fetch(order)
    issued(asked(order).id)
    account_id = order.resident.account_id or 0
    data = in_transaction(lambda: leaving.own_data(account_id=account_id, now=LATER, actor="test"))
    assert data["invoices"][0]["tax_number"] == TAX
    in_transaction(lambda: leaving.leave(account_id=account_id, now=LATER, actor="test"))
    left = db.session.scalars(select(InvoiceRequest)).one()
    assert (left.title, left.email, left.invoice_number) == ("绿田有限公司", "", "26442000000000000001")
