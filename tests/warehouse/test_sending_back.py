"""Goods go back to the supplier that brought them, at what they were paid for.

P1 costs ¥5.00 at S1, its own supplier, and ¥4.00 at S2. Of 100 that were wanted S1 has brought 110 and S2
10, so that twenty lie in stock: where they have batches ten of each supplier's.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.catalog.models import Product, Supplier
from groupbuy.catalog.sourcing import Sourcing
from groupbuy.catalog.supplier_files import get_supplier
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import receiving, taking_out
from groupbuy.flows.receiving import Delivery
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.settlements.models import SupplierAdjustment
from groupbuy.warehouse.models import StockBatch
from tests import building
from tests.purchasing.test_several_suppliers import S2, add_product, closed, number_of
from tests.support.refusals import code_of
from tests.support.seats import appoint
from tests.warehouse import day
from tests.web.admin.people import Person


def stocked(app: Flask, batches: Mapping[str, str | None]) -> Product:
    """Return P1 with twenty in stock, from suppliers with their batches."""
    product = add_product(Sourcing("share", None, (replace(S2, share_bp=4_000),)))
    round_, _ = closed(app, product, 100)
    for code, units in (("S1", 110), ("S2", 10)):
        receive(number_of(round_, code), Delivery("P1", units, batch=batches[code]))
    assert day.in_stock(product) == 20
    return product


def receive(number: str, delivery: Delivery) -> None:
    said: Any = {"tolerance_bp": 0, "confirmed": 2, "last": True, "now": day.ARRIVES, "actor": day.ACTOR}
    in_transaction(lambda: receiving.receive_goods(number=number, deliveries=[delivery], **said))


def send_back(units: int, to: str | None = None, batch: str | None = None, **details: Any) -> tuple[str, int]:
    """Return goods; return to whom they went and what each was paid for."""

    def work() -> tuple[str, int]:
        product = db.session.scalars(select(Product)).one()
        of = select(StockBatch.id).where(StockBatch.number == batch)
        usual: dict[str, Any] = {"kind": "supplier_return", "reason": "临期", "zone": building.ZONE}
        issue = taking_out.take_out(
            product=product,
            units=units,
            now=day.ARRIVES,
            actor=day.ACTOR,
            batch_id=db.session.scalars(of).one() if batch else None,
            supplier=get_supplier(to) if to else None,
            **(usual | details),
        )
        assert issue.supplier is not None
        return issue.supplier.code, issue.cost_fen

    return in_transaction(work)


def refused(units: int, *said: str | None, **details: Any) -> str:
    with pytest.raises((RuleBroken, BadInput)) as error:
        send_back(units, *said, **details)
    return error.value.code


def taken_off() -> list[tuple[str, int]]:
    """Return what was taken off what suppliers are owed, in fen."""
    db.session.rollback()
    rows = select(Supplier.code, SupplierAdjustment.amount_fen)
    joined = rows.join(SupplierAdjustment, SupplierAdjustment.supplier_id == Supplier.id)
    return [(row[0], row[1]) for row in db.session.execute(joined.order_by(SupplierAdjustment.id))]


def test_a_batch_goes_back_to_the_supplier_that_brought_it_at_its_cost(app: Flask) -> None:
    product = stocked(app, {"S1": "A", "S2": "B"})
    assert send_back(3, batch="B") == ("S2", 400)
    assert send_back(2, batch="A") == ("S1", 500)
    assert send_back(1, to="S2", batch="B", submission_key="k") == ("S2", 400)
    assert send_back(1, to="S2", batch="B", submission_key="k") == ("S2", 400)
    assert taken_off() == [("S2", -1_200), ("S1", -1_000), ("S2", -400)]
    assert refused(1, "S1", "B") == "not_brought"
    assert refused(1, "S3") == "not_brought"
    assert refused(1, "S2", kind="write_off") == "not_a_return"
    # Fourteen are left, of both batches: nobody brought all of them.
    assert refused(14) == "several_suppliers"
    assert (day.in_stock(product), day.wrong()) == (14, [])


def test_of_goods_without_batches_somebody_says_whose_they_are_and_no_more_goes_back_than_came(
    app: Flask,
) -> None:
    stocked(app, {"S1": None, "S2": None})
    assert refused(1) == "several_suppliers"
    assert send_back(1, to="S2") == ("S2", 400)
    assert send_back(1, to="S1") == ("S1", 500)
    assert refused(10, "S2") == "more_than_brought"
    assert send_back(9, to="S2") == ("S2", 400)
    assert refused(1, "S2") == "more_than_brought"
    assert taken_off() == [("S2", -400), ("S1", -500), ("S2", -9 * 400)]
    assert day.wrong() == []


def test_two_returns_at_once_take_no_more_than_a_supplier_brought(app: Flask) -> None:
    product = stocked(app, {"S1": None, "S2": None})
    db.session.rollback()

    def back(key: str) -> str:
        with app.app_context():
            return code_of(send_back, 6, "S2", submission_key=key)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(back, ("a", "b"))) == ["done", "more_than_brought"]
    assert (taken_off(), day.in_stock(product), day.wrong()) == ([("S2", -6 * 400)], 14, [])


def test_one_return_that_is_sent_twice_at_once_is_one(app: Flask) -> None:
    product = stocked(app, {"S1": "A", "S2": "B"})
    db.session.rollback()

    def back(_: int) -> tuple[str, int]:
        with app.app_context():
            return send_back(3, batch="B", submission_key="k")

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(back, range(2))) == [("S2", 400)] * 2
    assert (taken_off(), day.in_stock(product), day.wrong()) == ([("S2", -3 * 400)], 17, [])


def test_the_page_asks_whose_the_goods_are_where_several_brought_them(app: Flask) -> None:
    product = stocked(app, {"S1": None, "S2": None})
    operator = Person(appoint(app, building.add_account("小陈"), "operator", utc_now()))
    form = {"kind": "supplier_return", "batch": "0", "units": "2", "reason": "临期", "submission_key": "k"}
    path = "/admin/stock/P1/issue"
    assert "退给" in operator.text(path)
    again = operator.post(path, **form, supplier_code="")
    assert (again.status_code, "多家供应商" in again.text) == (422, True)
    # What was chosen stays.
    assert '<option selected value="supplier_return">' in again.text
    assert operator.post(path, **form, supplier_code="S3").status_code == 422
    for _ in range(2):
        assert operator.post(path, **form, supplier_code="S2").status_code == 303
    assert (taken_off(), day.in_stock(product)) == ([("S2", -800)], 18)
