"""Transfers sent together, called back, told of, and put right; each booked to the fen."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from groupbuy.commissions import mending_transfers, payout_files, transfer_batches, withdrawals, withdrawing
from groupbuy.commissions.transfer_models import TransferBatch
from groupbuy.commissions.withdrawing import Payee
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.finance import queries, rules
from groupbuy.flows import calling_transfers_back, transferring, transferring_many
from groupbuy.kernel.errors import BadInput, GroupbuyError, RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.messaging.models import Message
from groupbuy.payments import asking
from groupbuy.payments.gateways import WAITING, FoundTransfer
from groupbuy.payments.simulator.serving import Fault
from groupbuy.payments.simulator.transfers import PATH
from tests.money import SETTLED
from tests.payments.paying_town import broken_invariants
from tests.payments.transfer_town import FINANCE, LATER, SOON, WECHAT, Till, approve, ask, channels


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


def more(till: Till, amount: int, payee: Payee = WECHAT) -> str:
    number = ask(db.session.get_one(Leader, till.leader_id), amount, payee)
    approve(number)
    return number


def send_many(*numbers: str, key: str | None = None, actor: str = FINANCE) -> int:
    wanted = list(numbers) or None
    return in_transaction(
        lambda: transferring_many.send_many(numbers=wanted, now=SETTLED, actor=actor, submission_key=key)
    ).id


def settled(till: Till) -> int:
    db.session.rollback()
    return queries.balance(rules.commission(till.leader_id, "settled"))


def call_back(till: Till, now: datetime = SOON) -> str:
    return in_transaction(
        lambda: calling_transfers_back.call_back(number=till.number, now=now, actor=FINANCE)
    ).state


def mend(number: str) -> str:
    return in_transaction(
        lambda: mending_transfers.mend(number=number, reason="微信后台已付", now=LATER, actor=FINANCE)
    ).state


def test_several_withdrawals_are_sent_together_and_each_has_its_own_fate(till: Till) -> None:
    second, third = more(till, 2000), more(till, 1500)
    batch = send_many()
    assert [one.batch_id for one in till.tries] == [batch] * 3
    assert transfer_batches.progress(batch) == (0, 3)
    till.tick(SETTLED)
    first_try, second_try, third_try = (one.number for one in till.tries)
    till.simulator.confirm(first_try)
    till.simulator.confirm(second_try, "FAIL", "PAYEE_ACCOUNT_ABNORMAL")
    till.tick(SOON)
    assert till.states == ["success", "failed", "waiting"]
    assert transfer_batches.progress(batch) == (2, 3)
    till.simulator.confirm(third_try)
    till.tick(LATER)
    states = [withdrawals.get_withdrawal(one).state for one in (till.number, second, third)]
    assert states == ["paid", "approved", "paid"]
    till.check(LATER, 4900 + 1400)


def test_what_cannot_be_sent_is_left_out_with_its_reason_and_holds_nothing_up(till: Till) -> None:
    by_bank = more(till, 2000, Payee("bank", "6222", "王五"))
    batch = send_many(by_bank, till.number, "W0", till.number)
    row = transfer_batches.get_batch(batch)
    assert sorted((one["number"], one["code"]) for one in row.left_out) == sorted(
        [("W0", "unknown_withdrawal"), (by_bank, "not_wechat")]
    )
    assert [one.withdrawal.number for one in till.tries] == [till.number]
    with pytest.raises(RuleBroken, match="None of these"):
        send_many()
    with pytest.raises(BadInput):
        send_many(*(f"W{turn}" for turn in range(transfer_batches.MOST + 1)))
    assert len(db.session.scalars(select(TransferBatch)).all()) == 1


@pytest.mark.parametrize("people", [1, 2])
def test_ten_clicks_by_one_or_two_persons_send_each_once(till: Till, people: int) -> None:
    for amount in (2000, 1500):
        more(till, amount)

    def click(turn: int) -> int:
        with till.app.app_context():
            try:
                who = turn % people
                return send_many(key=f"k{who}", actor=f"account:{90 + who}")
            except GroupbuyError:
                return 0
            finally:
                db.session.remove()

    with ThreadPoolExecutor(10) as pool:
        done = set(pool.map(click, range(10))) - {0}
    assert {one.batch_id for one in till.tries} == done
    assert len(till.tries) == len({one.withdrawal_id for one in till.tries}) == 3
    till.tick(SETTLED)
    assert len(till.sent) == 3


def test_the_leader_is_told_once_that_a_transfer_waits(till: Till) -> None:
    till.send()
    for minutes in (0, 1, 10, 60):
        till.tick(SETTLED + timedelta(minutes=minutes))
    told = db.session.scalars(select(Message).where(Message.event == "transfer_waits")).all()
    assert [(one.recipient, "¥49.00" in one.body) for one in told] == [(f"leader:{till.leader_id}", True)]


def test_a_transfer_that_is_called_back_is_approved_again(till: Till) -> None:
    number = till.send()
    with pytest.raises(RuleBroken, match="confirmation"):
        call_back(till)
    till.tick(SETTLED)
    assert {call_back(till) for _ in range(10)} == {"processing"}
    till.tick(SOON)
    till.tick(SOON + timedelta(minutes=1))
    assert (till.state, till.states, till.tries[0].last_error) == ("approved", ["failed"], "MERCHANT_CANCEL")
    assert sum(one.endswith("/cancel") for one in till.simulator.asked) == 1
    till.simulator.confirm(number)
    assert till.send(now=LATER) != number
    assert till.booked() == {"channel:wechat": 0, "channel:bank": 0}
    assert broken_invariants(LATER) == []


def test_a_leader_who_is_quicker_than_the_call_back_is_paid(till: Till) -> None:
    number = till.send()
    till.tick(SETTLED)
    call_back(till)
    till.simulator.confirm(number)
    till.tick(SOON)
    assert (till.state, till.states) == ("paid", ["success"])
    till.check(SOON, 4900)


def test_a_call_back_that_wechat_refuses_leaves_the_transfer_as_it_was(till: Till) -> None:
    number = till.send()
    till.tick(SETTLED)
    till.simulator.faults.append(
        Fault(f"{PATH}/out-bill-no/{number}/cancel", status=400, code="INVALID_REQUEST")
    )
    call_back(till)
    till.tick(SOON)
    till.tick(SOON + timedelta(minutes=1))
    (one,) = till.tries
    assert (one.state, bool(one.package), one.called_back_at) == ("waiting", True, None)
    call_back(till, LATER)
    till.tick(LATER)
    till.tick(LATER + timedelta(minutes=1))
    assert till.states == ["failed"]


@pytest.mark.parametrize("after", [False, True])
def test_a_call_back_that_is_not_answered_is_made_again(till: Till, after: bool) -> None:
    number = till.send()
    till.tick(SETTLED)
    till.simulator.faults.append(Fault(f"{PATH}/out-bill-no/{number}/cancel", after=after, times=2))
    call_back(till)
    for minutes in (1, 2, 4, 8):
        till.tick(SETTLED + timedelta(minutes=minutes))
    assert (till.state, till.states) == ("approved", ["failed"])


def test_an_answer_that_was_on_its_way_does_not_undo_a_call_back(till: Till) -> None:
    number = till.send()
    till.tick(SETTLED)
    with till.app.test_request_context():
        answer = asking.ask_transfer(channels(till), number)
    assert answer.state == WAITING
    call_back(till)
    in_transaction(lambda: transferring.take_found(number=number, found=answer, now=SOON))
    assert till.states == ["processing"]


@pytest.mark.parametrize("paid", [4901, 5000, 20_000, 4899, 1])
def test_another_amount_is_booked_as_it_was_paid_once_somebody_has_looked(till: Till, paid: int) -> None:
    before = settled(till)
    number = till.send()
    till.tick(SETTLED)
    till.simulator.confirm(number, amount_fen=paid)
    assert till.tell(number) == 204
    assert (till.state, till.states) == ("sending", ["mispaid"])
    assert any("channel_transfers" in text for text in broken_invariants(SOON))
    assert [mend(number) for _ in range(3)] == ["mended"] * 3
    assert till.state == "paid"
    # What was paid too much may bring the leader below zero, which the next months carry.
    assert settled(till) == before - (paid - 4900)
    till.check(LATER, paid)


def test_what_wechat_pays_beside_another_way_comes_off_the_commission(till: Till) -> None:
    first = till.send()
    till.tick(SETTLED)
    till.simulator.confirm(first, "FAIL", "X")
    till.tell(first)
    in_transaction(lambda: withdrawing.note_paid(number=till.number, proof="778", now=SETTLED, actor=FINANCE))
    before = settled(till)
    found = FoundTransfer(first, "success", 4900, "13")
    assert in_transaction(lambda: transferring.take_found(number=first, found=found, now=SOON)) == "mispaid"
    assert mend(first) == "mended"
    assert (settled(till), till.booked()) == (before - 4900, {"channel:wechat": 4900, "channel:bank": 4900})
    assert broken_invariants(LATER) == []


def test_another_amount_that_comes_late_is_not_paid_another_way_meanwhile(till: Till) -> None:
    first = till.send()
    till.tick(SETTLED)
    till.simulator.confirm(first, "FAIL", "X")
    till.tell(first)
    found = FoundTransfer(first, "success", 5000, "13")
    assert in_transaction(lambda: transferring.take_found(number=first, found=found, now=SOON)) == "mispaid"
    assert till.state == "sending"
    with pytest.raises(RuleBroken):
        in_transaction(lambda: payout_files.make(now=SOON, actor=FINANCE))
    with pytest.raises(RuleBroken):
        till.send(now=SOON)
    before = settled(till)
    mend(first)
    assert (till.state, settled(till)) == ("paid", before - 100)
    assert broken_invariants(LATER) == []


def test_only_what_is_mispaid_is_put_right_and_with_a_reason(till: Till) -> None:
    number = till.send()
    with pytest.raises(RuleBroken, match="not booked"):
        mend(number)
    with pytest.raises(BadInput):
        in_transaction(lambda: mending_transfers.mend(number=number, reason=" ", now=LATER, actor=FINANCE))
