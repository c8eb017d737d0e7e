"""Money for orders: through the leader's hands, back to residents, and out of wallets."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask

from groupbuy.analytics import invariants_ledger
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.finance import queries, rules, service
from groupbuy.finance.rules import Entry
from groupbuy.flows import ordering
from groupbuy.kernel.errors import GroupbuyError, RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order
from groupbuy.payments import handing_over, paying_back
from groupbuy.payments.models import CashHandover, Refund
from tests import building
from tests.building import ACTOR, NOW
from tests.money import PICKED, hand_out, keep, sell


def books_are_right() -> bool:
    return all(not one.run().violations for one in (*invariants_ledger.CHECKS, *invariants_ledger.AT_REST))


def pay(order: Order) -> Order:
    order_id = order.id
    return in_transaction(
        lambda: ordering.mark_paid(order=db.session.get_one(Order, order_id), now=NOW, actor=ACTOR)
    )


def place_order(leader: Leader | None = None, **columns: object) -> Order:
    leader = leader or building.add_leader()
    round_ = building.add_round([building.add_product(building.add_supplier())], **columns)
    return building.place(round_, building.add_resident(leader), {"P1": 2})


def cancel(order: Order) -> None:
    order_id = order.id
    in_transaction(
        lambda: ordering.cancel_order(
            order=db.session.get_one(Order, order_id), reason="不要了", now=NOW, actor=ACTOR
        )
    )


def pay_back(order: Order, amount: int, target: str = "wallet", key: str | None = None) -> Refund:
    order_id = order.id
    return in_transaction(
        lambda: paying_back.pay_back(
            order=db.session.get_one(Order, order_id),
            amount_fen=amount,
            target=target,
            reason="取消",
            now=NOW,
            actor="test",
            submission_key=key,
        )
    )


def hand_over(leader_id: int, amount: int, key: str | None = None) -> CashHandover:
    return in_transaction(
        lambda: handing_over.hand_over(
            leader=db.session.get_one(Leader, leader_id),
            amount_fen=amount,
            note="",
            now=NOW,
            actor="test",
            submission_key=key,
        )
    )


def decide(handover_id: int, *, confirm: bool) -> CashHandover:
    return in_transaction(
        lambda: handing_over.decide(
            handover_id=handover_id, confirm=confirm, reason="数目不对", now=NOW, actor="test"
        )
    )


def test_a_paid_order_is_cash_of_its_leader_once(app: Flask) -> None:
    order = place_order()
    pay(order)
    pay(order)
    assert handing_over.cash_due(order.leader_id) == 1980
    assert books_are_right()


def test_goods_handed_out_become_income(app: Flask) -> None:
    sold = sell(app)
    pay(sold.orders[0])
    for order in sold.orders:
        hand_out(order)
    keep(PICKED + timedelta(minutes=5))
    assert queries.balance(rules.SALES) == 2970
    assert queries.balance(rules.resident(sold.orders[1].resident_id)) == -990
    assert books_are_right()


def test_cash_handed_over_counts_once_it_is_confirmed(app: Flask) -> None:
    order = place_order()
    pay(order)
    first = hand_over(order.leader_id, 1000, "k")
    assert hand_over(order.leader_id, 1000, "k").id == first.id
    assert handing_over.cash_due(order.leader_id) == 980
    with pytest.raises(RuleBroken, match=r"Only ¥9\.80"):
        hand_over(order.leader_id, 981)
    decide(first.id, confirm=True)
    with pytest.raises(RuleBroken, match="Somebody else"):
        decide(first.id, confirm=False)
    assert queries.balance(rules.CASH_DESK) == 1000
    assert books_are_right()


def test_a_rejected_handover_is_due_again(app: Flask) -> None:
    order = place_order()
    pay(order)
    decide(hand_over(order.leader_id, 1980).id, confirm=False)
    assert handing_over.cash_due(order.leader_id) == 1980


@pytest.mark.check(34)
@pytest.mark.parametrize("target", ["wallet", "cash"])
def test_what_was_paid_for_a_cancelled_order_goes_back_once(app: Flask, target: str) -> None:
    order = place_order()
    pay(order)
    cancel(order)
    keep(NOW + timedelta(minutes=5))
    assert queries.balance(rules.owed(order.resident_id)) == 1980
    assert pay_back(order, 1500, target, "k").id == pay_back(order, 1500, target, "k").id
    with pytest.raises(RuleBroken, match=r"Only ¥4\.80"):
        pay_back(order, 481, target)
    assert queries.balance(rules.owed(order.resident_id)) == 480
    assert queries.available(rules.wallet(order.resident_id)) == (1500 if target == "wallet" else 0)
    assert handing_over.cash_due(order.leader_id) == (1980 if target == "wallet" else 480)
    assert books_are_right()


@pytest.mark.check(34)
def test_two_refunds_of_one_order_at_once_pay_back_once(app: Flask) -> None:
    order = place_order()
    pay(order)
    cancel(order)
    # The threads must not read it anew in the session of the test.
    db.session.refresh(order)
    db.session.expunge(order)

    def refund(_: int) -> bool:
        with app.app_context():
            try:
                return pay_back(order, 1980) is not None
            except GroupbuyError:
                return False
            finally:
                db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(refund, range(8))) == 1
    db.session.rollback()
    assert queries.available(rules.wallet(order.resident_id)) == 1980
    assert books_are_right()


def test_a_wallet_pays_a_prepaid_order_once_from_two_devices(app: Flask) -> None:
    order = place_order(payment="prepaid")
    top_up = Entry(rules.CASH_DESK, rules.wallet(order.resident_id), 2000, "top_up", "1")
    in_transaction(lambda: service.post([top_up], at=NOW, actor="test"))
    order_id = order.id

    def spend(_: int) -> str:
        with app.app_context():
            try:
                return in_transaction(
                    lambda: ordering.pay_from_wallet(
                        order=db.session.get_one(Order, order_id), now=NOW, actor=ACTOR
                    )
                ).state
            finally:
                db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(spend, range(6))) == {"confirmed"}
    db.session.rollback()
    assert queries.available(rules.wallet(order.resident_id)) == 20
    assert books_are_right()


def test_a_wallet_with_too_little_pays_nothing(app: Flask) -> None:
    order = place_order(payment="prepaid")
    with pytest.raises(RuleBroken, match="not enough"):
        in_transaction(lambda: ordering.pay_from_wallet(order=order, now=NOW, actor=ACTOR))
    db.session.expire_all()
    assert db.session.get_one(Order, order.id).state == "awaiting_payment"
