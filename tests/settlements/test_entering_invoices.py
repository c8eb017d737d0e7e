"""Suppliers' invoices as they are typed: with slips, taken back, and entered again."""

from datetime import timedelta

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select

from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.settlements import claims, invoices
from groupbuy.settlements.invoices import Asked
from groupbuy.settlements.models import SupplierInvoice
from tests.settlements.bought import NOW, Bought, enter

RIGHT = (Asked("P1", 7, 3500), Asked("P2", 6, 1998))


@pytest.fixture
def slip(bought: Bought) -> Bought:
    """Enter an invoice with a wrong amount, take it back and enter the right one under its number."""
    wrong = enter(bought, "A1", Asked("P1", 7, 35000))
    with transaction():
        invoices.cancel(invoice_id=wrong.id, now=NOW, actor="account:1")
    enter(bought, "A1", *RIGHT)
    return bought


def test_one_that_was_taken_back_is_entered_again_and_counts_once(slip: Bought) -> None:
    assert claims.waiting(most=9) == []
    found = db.session.execute(select(SupplierInvoice.number, SupplierInvoice.state)).all()
    assert sorted(map(tuple, found)) == [("A1", "cancelled"), ("A1", "entered")]
    with pytest.raises(RuleBroken, match="entered already"):
        enter(slip, "A1", *RIGHT)


def test_the_tables_go_back_to_a_number_for_each_and_forth(app: Flask, slip: Bought) -> None:
    db.session.rollback()
    db.session.remove()
    downgrade(revision="0310")
    upgrade()
    numbers = sorted(db.session.scalars(select(SupplierInvoice.number)))
    assert numbers[0] == "A1"
    assert numbers[1].startswith("A1 #")


def test_a_day_that_has_not_come_is_a_slip(bought: Bought) -> None:
    tomorrow = (NOW + timedelta(days=1)).date()
    with transaction(), pytest.raises(BadInput, match="not come yet") as caught:
        invoices.enter(
            order_number=bought.order,
            number="A1",
            dated=tomorrow + timedelta(days=1),
            lines=RIGHT,
            tax_fen=0,
            now=NOW,
            actor="account:1",
        )
    assert caught.value.param == "dated"
