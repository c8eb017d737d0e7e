"""What a leader misses and what a supplier left out are told apart, in whatever order they are dealt with."""

import pytest
from flask import Flask

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery.rules import Decision, Payer
from groupbuy.finance import queries as ledger
from groupbuy.finance.rules import supplier
from groupbuy.flows import calling_off
from groupbuy.kernel.errors import RuleBroken
from groupbuy.warehouse.rules import Policy
from tests.building import ACTOR
from tests.delivery.left_short import LATER, again, kept, receive, share_out, sign, town
from tests.delivery.town import Town
from tests.warehouse import day

__all__ = ["town"]


def test_what_was_refunded_before_the_goods_were_counted_is_not_taken_again(town: Town) -> None:
    found = sign(town, 6)
    town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    receive(town, 8)
    assert share_out(town) == 1
    # 10 were wanted, 8 came: one was lost by the signature, one by the allocation.
    assert sum(kept(town)) == 8
    assert day.wrong() == []


def test_a_shortage_is_shared_out_before_anybody_is_charged_for_it(town: Town) -> None:
    found = sign(town, 6)
    receive(town, 8)
    with pytest.raises(RuleBroken) as refused:
        town.decide(found.id, Decision.REFUND, Payer.SUPPLIER)
    assert refused.value.code == "shortage_open"
    assert share_out(town) == 2
    # One is known to be missing at L1, so Berta goes without it; the other is that of Clara, who came last.
    assert kept(town) == [5, 1, 2]
    with pytest.raises(RuleBroken) as refused:
        town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    assert refused.value.code == "nothing_missing"
    assert day.wrong() == []


def test_nobody_is_charged_where_a_shortage_shows_that_goods_never_came(town: Town) -> None:
    found = sign(town, 2)
    receive(town, 6)
    assert share_out(town) == 4
    # All four that never came are among the five that L1 misses, whoever ordered last: Clara's lie at L2.
    assert kept(town) == [3, 0, 3]
    decided = town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    assert (decided.sent, decided.got, decided.charge_fen) == (3, 2, 500)
    assert kept(town) == [2, 0, 3]
    assert day.wrong() == []


@pytest.mark.parametrize("policy", Policy)
def test_by_every_policy_those_go_without_first_whose_goods_are_missing(town: Town, policy: Policy) -> None:
    found = sign(town, 4)
    receive(town, 8)
    assert share_out(town, policy) == 2
    assert (sum(kept(town)[:2]), kept(town)[2]) == (5, 3)
    assert town.decide(found.id, Decision.REFUND, Payer.SUPPLIER).charge_fen == 500
    # Eight came and were paid for, with one of P2; one of them was lost on its way.
    assert (_owed(town), sum(kept(town))) == ((9 - 1) * 500, 7)
    assert day.wrong() == []


def test_who_was_found_to_have_all_after_all_does_not_go_without_first(town: Town) -> None:
    found = sign(town, 6)
    town.decide(found.id, Decision.DISMISS)
    receive(town, 8)
    assert share_out(town) == 2
    assert kept(town) == [5, 2, 1]


def test_nothing_is_missing_when_an_allocation_took_all_of_it(town: Town) -> None:
    found = sign(town, 6)
    receive(town, 6)
    share_out(town)
    with pytest.raises(RuleBroken) as refused:
        town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    assert refused.value.code == "nothing_missing"
    town.decide(found.id, Decision.DISMISS)
    assert kept(town) == [5, 1, 0]
    assert day.wrong() == []


def test_what_goes_missing_after_the_sharing_out_is_lost_beside_it(app: Flask) -> None:
    town = Town(app)
    town.plan()
    receive(town, 8)
    assert share_out(town) == 2
    town.leave("东线")
    found = sign(town, 6)
    town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    assert kept(town) == [5, 1, 1]
    assert day.wrong() == []


def _owed(town: Town) -> int:
    """Return what the only supplier is owed for everything, in fen."""
    return ledger.balance(supplier(day.order_of(town.rounds[0]).supplier_id))


def test_a_supplier_is_not_charged_for_what_it_never_brought_and_was_never_paid_for(town: Town) -> None:
    found = sign(town, 6)
    assert town.decide(found.id, Decision.REFUND, Payer.SUPPLIER).charge_fen == 500
    assert _owed(town) == -500
    receive(town, 8)
    assert share_out(town) == 1
    # It brought 8 of P1 and one of P2 for 500 each: what the leader missed is one of the two left out.
    assert _owed(town) == 9 * 500
    decided = again(found)
    assert (decided.missing, decided.never_came, decided.charge_fen) == (1, 1, 0)
    assert sum(kept(town)) == 8
    assert day.wrong() == []


def test_only_what_was_left_out_is_given_back_of_a_charge(town: Town) -> None:
    found = sign(town, 4)
    town.decide(found.id, Decision.REFUND, Payer.SUPPLIER)
    assert _owed(town) == -3 * 500
    receive(town, 8)
    # 7 are wanted and 8 came: of the three that were missed two never came, and one was lost by itself.
    assert share_out(town) == 0
    assert _owed(town) == (9 - 1) * 500
    assert (again(found).never_came, again(found).charge_fen) == (2, 500)
    assert day.wrong() == []


def test_nothing_is_given_back_when_all_came(town: Town) -> None:
    found = sign(town, 6)
    town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    receive(town, 10)
    assert (again(found).never_came, again(found).charge_fen) == (0, 500)
    assert day.wrong() == []


def test_a_driver_does_not_pay_for_what_never_came(town: Town) -> None:
    found = sign(town, 4)
    town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    receive(town, 9)
    assert (again(found).never_came, again(found).charge_fen) == (1, 1000)
    assert day.wrong() == []


def test_who_signs_after_everything_has_come_is_charged_for_all_that_is_missing(town: Town) -> None:
    receive(town, 8)
    assert share_out(town) == 2
    found = sign(town, 5)
    assert town.decide(found.id, Decision.REFUND, Payer.SUPPLIER).charge_fen == 2 * 500
    assert _owed(town) == (9 - 2) * 500
    assert again(found).never_came == 0
    assert day.wrong() == []


def test_a_round_that_is_called_off_puts_nothing_into_stock_that_was_lost_on_its_way(town: Town) -> None:
    found = sign(town, 6)
    town.decide(found.id, Decision.REFUND, Payer.SUPPLIER)
    day.receive(day.order_of(town.rounds[0]).number, {"P1": 10})
    round_ = db.session.get_one(Round, town.rounds[0].id)
    in_transaction(lambda: calling_off.call_off(round_=round_, reason="停业", now=LATER, actor=ACTOR))
    assert day.in_stock(again(found).offer.product) == 9
    assert _owed(town) == (10 - 1) * 500
    assert day.wrong() == []


def test_nobody_pays_for_what_a_round_that_is_called_off_never_got(town: Town) -> None:
    found = sign(town, 6)
    town.decide(found.id, Decision.REFUND, Payer.SUPPLIER)
    round_ = db.session.get_one(Round, town.rounds[0].id)
    in_transaction(lambda: calling_off.call_off(round_=round_, reason="停业", now=LATER, actor=ACTOR))
    assert (_owed(town), again(found).charge_fen) == (0, 0)
    assert day.wrong() == []
