"""Whoever approves a purchase order buys more or less on it first; what is left out is short."""

import pytest
from flask import Flask

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import approving
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.purchasing import approving as dials
from groupbuy.purchasing import drafts
from groupbuy.purchasing.drafts import Cases
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.warehouse import supply
from groupbuy.warehouse.rules import Policy
from tests import building
from tests.purchasing.test_late_orders import Late
from tests.warehouse import day


def change(number: str, *wanted: Cases) -> PurchaseOrder:
    with transaction():
        return drafts.change_draft(number=number, wanted=wanted, now=day.ARRIVES, actor="test")


def approve(number: str, seen_fen: int | None = None) -> bool:
    with transaction():
        return approving.approve_order(number=number, seen_fen=seen_fen, now=day.ARRIVES, actor="test")


@pytest.fixture
def round_(app: Flask) -> Round:
    """Return a closed round whose orders are approved first: 16 of P1 and 6 of P2 at ¥5, cases of 6."""
    with transaction():
        dials.set_approve_first(wanted=True, now=building.NOW, actor="test")
    supplier = building.add_supplier(min_order_fen=4_000)
    products = [building.add_product(supplier, code) for code in ("P1", "P2")]
    round_ = building.add_round(products)
    leader = building.add_leader()
    building.place(round_, building.add_resident(leader, "先"), {"P1": 9, "P2": 6})
    building.place(round_, building.add_resident(leader, "后"), {"P1": 7})
    return building.close(app, round_)


def test_a_case_that_the_approver_leaves_out_is_short_and_shared_out(round_: Round) -> None:
    order = day.order_of(round_)
    # 16 of P1 are 3 cases, 2 units over; 6 of P2 are 1 case.
    assert [(line.cases, line.surplus) for line in order.lines] == [(3, 2), (1, 0)]
    changed = change(order.number, Cases("P1", 2, former=3))
    assert [(one.cases, one.purchased, one.surplus, one.shortfall) for one in changed.lines] == [
        (2, 12, 0, 4),
        (1, 6, 0, 0),
    ]
    assert (changed.state, changed.units, changed.cost_fen) == ("draft", 18, 9_000)
    assert approve(order.number)
    day.receive(order.number, {"P1": 12, "P2": 6})
    day.share_out(round_, Policy.FIRST_COME)
    assert [one.lost for one in supply.supplies_of(round_.id)] == [4, 0]
    assert day.wrong() == []


def test_a_case_more_than_needed_goes_into_stock(round_: Round) -> None:
    order = day.order_of(round_)
    assert change(order.number, Cases("P2", 3)).lines[1].surplus == 12
    assert approve(order.number)
    day.receive(order.number, {"P1": 18, "P2": 18})
    assert [day.in_stock(line.product) for line in day.order_of(round_).lines] == [2, 12]
    assert day.wrong() == []


def test_an_order_that_falls_below_the_minimum_is_held_and_rises_above_it_again(round_: Round) -> None:
    number = day.order_of(round_).number
    below = change(number, Cases("P1", 0))
    assert (below.cost_fen, below.below_minimum, below.held) == (3_000, True, True)
    above = change(number, Cases("P1", 1))
    assert (above.cost_fen, above.below_minimum, above.held, above.state) == (6_000, False, False, "draft")


def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(round_: Round) -> None:
    order = day.order_of(round_)
    change(order.number, Cases("P1", 2, former=3))
    with pytest.raises(RuleBroken, match="changed this"):
        change(order.number, Cases("P1", 4, former=3))
    with pytest.raises(RuleBroken, match="changed this"):
        approve(order.number, seen_fen=12_000)
    assert approve(order.number, seen_fen=9_000)
    assert not approve(order.number, seen_fen=9_000)
    with pytest.raises(RuleBroken, match="waits for approval"):
        change(order.number, Cases("P1", 3))


def test_nothing_at_all_and_slips_are_refused(round_: Round) -> None:
    number = day.order_of(round_).number
    with pytest.raises(RuleBroken, match="refuse it instead"):
        change(number, Cases("P1", 0), Cases("P2", 0))
    for wrong in (Cases("P9", 1), Cases("P1", -1), Cases("P1", 10**9)):
        with pytest.raises(BadInput):
            change(number, wrong)
    assert [line.cases for line in day.order_of(round_).lines] == [3, 1]


def test_a_late_order_buys_what_it_needs_and_not_what_the_approver_left_out(app: Flask) -> None:
    with transaction():
        dials.set_approve_first(wanted=True, now=building.NOW, actor="test")
    late = Late(app)
    order = day.order_of(late.round)
    # 5 of P1 and 8 late ones are 3 cases; the approver leaves two out. One more is bought, in one case.
    late.place({"P1": 8}, key="1")
    assert [(one.cases, one.shortfall) for one in day.order_of(late.round).lines] == [(3, 0)]
    assert [one.shortfall for one in change(order.number, Cases("P1", 1)).lines] == [7]
    late.place({"P1": 1}, key="2")
    (line,) = day.order_of(late.round).lines
    assert (line.ordered, line.cases, line.surplus, line.shortfall) == (14, 2, 0, 2)
    assert db.session.get_one(PurchaseOrder, order.id).state == "draft"
