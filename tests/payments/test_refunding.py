"""What is owed goes back the way it was paid: once, in the proportions it came, followed to the end."""

from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import refunding
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.orders.models import Order
from groupbuy.payments import channel_refunds, rules
from groupbuy.payments.models import Refund, RefundRequest
from groupbuy.payments.simulator.server import Simulator
from groupbuy.payments.simulator.serving import Fault
from tests import building
from tests.building import NOW
from tests.money import dial
from tests.payments.paying_town import Shop, broken_invariants, open_cancelled_shop
from tests.payments.test_paying_pages import browser

SOON = NOW.replace(minute=1)
LATER = NOW.replace(hour=3)


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


@pytest.fixture
def shop(app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller) -> Shop:
    """Return a cancelled order of ¥19.80, of which the wallet paid ¥5.00 and the channel ¥14.80."""
    return open_cancelled_shop(app, client, simulator)


def refund(
    shop: Shop, amount: int, key: str | None = None, actor: str = "account:1", target: str = "sources"
) -> RefundRequest:
    return in_transaction(
        lambda: refunding.refund(
            order=shop.order_row(),
            amount_fen=amount,
            reason="缺货",
            now=NOW,
            actor=actor,
            target=target,
            submission_key=key,
        )
    )


def decide(request: RefundRequest, *, approve: bool, actor: str) -> RefundRequest:
    number = request.id
    return in_transaction(
        lambda: refunding.decide(request_id=number, approve=approve, words="x", now=NOW, actor=actor)
    )


def by_target(shop: Shop) -> list[tuple[str, int]]:
    db.session.rollback()
    rows = db.session.query(Refund).filter_by(order_id=shop.order_id).order_by(Refund.id)
    return [(row.target, row.amount_fen) for row in rows]


def test_partial_refunds_return_in_the_proportions_of_the_payment_and_add_up(shop: Shop) -> None:
    # ¥9.90 of ¥5.00 and ¥14.80: ¥2.50 and ¥7.40; then ¥3.33: 0.841 and 2.489; then the rest.
    for amount in (990, 333, 657):
        refund(shop, amount)
    assert by_target(shop) == [
        ("wallet", 250),
        ("channel", 740),
        ("wallet", 84),
        ("channel", 249),
        ("wallet", 166),
        ("channel", 491),
    ]
    assert (shop.order.paid_fen, shop.wallet()) == (0, 500)
    shop.tick(NOW)
    shop.tick(SOON)
    assert [row.state for row in shop.refunds()] == ["success"] * 3
    assert shop.at_channel() == 0
    with pytest.raises(RuleBroken, match=r"Only ¥0\.00"):
        refund(shop, 1)
    assert broken_invariants(SOON) == []


@pytest.mark.check(34)
def test_a_refund_reaches_the_channel_once_however_often_and_whoever_asks(shop: Shop) -> None:
    shop.simulator.faults.append(Fault("/v3/refund", after=True, times=2))
    first = refund(shop, 1980, "k")
    assert refund(shop, 1980, "k").id == first.id
    shop.tick(NOW)
    shop.tick(SOON)
    shop.tick(LATER)
    shop.tick(LATER.replace(minute=1))
    assert [row.state for row in shop.refunds()] == ["success"]
    (row,) = shop.simulator.book.returns.values()
    assert row.amount_fen == 1480
    assert [shop.tell(row.number) for _ in range(3)] == [204, 204, 204]
    assert shop.at_channel() == 0
    assert broken_invariants(LATER) == []


def test_a_large_refund_waits_for_a_second_person(shop: Shop) -> None:
    dial(second_person_fen=1000)
    asked = refund(shop, 1500)
    assert (asked.state, by_target(shop)) == ("asked", [])
    with pytest.raises(RuleBroken, match=r"Only ¥4\.80"):
        refund(shop, 481)
    with pytest.raises(RuleBroken, match="Another person"):
        decide(asked, approve=True, actor="account:1")
    assert decide(asked, approve=True, actor="account:2").state == "done"
    with pytest.raises(RuleBroken, match="Somebody else"):
        decide(asked, approve=False, actor="account:3")
    assert sum(fen for _, fen in by_target(shop)) == 1500
    assert refund(shop, 480).state == "done"


