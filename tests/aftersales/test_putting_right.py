"""After the sale: asked, decided once, paid back to the fen, charged to the supplier."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.aftersales import rules
from groupbuy.aftersales.models import AfterSaleCase, SupplierClaim
from groupbuy.aftersales.rules import Goods, Kind, Reason
from groupbuy.analytics.invariants import check_all
from groupbuy.commissions.models import CommissionEntry
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import collecting, ordering, putting_right
from groupbuy.flows.putting_right import Charge, Request
from groupbuy.kernel.errors import GroupbuyError, RuleBroken
from groupbuy.messaging.models import Message
from groupbuy.orders.models import Order
from groupbuy.settlements.queries import open_fen
from tests import building
from tests.building import ACTOR, CLOSES, ZONE
from tests.support.refusals import code_of

PICKED = CLOSES + timedelta(hours=20)


def ask(order: Order, kind: Kind, now: datetime = PICKED, **units: int) -> AfterSaleCase:
    request = Request(kind, Reason.SPOILED, "三个发霉了", units)
    return in_transaction(
        lambda: putting_right.ask(
            order=db.session.get_one(Order, order.id), request=request, now=now, zone=ZONE, actor=ACTOR
        )
    )


def decide(case: AfterSaleCase, approve: bool = True, **details: object) -> AfterSaleCase:
    now, answer = PICKED + timedelta(hours=1), "很抱歉"
    return in_transaction(
        lambda: putting_right.decide(
            number=case.number, approve=approve, answer=answer, now=now, zone=ZONE, actor=ACTOR, **details
        )
    )


def fetch(order: Order) -> None:
    with transaction():
        collecting.verify_pickup(
            code=order.pickup_code, leader_ids=[order.leader_id], now=PICKED, actor=ACTOR
        )


@pytest.fixture
def order(app: Flask) -> Order:
    """Return a paid order of a closed round: 5 of P1 at ¥9.90 (cost ¥5.00), 2 of P2; 10 % commission."""
    supplier = building.add_supplier()
    goods = [building.add_product(supplier, code) for code in ("P1", "P2")]
    building.set_commission(Rate(rate_bp=1000))
    round_ = building.add_round(goods)
    placed = building.place(round_, building.add_resident(building.add_leader()), {"P1": 5, "P2": 2})
    with transaction():
        ordering.mark_paid(order=db.session.get_one(Order, placed.id), now=building.NOW, actor=ACTOR)
    building.close(app, round_)
    return db.session.get_one(Order, placed.id)


def test_a_refund_is_paid_for_what_was_paid_and_the_commission_follows(order: Order) -> None:
    """Three of five: ¥29.70 back of ¥69.30; commission ¥6.93 - ¥2.97 = ¥3.96; ¥15 from the supplier."""
    fetch(order)
    case = ask(order, Kind.REFUND, P1=3)
    assert code_of(ask, order, Kind.REFUND, P1=3) == "more_than_bought"
    decided = decide(case, goods=Goods.WRITTEN_OFF, charge=Charge())
    assert (decided.state, decided.refund_fen) == ("closed", 2970)
    assert code_of(decide, case) == "already_decided"
    stored = db.session.get_one(Order, order.id, populate_existing=True)
    assert (stored.amount_fen, stored.paid_fen, stored.state) == (3960, 6930, "picked_up")
    earned = select(total(CommissionEntry.amount_fen)).where(CommissionEntry.leader_id == order.leader_id)
    assert db.session.scalar(earned) == 396
    claim = db.session.scalars(select(SupplierClaim)).one()
    assert (claim.amount_fen, claim.cause) == (1500, f"after_sale:{case.id}")
    # Nothing has been received on the purchase order, so the claim is all there is between us.
    assert open_fen(claim.supplier_id, PICKED + timedelta(days=1)) == -1500
    note = db.session.scalars(select(Message).where(Message.key == f"after-sale-{case.id}")).one()
    assert note.recipient == f"resident:{order.resident_id}"
    assert not [(one.name, one.examples) for one in check_all(now=PICKED, at_rest=False) if one.violations]


@pytest.mark.check(34)
def test_goods_of_an_open_refund_stay_and_a_full_refund_ends_the_order(order: Order) -> None:
    case = ask(order, Kind.REFUND, P1=5, P2=2)
    assert code_of(fetch, order) == "refund_open"
    # Nothing of the round has arrived, so nothing can have come back.
    assert code_of(decide, case, goods=Goods.RETURNED) == "not_there"
    decide(case)
    stored = db.session.get_one(Order, order.id, populate_existing=True)
    assert (stored.state, stored.cancel_reason, stored.amount_fen) == ("cancelled", "refunded", 0)
    assert code_of(fetch, order) == "order_cancelled"
    assert not [(one.name, one.examples) for one in check_all(now=PICKED, at_rest=False) if one.violations]


def test_a_rejected_or_withdrawn_request_lets_the_goods_go(order: Order) -> None:
    decide(ask(order, Kind.EXCHANGE, P1=1), approve=False)
    case = ask(order, Kind.REFUND, P1=5)
    with transaction():
        putting_right.withdraw(case=case, now=PICKED, actor=ACTOR)
    ask(order, Kind.COMPLAINT, P2=1)
    fetch(order)


def test_a_complaint_pays_nothing_so_nobody_is_charged_and_nothing_comes_back(order: Order) -> None:
    fetch(order)
    case = ask(order, Kind.COMPLAINT, P1=2)
    assert code_of(decide, case, charge=Charge()) == "only_a_complaint"
    for goods in (Goods.RETURNED, Goods.WRITTEN_OFF):
        assert code_of(decide, case, goods=goods) == "only_a_complaint"
    decided = decide(case)
    assert (decided.state, decided.refund_fen, decided.goods) == ("closed", 0, "kept")
    assert db.session.scalars(select(SupplierClaim)).all() == []


def test_a_promise_of_goods_waits_until_they_are_there(order: Order) -> None:
    fetch(order)
    case = decide(ask(order, Kind.REPLACEMENT, P2=1))
    assert (case.state, case.refund_fen) == ("approved", 0)
    done = in_transaction(lambda: putting_right.fulfil(number=case.number, now=PICKED, actor=ACTOR))
    assert done.state == "closed"


def test_the_time_to_ask_ends_two_days_after_the_pickup(order: Order) -> None:
    fetch(order)
    late = PICKED + timedelta(days=2)
    assert code_of(ask, order, Kind.REFUND, late, P1=1) == "too_late"
    assert ask(order, Kind.REFUND, late - timedelta(seconds=1), P1=1).state == "asked"


def test_of_two_people_who_decide_at_once_one_wins(app: Flask, order: Order) -> None:
    fetch(order)
    case = ask(order, Kind.REFUND, P1=2)
    number = case.number
    db.session.rollback()

    def once(approve: bool) -> str:
        with app.app_context():
            try:
                in_transaction(
                    lambda: putting_right.decide(
                        number=number, approve=approve, answer="好", now=PICKED, zone=ZONE, actor=ACTOR
                    )
                )
            except RuleBroken as error:
                return error.code
            return "decided"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(once, [True, False, True, False]))
    assert sorted(answers) == ["already_decided"] * 3 + ["decided"]


@given(
    st.dictionaries(st.sampled_from("ABC"), st.integers(-1, 5)),
    st.dictionaries(st.sampled_from("ABC"), st.integers(0, 5)),
)
def test_what_passes_the_check_can_be_asked_for(asked: dict[str, int], askable: dict[str, int]) -> None:
    fits = bool(asked) and all(1 <= units <= askable.get(code, 0) for code, units in asked.items())
    try:
        rules.check_units(asked, askable, {})
    except GroupbuyError:
        assert not fits
    else:
        assert fits
