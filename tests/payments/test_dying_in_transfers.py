"""Transfers whose answer nobody hears, or whose worker dies with it in hand: nothing is sent twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import transferring
from groupbuy.payments import asking
from groupbuy.payments.simulator.serving import Fault
from groupbuy.payments.simulator.transfers import PATH
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle
from tests.building import ZONE
from tests.money import SETTLED
from tests.payments.transfer_town import LATER, SOON, Till, channels


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


@pytest.mark.parametrize("times", [1, 3])
def test_an_answer_that_never_comes_is_asked_for_and_nothing_is_sent_twice(till: Till, times: int) -> None:
    till.simulator.faults.append(Fault(PATH, after=True, times=times))
    number = till.send()
    for minutes in (0, 1, 3, 8):
        till.tick(SETTLED + timedelta(minutes=minutes))
    (one,) = till.tries
    # The package is told with the request, so the same one was asked for again.
    assert (one.state, bool(one.package)) == ("waiting", True)
    assert [sent.number for sent in till.sent] == [number]
    till.simulator.confirm(number)
    till.tick(LATER)
    till.check(LATER, 4900)


def test_a_death_between_the_call_and_its_booking_sends_nothing_twice(till: Till) -> None:
    number = till.send()
    sending = transferring.to_send(number, now=SETTLED)
    assert sending is not None
    # The process dies with the answer in hand; the leader confirms before anybody asks again.
    asking.call_transfer(channels(till), sending)
    till.simulator.confirm(number)
    till.simulator.asked.clear()
    till.tick(SETTLED)
    assert [one.partition(" ")[0] for one in till.simulator.asked] == ["GET"]
    assert till.state == "paid"
    till.check(SETTLED, 4900)


class Died(BaseException):
    """Say that the worker was killed."""


def test_a_worker_that_dies_with_the_answer_in_hand_leaves_it_to_the_next(till: Till) -> None:
    def die(*_: object) -> str:
        raise Died

    number = till.send()
    handlers = dict(handlers_of(till.app))
    handlers[transferring.TRANSFER_JOB] = replace(handlers[transferring.TRANSFER_JOB], record=die)
    with pytest.raises(Died):
        tick_until_idle(now=SETTLED, zone=ZONE, handlers=handlers, note=lambda _: None)
    db.session.rollback()
    assert ([one.number for one in till.sent], till.states) == ([number], ["queued"])
    till.tick(SOON)
    assert (till.states, bool(till.tries[0].package)) == (["waiting"], True)
    till.simulator.confirm(number)
    till.tick(LATER)
    assert [one.number for one in till.sent] == [number]
    till.check(LATER, 4900)


def test_a_call_that_comes_before_the_answer_is_booked_pays_once(till: Till) -> None:
    number = till.send()
    sending = transferring.to_send(number, now=SETTLED)
    assert sending is not None
    answer = asking.call_transfer(channels(till), sending)
    till.simulator.confirm(number)
    assert till.tell(number) == 204
    in_transaction(lambda: transferring.take_found(number=number, found=answer, now=SETTLED))
    till.tick(SOON)
    assert (till.state, till.states) == ("paid", ["success"])
    till.check(SOON, 4900)