def test_a_large_refund_in_parts_waits_for_a_second_person_too(shop: Shop) -> None:
    dial(second_person_fen=1000)
    assert refund(shop, 600).state == "done"
    # Somebody else may not go on alone either: of this order nobody has seen the first part.
    asked = refund(shop, 401, actor="account:2")
    assert (asked.state, sum(fen for _, fen in by_target(shop))) == ("asked", 600)
    assert decide(asked, approve=True, actor="account:1").state == "done"
    # What two persons have seen does not count against the next.
    assert refund(shop, 400).state == "done"
    assert refund(shop, 1).state == "asked"


@pytest.mark.parametrize("target", ["wallet", "cash"])
def test_a_large_refund_to_the_wallet_or_in_cash_waits_for_a_second_person(shop: Shop, target: str) -> None:
    dial(second_person_fen=1000)
    asked = refund(shop, 1500, target=target)
    assert (asked.state, by_target(shop)) == ("asked", [])
    with pytest.raises(RuleBroken, match="Another person"):
        decide(asked, approve=True, actor="account:1")
    assert decide(asked, approve=True, actor="account:2").state == "done"
    assert by_target(shop) == [(target, 1500)]
    with pytest.raises(BadInput, match="the way it was paid"):
        refund(shop, 1, target="elsewhere")


def test_a_rejected_refund_moves_nothing(shop: Shop) -> None:
    dial(second_person_fen=0)
    asked = refund(shop, 1500)
    assert decide(asked, approve=False, actor="account:1").words == "x"
    assert by_target(shop) == []
    assert refund(shop, 1980).state == "asked"


@pytest.mark.parametrize("amount", [0, -1])
def test_a_refund_of_nothing_is_refused(shop: Shop, amount: int) -> None:
    with pytest.raises(BadInput):
        refund(shop, amount)


def test_a_refund_that_the_channel_cannot_pay_goes_to_the_wallet_once(shop: Shop) -> None:
    shop.simulator.refunds_end = "ABNORMAL"
    refund(shop, 1980)
    shop.tick(NOW)
    number = shop.refunds()[0].number
    with pytest.raises(RuleBroken, match="may still pay"):
        in_transaction(lambda: channel_refunds.pay_to_wallet(number=number, now=NOW, actor="account:1"))
    shop.tick(SOON)
    assert shop.refunds()[0].state == "abnormal"
    for _ in range(2):
        in_transaction(lambda: channel_refunds.pay_to_wallet(number=number, now=NOW, actor="account:1"))
    assert (shop.wallet(), shop.refunds()[0].state) == (1980, "to_wallet")
    assert broken_invariants(SOON) == []


def test_a_refund_that_the_channel_refuses_waits_for_somebody(shop: Shop) -> None:
    refund(shop, 1980)
    (payment,) = shop.simulator.book.trades.values()
    payment.paid_at = None
    shop.tick(NOW)
    assert [(row.state, row.last_error) for row in shop.refunds()] == [("abnormal", "INVALID_REQUEST")]


def test_a_merchant_short_of_money_pays_a_refund_later(shop: Shop) -> None:
    shop.simulator.faults.append(Fault("/v3/refund", status=403, code="NOT_ENOUGH"))
    refund(shop, 1980)
    shop.tick(NOW)
    assert shop.refunds()[0].state == "queued"
    shop.tick(SOON)
    shop.tick(LATER)
    assert shop.refunds()[0].state == "success"


