"""Orders that an operator is to look at before the cut-off (订单审核)."""

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.analytics.invariants import check_all
from groupbuy.campaigns.models import OfferStock, Round
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import ordering, taking
from groupbuy.flows.ordering import Wish
from groupbuy.kernel.errors import RuleBroken
from groupbuy.orders import reviews
from groupbuy.orders.models import Order
from groupbuy.orders.queries import get_order
from groupbuy.orders.rules import needs_review
from tests import building
from tests.building import ACTOR, CLOSES, NOW


def open_round(**columns: object) -> Round:
    """Make a round of P1 at ¥9.90 that reviews orders of ¥50 and more."""
    product = building.add_product(building.add_supplier())
    return building.add_round([product], **{"review_above_fen": 5000} | columns)


def order_of(round_: Round, units: int) -> Order:
    return building.place(round_, building.add_resident(building.add_leader("L1")), {"P1": units})


def approve(number: str, now=NOW) -> None:  # type: ignore[no-untyped-def]  # a moment.
    with transaction():
        ordering.approve_order(order=get_order(number), now=now, actor=ACTOR)


def test_a_big_order_waits_and_a_small_one_does_not(app: Flask) -> None:
    round_ = open_round()
    leader = building.add_leader("L1")
    big = building.place(round_, building.add_resident(leader), {"P1": 6})
    small = building.place(round_, building.add_resident(leader), {"P1": 5})
    assert (reviews.state_of(big), reviews.state_of(small)) == ("waiting", None)


def test_a_campaign_without_a_bound_reviews_nothing(app: Flask) -> None:
    assert reviews.state_of(order_of(open_round(review_above_fen=None), 90)) is None


def test_the_quick_way_leaves_reviewed_rounds_to_the_long_one(app: Flask) -> None:
    round_ = open_round(review_above_fen=0)
    resident = building.add_resident(building.add_leader("L1"))
    with transaction():
        taken = taking.take_order(
            round_name=round_.name,
            resident_id=resident.id,
            wishes=[Wish("P1", 1)],
            now=NOW,
            actor=ACTOR,
            pay_within=timedelta(minutes=15),
        )
    assert reviews.state_of(get_order(taken.number)) == "waiting"


def test_approving_is_logged_once(app: Flask) -> None:
    order = order_of(open_round(), 6)
    for _ in range(2):
        approve(order.number)
    assert reviews.state_of(get_order(order.number)) == "approved"


def test_after_the_cut_off_nothing_is_approved(app: Flask) -> None:
    order = order_of(open_round(), 6)
    with pytest.raises(RuleBroken) as refused:
        approve(order.number, CLOSES)
    assert refused.value.code == "round_closed"


def test_a_cancelled_order_is_not_approved_and_waits_no_more(app: Flask) -> None:
    order = order_of(open_round(), 6)
    with transaction():
        ordering.cancel_order(order=get_order(order.number), reason="假单", now=NOW, actor=ACTOR)
    with pytest.raises(RuleBroken):
        approve(order.number)
    assert reviews.state_of(get_order(order.number)) is None


@pytest.mark.parametrize(("units", "state"), [(7, "waiting"), (6, "approved"), (5, None)])
def test_new_lines_are_reviewed_anew(app: Flask, units: int, state: str | None) -> None:
    order = order_of(open_round(), 6)
    approve(order.number)
    with transaction():
        ordering.change_order(order=get_order(order.number), wishes=[Wish("P1", units)], now=NOW, actor=ACTOR)
    assert reviews.state_of(get_order(order.number)) == state


@pytest.mark.parametrize(("unreviewed", "state"), [("keep", "confirmed"), ("cancel", "cancelled")])
def test_the_campaign_says_what_becomes_of_unreviewed_orders(app: Flask, unreviewed: str, state: str) -> None:
    round_ = open_round(unreviewed=unreviewed)
    waiting = order_of(round_, 6)
    approved = building.place(round_, building.add_resident(building.add_leader("L2")), {"P1": 8})
    approve(approved.number)
    building.close(app, round_)
    assert get_order(waiting.number).state == state
    assert get_order(approved.number).state == "confirmed"
    sold = db.session.scalars(select(OfferStock.sold)).one()
    assert sold == (14 if state == "confirmed" else 8)
    assert [one for one in check_all(now=CLOSES) if one.violations] == []


@given(st.integers(0, 10**9), st.none() | st.integers(0, 10**9))
def test_a_bound_of_zero_reviews_all_and_none_reviews_nothing(amount: int, bound: int | None) -> None:
    assert needs_review(amount, bound) == (bound is not None and amount >= bound)
    assert needs_review(amount, 0)
    assert not needs_review(amount, None)
