"""Signing, reporting and sharing out that cross each other, at once or one behind the other."""

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
from groupbuy.flows import allocating, signing
from groupbuy.flows.signing import Count
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.warehouse.rules import Policy
from tests.building import ACTOR, PICKUP
from tests.delivery.left_short import LATER, again, kept, receive, share_out, sign, town
from tests.delivery.town import T, Town

__all__ = ["town"]


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
    assert kept(town) == [5, 1, 3]


def test_what_a_shortage_took_between_signing_and_reporting_is_not_missing_too(town: Town) -> None:
    """Of seven signed for, the shortage takes some; what is there then is all that was sent but one."""
    town.sign(0, {})
    receive(town, 8)
    assert share_out(town) == 2
    left = sum(kept(town)[:2])
    found = _report(town, left - 1)
    assert missing.really_missing(found) == 1
    town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    assert sum(kept(town)[:2]) == left - 1


def test_what_is_shared_out_while_a_leader_signs_is_not_missing_too(app: Flask, town: Town) -> None:
    receive(town, 6)
    p1, stop_id, leader_id, round_id = (
        town.offer("P1"),
        town.stop(0).id,
        town.leaders[0].id,
        town.rounds[0].id,
    )
    shared_out, signed = Event(), Event()

    def take_away() -> None:
        round_ = db.session.get_one(Round, round_id)
        allocating.apply(round_=round_, policy=Policy.FIRST_COME, now=LATER, actor=ACTOR)
        shared_out.set()
        # Who signs without waiting for this transaction has done so by then.
        signed.wait(1)

    def sign_meanwhile() -> None:
        shared_out.wait(10)
        now, counts = LATER + timedelta(seconds=1), {p1: Count(6, "missing")}
        signing.sign(stop_id=stop_id, leader_ids=[leader_id], counts=counts, now=now, actor=ACTOR)

    def run(work: Callable[[], None]) -> None:
        with app.app_context():
            in_transaction(work)
            if work is sign_meanwhile:
                signed.set()

    db.session.rollback()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, (take_away, sign_meanwhile)))
    # Six came: Clara goes without 3, and Berta without 1 of the 7 that L1 would have got.
    assert kept(town) == [5, 1, 0]
    assert missing.discrepancies(day=PICKUP) == []


def test_who_waited_for_the_sharing_out_is_charged_for_all_that_is_missing(town: Town) -> None:
    receive(town, 6)
    share_out(town)
    # The leader sent the signature before, and it waited: its clock is an hour behind.
    found = sign(town, 5)
    assert (found.sent, missing.really_missing(found)) == (6, 1)


def test_a_shortage_that_waited_for_a_signature_took_its_goods_after_it(town: Town) -> None:
    found = sign(town, 6)
    receive(town, 6)
    in_transaction(
        lambda: allocating.apply(
            round_=db.session.get_one(Round, town.rounds[0].id),
            policy=Policy.FIRST_COME,
            now=T - timedelta(seconds=1),
            actor=ACTOR,
        )
    )
    assert (kept(town), missing.really_missing(again(found))) == ([5, 1, 0], 0)
