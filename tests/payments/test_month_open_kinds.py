"""Payments that are held, refunds under way or asked for, and invoices that differ keep a month open."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.analytics import month_open
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import refunding
from groupbuy.payments.simulator.server import Simulator
from groupbuy.settlements import claims, invoices
from groupbuy.settlements.invoices import Asked
from tests.building import NOW
from tests.money import dial
from tests.payments.paying_town import Shop, open_cancelled_shop, open_shop
from tests.payments.test_month_open import AFTER
from tests.settlements.bought import NOW as RECEIVED
from tests.settlements.bought import Bought, enter
from tests.settlements.conftest import bought  # noqa: F401  # A fixture.

BEFORE = "2026-10"


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


def open_of(kind: str, month: str = "2026-11") -> tuple[int, int | None] | None:
    """Return how many of a kind a month has open, and fen; None for none."""
    found = {one.kind: (one.count, one.amount_fen) for one in month_open.open_of(month, AFTER)}
    return found.get(kind)


@pytest.fixture
def cancelled(app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller) -> Shop:
    """Return a cancelled order of ¥19.80, of which the wallet paid ¥5.00 and the channel ¥14.80."""
    return open_cancelled_shop(app, client, simulator)


def test_a_held_payment_is_open_until_it_is_given_back(
    app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller
) -> None:
    shop = open_shop(app, client, simulator)
    number = shop.begin()
    assert shop.arrive(number, amount_fen=7) == "held"
    assert (open_of("held_payment"), open_of("held_payment", BEFORE)) == ((1, 7), None)
    in_transaction(
        lambda: refunding.give_back_held(number=number, reason="金额不符", now=NOW, actor="account:1")
    )
    # What goes back is open as a refund instead, until the channel has paid it.
    assert (open_of("held_payment"), open_of("refund")) == (None, (1, 7))


def refund(shop: Shop, amount_fen: int) -> int:
    """Ask for a part of what is owed back, and return the request."""
    return in_transaction(
        lambda: (
            refunding.refund(
                order=shop.order_row(), amount_fen=amount_fen, reason="缺货", now=NOW, actor="account:1"
            ).id
        )
    )


@pytest.mark.parametrize("end", ["SUCCESS", "ABNORMAL"])
def test_a_refund_is_open_until_the_channel_has_paid_it(cancelled: Shop, end: str) -> None:
    refund(cancelled, 1980)
    assert (open_of("refund"), open_of("refund", BEFORE)) == ((1, 1480), None)
    cancelled.simulator.refunds_end = end
    for minutes in (1, 2):
        cancelled.tick(NOW + timedelta(minutes=minutes))
    # One that the channel cannot pay waits for a person, and stays open.
    assert open_of("refund") == (None if end == "SUCCESS" else (1, 1480))


@pytest.mark.parametrize("approve", [True, False])
def test_a_refund_that_waits_for_a_second_person_is_open_until_that_one_decides(
    cancelled: Shop, approve: bool
) -> None:
    dial(second_person_fen=1000)
    request_id = refund(cancelled, 1980)
    assert (open_of("refund_request"), open_of("refund")) == ((1, 1980), None)
    assert open_of("refund_request", BEFORE) is None
    in_transaction(
        lambda: refunding.decide(
            request_id=request_id, approve=approve, words="x", now=NOW, actor="account:2"
        )
    )
    assert (open_of("refund_request"), open_of("refund")) == (None, (1, 1480) if approve else None)


def test_an_invoice_that_differs_is_open_until_somebody_decides(
    bought: Bought,  # noqa: F811  # The fixture.
) -> None:
    assert open_of("invoice_difference") is None
    enter(bought, "A1", Asked("P1", 12, 6120), Asked("P2", 6, 2010))
    # Five of P1 were rejected, and each is asked for at ¥5.10: ¥26.20; P2 is dearer by ¥0.12.
    assert (open_of("invoice_difference"), open_of("invoice_difference", BEFORE)) == ((2, 2620 + 12), None)
    for line, how in zip(claims.waiting(most=9), ("as_agreed", "as_invoiced"), strict=True):
        with transaction():
            invoices.decide(line_id=line.line_id, how=how, note="查过了", now=RECEIVED, actor="account:1")
        left = len(claims.waiting(most=9))
        assert open_of("invoice_difference") == ((left, 12) if left else None)