@pytest.mark.check(34)
def test_two_refunds_of_one_order_at_once_return_what_is_owed(shop: Shop) -> None:
    with pytest.raises(RuleBroken, match=r"Only ¥19\.80"):
        refund(shop, 1981)
    refund(shop, 1500)
    with pytest.raises(RuleBroken, match=r"Only ¥4\.80"):
        refund(shop, 1500)
    assert db.session.get_one(Order, shop.order_id).paid_fen == 480


SOURCES = st.dictionaries(st.integers(0, 4), st.integers(0, 10_000), min_size=1)


@given(SOURCES, st.lists(st.integers(1, 5_000), max_size=8))
def test_parts_never_exceed_their_source_and_end_at_nothing(paid: dict[int, int], wishes: list[int]) -> None:
    back: dict[int, int] = {}
    for wish in [*wishes, 10**9]:
        left = rules.remaining(paid, back)
        amount = min(wish, sum(left.values()))
        parts = rules.parts(amount, left)
        assert sum(parts.values()) == amount
        assert all(0 < part <= left[source] for source, part in parts.items())
        back = {source: back.get(source, 0) + parts.get(source, 0) for source in paid}
    assert back == paid


@given(SOURCES, st.integers(0, 10_000))
def test_money_that_went_elsewhere_is_taken_from_the_others(paid: dict[int, int], elsewhere: int) -> None:
    elsewhere = min(elsewhere, sum(paid.values()))
    left = rules.remaining(paid, {99: elsewhere})
    assert sum(left.values()) == sum(paid.values()) - elsewhere
    assert all(0 <= fen <= paid.get(source, 0) for source, fen in left.items())


def test_finance_asks_a_channel_again_for_a_stuck_refund_and_it_pays_once(shop: Shop) -> None:
    shop.app.config["WTF_CSRF_ENABLED"] = False
    refund(shop, 1980)
    (payment,) = shop.simulator.book.trades.values()
    paid_at, payment.paid_at = payment.paid_at, None
    shop.tick(NOW)
    (row,) = shop.refunds()
    number, office = row.number, browser(shop.app, building.add_account("财务"), "finance")
    assert row.state == "abnormal"
    page = f"/admin/payments/refunds/{number}/again"
    assert page in office.get("/admin/payments/refunds?stuck=1").text
    with time_machine.travel(SOON, tick=False):
        assert office.post(page).status_code == 303
        assert office.post(page).status_code == 422
    with pytest.raises(RuleBroken, match="may still pay"):
        in_transaction(lambda: channel_refunds.pay_to_wallet(number=number, now=SOON, actor="account:1"))
    shop.tick(SOON)
    assert shop.refunds()[0].state == "abnormal"
    with pytest.raises(RuleBroken, match="half hour"):
        again(number, SOON)
    payment.paid_at = paid_at
    again(number, SOON + channel_refunds.AGAIN_AFTER)
    for minutes in (30, 40, 60):
        shop.tick(SOON + timedelta(minutes=minutes))
    assert shop.refunds()[0].state == "success"
    assert shop.simulator.book.refunded(payment.number) == 1480
    with pytest.raises(RuleBroken, match="may still pay"):
        again(number, LATER)
    assert broken_invariants(LATER) == []


def test_a_channel_is_asked_again_a_bounded_number_of_times(shop: Shop) -> None:
    refund(shop, 1980)
    (payment,) = shop.simulator.book.trades.values()
    payment.paid_at = None
    shop.tick(NOW)
    number, now = shop.refunds()[0].number, NOW
    for _ in range(channel_refunds.MOST_AGAIN):
        now += channel_refunds.AGAIN_AFTER
        again(number, now)
        shop.tick(now)
    with pytest.raises(RuleBroken, match="10 times"):
        again(number, now + timedelta(days=1))
    in_transaction(lambda: channel_refunds.pay_to_wallet(number=number, now=now, actor="account:1"))
    assert shop.wallet() == 1980


def again(number: str, now: datetime) -> None:
    in_transaction(lambda: channel_refunds.ask_again(number=number, now=now, actor="account:1"))
