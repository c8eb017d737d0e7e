"""What a leader misses and what a supplier left out are told apart, in whatever order they are dealt with."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from flask import Flask

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import missing
from groupbuy.delivery.models import Discrepancy
from groupbuy.delivery.rules import Decision, Payer
from groupbuy.finance import queries as ledger
from groupbuy.finance.rules import supplier
from groupbuy.flows import allocating, calling_off, signing
from groupbuy.flows.signing import Count
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.warehouse.rules import Policy
from tests.building import ACTOR, PICKUP
from tests.delivery.town import T, Town
from tests.warehouse import day

LATER = T + timedelta(hours=1)


@pytest.fixture
def town(app: Flask) -> Town:
    """Return the town, whose goods have left before anything was received: 10 of P1 are wanted, 7 at L1."""
    town = Town(app)
    town.plan()
    town.leave("东线")
    return town


def _receive(town: Town, units: int) -> None:
    """Receive the first round, short of P1, and let nothing more come."""
    day.receive(day.order_of(town.rounds[0]).number, {"P1": units, "P2": 1}, last=True)


def _sign(town: Town, got: int) -> Discrepancy:
    town.sign(0, {town.offer("P1"): Count(got, "missing")})
    return missing.discrepancies(day=PICKUP)[0]


def _share_out(town: Town, policy: Policy = Policy.FIRST_COME) -> int:
    def apply() -> int:
        round_ = db.session.get_one(Round, town.rounds[0].id)
        done = allocating.apply(round_=round_, policy=policy, now=LATER, actor=ACTOR)
        return done.units if done else 0

    return in_transaction(apply)


def _kept(town: Town) -> list[int]:
    return [day.quantities(order).get("P1", 0) for order in town.orders[:3]]


def test_what_was_refunded_before_the_goods_were_counted_is_not_taken_again(town: Town) -> None:
    found = _sign(town, 6)
    town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    _receive(town, 8)
    assert _share_out(town) == 1
    # 10 were wanted, 8 came: one was lost by the signature, one by the allocation.
    assert sum(_kept(town)) == 8
    assert day.wrong() == []


def test_a_shortage_is_shared_out_before_anybody_is_charged_for_it(town: Town) -> None:
    found = _sign(town, 6)
    _receive(town, 8)
    with pytest.raises(RuleBroken) as refused:
        town.decide(found.id, Decision.REFUND, Payer.SUPPLIER)
    assert refused.value.code == "shortage_open"
    assert _share_out(town) == 2
    # One is known to be missing at L1, so Berta goes without it; the other is that of Clara, who came last.
    assert _kept(town) == [5, 1, 2]
    with pytest.raises(RuleBroken) as refused:
        town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    assert refused.value.code == "nothing_missing"
    assert day.wrong() == []


def test_nobody_is_charged_where_a_shortage_shows_that_goods_never_came(town: Town) -> None:
    found = _sign(town, 2)
    _receive(town, 6)
    assert _share_out(town) == 4
    # All four that never came are among the five that L1 misses, whoever ordered last: Clara's lie at L2.
    assert _kept(town) == [3, 0, 3]
    decided = town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    assert (decided.sent, decided.got, decided.charge_fen) == (3, 2, 500)
    assert _kept(town) == [2, 0, 3]
    assert day.wrong() == []


@pytest.mark.parametrize("policy", Policy)
def test_by_every_policy_those_go_without_first_whose_goods_are_missing(town: Town, policy: Policy) -> None:
    found = _sign(town, 4)
    _receive(town, 8)
    assert _share_out(town, policy) == 2
    assert (sum(_kept(town)[:2]), _kept(town)[2]) == (5, 3)
    assert town.decide(found.id, Decision.REFUND, Payer.SUPPLIER).charge_fen == 500
    # Eight came and were paid for, with one of P2; one of them was lost on its way.
    assert (_owed(town), sum(_kept(town))) == ((9 - 1) * 500, 7)
    assert day.wrong() == []


def test_who_was_found_to_have_all_after_all_does_not_go_without_first(town: Town) -> None:
    found = _sign(town, 6)
    town.decide(found.id, Decision.DISMISS)
    _receive(town, 8)
    assert _share_out(town) == 2
    assert _kept(town) == [5, 2, 1]


def test_nothing_is_missing_when_an_allocation_took_all_of_it(town: Town) -> None:
    found = _sign(town, 6)
    _receive(town, 6)
    _share_out(town)
    with pytest.raises(RuleBroken) as refused:
        town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    assert refused.value.code == "nothing_missing"
    town.decide(found.id, Decision.DISMISS)
    assert _kept(town) == [5, 1, 0]
    assert day.wrong() == []


def test_what_goes_missing_after_the_sharing_out_is_lost_beside_it(app: Flask) -> None:
    town = Town(app)
    town.plan()
    _receive(town, 8)
    assert _share_out(town) == 2
    town.leave("东线")
    found = _sign(town, 6)
    town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    assert _kept(town) == [5, 1, 1]
    assert day.wrong() == []


def _owed(town: Town) -> int:
    """Return what the only supplier is owed for everything, in fen."""
    return ledger.balance(supplier(day.order_of(town.rounds[0]).supplier_id))


def _again(found: Discrepancy) -> Discrepancy:
    db.session.rollback()
    return db.session.get_one(Discrepancy, found.id, populate_existing=True)


def test_a_supplier_is_not_charged_for_what_it_never_brought_and_was_never_paid_for(town: Town) -> None:
    found = _sign(town, 6)
    assert town.decide(found.id, Decision.REFUND, Payer.SUPPLIER).charge_fen == 500
    assert _owed(town) == -500
    _receive(town, 8)
    assert _share_out(town) == 1
    # It brought 8 of P1 and one of P2 for 500 each: what the leader missed is one of the two left out.
    assert _owed(town) == 9 * 500
    decided = _again(found)
    assert (decided.missing, decided.never_came, decided.charge_fen) == (1, 1, 0)
    assert sum(_kept(town)) == 8
    assert day.wrong() == []


def test_only_what_was_left_out_is_given_back_of_a_charge(town: Town) -> None:
    found = _sign(town, 4)
    town.decide(found.id, Decision.REFUND, Payer.SUPPLIER)
    assert _owed(town) == -3 * 500
    _receive(town, 8)
    # 7 are wanted and 8 came: of the three that were missed two never came, and one was lost by itself.
    assert _share_out(town) == 0
    assert _owed(town) == (9 - 1) * 500
    assert (_again(found).never_came, _again(found).charge_fen) == (2, 500)
    assert day.wrong() == []


def test_nothing_is_given_back_when_all_came(town: Town) -> None:
    found = _sign(town, 6)
    town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    _receive(town, 10)
    assert (_again(found).never_came, _again(found).charge_fen) == (0, 500)
    assert day.wrong() == []


def test_a_driver_does_not_pay_for_what_never_came(town: Town) -> None:
    found = _sign(town, 4)
    town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    _receive(town, 9)
    assert (_again(found).never_came, _again(found).charge_fen) == (1, 1000)
    assert day.wrong() == []


def test_who_signs_after_everything_has_come_is_charged_for_all_that_is_missing(town: Town) -> None:
    _receive(town, 8)
    assert _share_out(town) == 2
    found = _sign(town, 5)
    assert town.decide(found.id, Decision.REFUND, Payer.SUPPLIER).charge_fen == 2 * 500
    assert _owed(town) == (9 - 2) * 500
    assert _again(found).never_came == 0
    assert day.wrong() == []


def test_a_round_that_is_called_off_puts_nothing_into_stock_that_was_lost_on_its_way(town: Town) -> None:
    found = _sign(town, 6)
    town.decide(found.id, Decision.REFUND, Payer.SUPPLIER)
    day.receive(day.order_of(town.rounds[0]).number, {"P1": 10})
    round_ = db.session.get_one(Round, town.rounds[0].id)
    in_transaction(lambda: calling_off.call_off(round_=round_, reason="停业", now=LATER, actor=ACTOR))
    assert day.in_stock(_again(found).offer.product) == 9
    assert _owed(town) == (10 - 1) * 500
    assert day.wrong() == []


def test_nobody_pays_for_what_a_round_that_is_called_off_never_got(town: Town) -> None:
    found = _sign(town, 6)
    town.decide(found.id, Decision.REFUND, Payer.SUPPLIER)
    round_ = db.session.get_one(Round, town.rounds[0].id)
    in_transaction(lambda: calling_off.call_off(round_=round_, reason="停业", now=LATER, actor=ACTOR))
    assert (_owed(town), _again(found).charge_fen) == (0, 0)
    assert day.wrong() == []


def _report(town: Town, got: int) -> Discrepancy:
    stop, offer = town.stop(0), town.offer("P1")
    in_transaction(
        lambda: signing.report_later(
            stop_id=stop.id,
            leader_ids=[stop.leader_id],
            counts={offer: Count(got, "missing")},
            now=LATER,
            actor=ACTOR,
        )
    )
    return missing.discrepancies(day=PICKUP)[0]


def test_what_is_found_missing_after_signing_is_told_once_and_decided_like_the_rest(town: Town) -> None:
    """Seven were signed for; six are there after all: Berta, who ordered last, goes without one."""
    with pytest.raises(RuleBroken, match="not been signed"):
        _report(town, 6)
    town.sign(0, {})
    with pytest.raises(BadInput, match="not as sent"):
        _report(town, 7)
    found = _report(town, 6)
    with pytest.raises(RuleBroken, match="already"):
        _report(town, 5)
    assert (found.sent, found.got) == (7, 6)
    town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    assert _kept(town) == [5, 1, 3]


def test_what_a_shortage_took_between_signing_and_reporting_is_not_missing_too(town: Town) -> None:
    """Of seven signed for, the shortage takes some; what is there then is all that was sent but one."""
    town.sign(0, {})
    _receive(town, 8)
    assert _share_out(town) == 2
    left = sum(_kept(town)[:2])
    found = _report(town, left - 1)
    assert missing.really_missing(found) == 1
    town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    assert sum(_kept(town)[:2]) == left - 1


def test_what_is_shared_out_while_a_leader_signs_is_not_missing_too(app: Flask, town: Town) -> None:
    _receive(town, 6)
    p1, stop_id, leader_id, round_id = (
        town.offer("P1"),
        town.stop(0).id,
        town.leaders[0].id,
        town.rounds[0].id,
    )
    shared_out, signed = Event(), Event()

    def share_out() -> None:
        round_ = db.session.get_one(Round, round_id)
        allocating.apply(round_=round_, policy=Policy.FIRST_COME, now=LATER, actor=ACTOR)
        shared_out.set()
        # Who signs without waiting for this transaction has done so by then.
        signed.wait(1)

    def sign() -> None:
        shared_out.wait(10)
        now, counts = LATER + timedelta(seconds=1), {p1: Count(6, "missing")}
        signing.sign(stop_id=stop_id, leader_ids=[leader_id], counts=counts, now=now, actor=ACTOR)

    def run(work: Callable[[], None]) -> None:
        with app.app_context():
            in_transaction(work)
            if work is sign:
                signed.set()

    db.session.rollback()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, (share_out, sign)))
    # Six came: Clara goes without 3, and Berta without 1 of the 7 that L1 would have got.
    assert _kept(town) == [5, 1, 0]
    assert missing.discrepancies(day=PICKUP) == []


def test_who_waited_for_the_sharing_out_is_charged_for_all_that_is_missing(town: Town) -> None:
    _receive(town, 6)
    _share_out(town)
    # The leader sent the signature before, and it waited: its clock is an hour behind.
    found = _sign(town, 5)
    assert (found.sent, missing.really_missing(found)) == (6, 1)


def test_a_shortage_that_waited_for_a_signature_took_its_goods_after_it(town: Town) -> None:
    found = _sign(town, 6)
    _receive(town, 6)
    in_transaction(
        lambda: allocating.apply(
            round_=db.session.get_one(Round, town.rounds[0].id),
            policy=Policy.FIRST_COME,
            now=T - timedelta(seconds=1),
            actor=ACTOR,
        )
    )
    assert (_kept(town), missing.really_missing(_again(found))) == ([5, 1, 0], 0)
