"""A supplier from the ramp to the bank, with every figure reckoned by hand."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from groupbuy.audit.actor import Actor
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.finance import queries as ledger
from groupbuy.finance import rules
from groupbuy.flows import taking_out
from groupbuy.kernel.errors import RuleBroken
from groupbuy.settlements import adjusting, making, paying, queries
from groupbuy.warehouse import stock
from tests import building
from tests.money import dial
from tests.settlements.bought import LATER, NOW, Bought, deduct, keep, make, wrong


def test_what_was_accepted_is_owed_at_once_at_the_agreed_cost(bought: Bought) -> None:
    # 7 × ¥5.00 + 6 × ¥3.33
    assert bought.owed == 3500 + 1998
    keep()
    keep(NOW + timedelta(minutes=5))
    assert bought.owed == 5498
    # Two of P2 are left over and lie in stock; what is left of the cost went to the round's goods.
    assert (ledger.balance(rules.STOCK), ledger.balance(rules.GOODS)) == (666, 5498 - 666)
    assert wrong() == []


def test_a_count_that_finds_less_is_a_loss_at_the_average(bought: Bought) -> None:
    keep()
    product = db.session.scalars(select(Product).where(Product.code == "P2")).one()
    with transaction():
        stock.count(product=product, counted=1, seen=2, now=NOW, actor="account:1")
    keep(NOW + timedelta(minutes=5))
    assert (ledger.balance(rules.STOCK), ledger.balance(rules.STOCK_LOSS)) == (333, 333)
    assert wrong() == []


def test_what_went_back_to_the_supplier_is_owed_less_at_once_and_once(bought: Bought) -> None:
    product = db.session.scalars(select(Product).where(Product.code == "P2")).one()
    keep()
    for _ in range(2):
        with transaction():
            taking_out.take_out(
                product=product,
                kind="supplier_return",
                units=1,
                reason="临期",
                now=NOW,
                zone=building.ZONE,
                actor=Actor("account:1"),
                submission_key="one and the same",
            )
        assert bought.owed == 5498 - 333
    keep()
    keep(NOW + timedelta(minutes=5))
    # One of the two units in stock at ¥3.33 went back.
    assert (bought.owed, ledger.balance(rules.STOCK)) == (5498 - 333, 333)
    assert wrong() == []


def test_a_statement_takes_everything_once_and_is_paid_in_parts(bought: Bought) -> None:
    deduct(bought, 498)
    made = make(bought)
    assert (made.bought_fen, made.adjusted_fen, made.total_fen) == (5498, -498, 5000)
    assert [one.amount_fen for one in queries.items_of(made)] == [5498, -498]
    with pytest.raises(RuleBroken, match="Nothing is owed"):
        make(bought)
    usual = {"number": made.number, "now": LATER, "actor": "account:2"}
    with transaction(), pytest.raises(RuleBroken, match="approved statement"):
        paying.pay(**usual, amount_fen=1, proof="x")
    with transaction():
        paying.approve(**usual)
        first = paying.pay(**usual, amount_fen=3000, proof="流水 1", submission_key="a")
        assert paying.pay(**usual, amount_fen=3000, proof="流水 1", submission_key="a").id == first.id
    with transaction(), pytest.raises(RuleBroken, match="not due"):
        paying.pay(**usual, amount_fen=2001, proof="流水 2")
    with transaction():
        paying.pay(**usual, amount_fen=2000, proof="流水 2")
    assert bought.owed == 0
    keep(LATER + timedelta(minutes=5))
    assert wrong() == []


def test_a_statement_taken_back_leaves_its_postings_to_the_next_one(bought: Bought) -> None:
    with transaction():
        adjusting.set_terms(
            supplier=bought.supplier,
            cycle="month",
            due_days=10,
            rebates=[(5000, 100)],
            now=NOW,
            actor="account:1",
        )
    first = make(bought)
    # 1 % of ¥54.98, half up.
    assert (first.adjusted_fen, first.total_fen) == (-55, 5443)
    with transaction():
        making.cancel(number=first.number, now=LATER, actor="account:1")
    assert bought.owed == 5498
    second = make(bought)
    assert (second.total_fen, bought.owed) == (5443, 5443)
    keep()
    assert wrong() == []


def test_claims_above_the_purchases_are_carried(bought: Bought) -> None:
    deduct(bought, 6000)
    with pytest.raises(RuleBroken, match="Nothing is owed"):
        make(bought)
    assert bought.owed == -502


def test_the_scheduler_makes_the_statement_when_the_cycle_is_over(bought: Bought) -> None:
    with transaction():
        adjusting.set_terms(
            supplier=bought.supplier, cycle="month", due_days=10, rebates=[], now=NOW, actor="account:1"
        )
    keep()
    assert queries.settlements_of([bought.supplier.id], most=5) == []
    december = datetime.fromisoformat("2026-12-01T00:05:00+08:00")
    keep(december)
    keep(december + timedelta(minutes=5))
    (made,) = queries.settlements_of([bought.supplier.id], most=5)
    assert (made.total_fen, made.due_date, made.made_by) == (5498, date(2026, 12, 11), "scheduler")


def test_two_persons_see_a_large_statement_whoever_made_it(bought: Bought) -> None:
    dial(second_person_fen=5497)
    with transaction():
        adjusting.set_terms(
            supplier=bought.supplier, cycle="month", due_days=10, rebates=[], now=NOW, actor="account:1"
        )
    by_hand = make(bought)
    with transaction(), pytest.raises(RuleBroken, match="Another person"):
        paying.approve(number=by_hand.number, now=LATER, actor="account:1")
    with transaction():
        making.cancel(number=by_hand.number, now=LATER, actor="account:1")
    keep(datetime.fromisoformat("2026-12-01T00:05:00+08:00"))
    (made,) = queries.settlements_of([bought.supplier.id], most=5)
    assert made.made_by == "scheduler"
    december = datetime.fromisoformat("2026-12-02T09:00:00+08:00")
    usual = {"number": made.number, "amount_fen": 5498, "proof": "流水", "now": december}
    with transaction():
        paying.approve(number=made.number, now=december, actor="account:1")
    with transaction(), pytest.raises(RuleBroken, match="Another person than who approved"):
        paying.pay(**usual, actor="account:1")
    with transaction():
        assert paying.pay(**usual, actor="account:2").amount_fen == 5498


def test_an_objection_blocks_the_approval(bought: Bought) -> None:
    number = make(bought).number
    with transaction():
        paying.answer(number=number, answer="objected", words="少了一车", now=LATER, actor="account:3")
    with transaction(), pytest.raises(RuleBroken, match="objects"):
        paying.approve(number=number, now=LATER, actor="account:2")
