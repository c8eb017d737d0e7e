"""Withdrawals paid through WeChat: once, followed to the end, booked to the fen, whatever goes wrong."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from groupbuy.accounts import wechat
from groupbuy.commissions import payout_files, transfers, withdrawals, withdrawing
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.withdrawing import Payee
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import transferring
from groupbuy.kernel.errors import GroupbuyError, RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.payments.gateways import FoundTransfer
from groupbuy.payments.simulator.serving import Fault
from groupbuy.payments.simulator.transfers import OVERDUE, PATH
from tests.money import SETTLED
from tests.payments.paying_town import broken_invariants
from tests.payments.transfer_town import FINANCE, LATER, SOON, Till, approve, ask


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


def test_a_withdrawal_is_paid_once_its_leader_has_confirmed_it(till: Till) -> None:
    number = till.send()
    assert till.state == "sending"
    till.tick(SETTLED)
    (one,) = till.tries
    assert (one.state, bool(one.package)) == ("waiting", True)
    (sent,) = till.sent
    assert (sent.number, sent.amount_fen, sent.openid) == (number, 4900, "o-leader")
    till.simulator.confirm(number)
    till.tick(SOON)
    assert (till.state, till.states) == ("paid", ["success"])
    assert withdrawals.get_withdrawal(till.number).proof == sent.bill
    till.check(SOON, 4900)


def test_a_call_of_wechat_pays_at_once_and_twice_is_once(till: Till) -> None:
    number = till.send()
    till.tick(SETTLED)
    till.simulator.confirm(number)
    call = till.simulator.tell(number, notice_id="n1")
    assert [till.deliver(call), till.deliver(call), till.tell(number)] == [204, 204, 204]
    till.tick(LATER)
    assert (till.state, till.states) == ("paid", ["success"])
    till.check(LATER, 4900)


def test_a_call_that_wechat_has_not_signed_pays_nothing(till: Till) -> None:
    number = till.send()
    till.tick(SETTLED)
    till.simulator.confirm(number)
    other = till.simulator.tell(number).headers["Wechatpay-Signature"]
    assert till.tell(number, **{"Wechatpay-Signature": other}) == 401
    forged = till.simulator.tell(number)
    assert till.deliver(replace(forged, body=forged.body.replace(b"mch", b"Mch"))) == 401
    assert till.state == "sending"
    assert till.tell(number) == 204
    assert till.state == "paid"


def test_a_call_for_a_transfer_that_is_none_of_ours_is_not_found(till: Till) -> None:
    number = till.send()
    till.tick(SETTLED)
    transfer = till.simulator.transfers.by_number[number]
    till.simulator.transfers.by_number["T0"] = transfer
    transfer.number = "T0"
    assert till.tell("T0") == 404


def test_ten_clicks_are_one_transfer(till: Till) -> None:
    assert len({till.send() for _ in range(10)}) == 1
    till.tick(SETTLED)
    till.simulator.confirm(till.tries[0].number)
    till.tick(SOON)
    # Also when it is paid already.
    assert till.send() == till.tries[0].number
    till.check(SOON, 4900)


@pytest.mark.parametrize("deeds", ["send", "all"])
def test_ten_threads_pay_a_withdrawal_once_and_one_way(till: Till, deeds: str) -> None:
    def click(turn: int) -> str:
        with till.app.app_context():
            try:
                if deeds == "send" or turn % 3 == 0:
                    return till.send()
                if turn % 3 == 1:
                    return str(in_transaction(lambda: payout_files.make(now=SETTLED, actor=FINANCE)).id)
                usual = {"number": till.number, "now": SETTLED, "actor": FINANCE}
                return in_transaction(lambda: withdrawing.reject(reason="x", **usual)).state  # type: ignore[arg-type] # Mixed values.
            except GroupbuyError:
                return ""
            finally:
                db.session.remove()

    with ThreadPoolExecutor(10) as pool:
        done = set(pool.map(click, range(10))) - {""}
    till.tick(SETTLED)
    row = withdrawals.get_withdrawal(till.number)
    assert len(till.tries) == (row.batch_id is None and row.state == "sending")
    if deeds == "send":
        assert done == {one.number for one in till.tries}
    for one in till.tries:
        till.simulator.confirm(one.number)
    till.tick(SOON)
    till.check(SOON, 4900 * len(till.tries))


def test_what_wechat_cannot_pay_is_approved_again_and_is_tried_under_another_number(till: Till) -> None:
    first = till.send(key="k")
    till.tick(SETTLED)
    till.simulator.confirm(first, "FAIL", "PAYEE_ACCOUNT_ABNORMAL")
    assert till.tell(first) == 204
    assert till.state == "approved"
    assert till.tries[0].last_error == "PAYEE_ACCOUNT_ABNORMAL"
    # The first click, arriving once more, is still the first.
    assert till.send(key="k") == first
    second = till.send(key="l")
    assert second != first
    till.tick(SOON)
    till.simulator.confirm(second)
    till.tick(LATER)
    assert till.states == ["failed", "success"]
    till.check(LATER, 4900)


def test_a_leader_who_never_confirms_is_paid_another_way(till: Till) -> None:
    till.send()
    till.tick(SETTLED)
    with pytest.raises(RuleBroken, match="already"):
        in_transaction(
            lambda: withdrawing.note_paid(number=till.number, proof="x", now=SETTLED, actor=FINANCE)
        )
    with pytest.raises(RuleBroken, match="No approved"):
        in_transaction(lambda: payout_files.make(now=SETTLED, actor=FINANCE))
    for hours in range(0, 36, 3):
        till.tick(SETTLED + timedelta(hours=hours))
    assert (till.state, till.states) == ("approved", ["failed"])
    over = SETTLED + OVERDUE + timedelta(hours=13)
    in_transaction(lambda: payout_files.make(now=over, actor=FINANCE))
    with pytest.raises(RuleBroken, match="payout file"):
        till.send(now=over)
    in_transaction(lambda: withdrawing.note_paid(number=till.number, proof="778", now=over, actor=FINANCE))
    assert till.booked() == {"channel:wechat": 0, "channel:bank": 4900}
    assert broken_invariants(over) == []


def test_what_wechat_refuses_is_over_only_once_wechat_says_that_it_has_none(till: Till) -> None:
    till.simulator.faults.append(Fault(PATH + "/out", status=404, code="NOT_FOUND"))
    till.simulator.faults.append(Fault(PATH, status=403, code="NOT_ENOUGH"))
    till.send()
    till.tick(SETTLED)
    assert (till.state, till.states, till.tries[0].last_error) == ("sending", ["refused"], "NOT_ENOUGH")
    till.tick(SOON)
    assert till.state == "sending"
    till.tick(SETTLED + transferring.CALM)
    assert (till.state, till.states) == ("approved", ["failed"])
    assert till.sent == []
    assert broken_invariants(LATER) == []


def test_a_refusal_after_the_work_was_done_does_not_pay_twice(till: Till) -> None:
    till.simulator.faults.append(Fault(PATH + "/out", status=404, code="NOT_FOUND"))
    till.simulator.faults.append(Fault(PATH, status=403, code="NO_AUTH", after=True))
    number = till.send()
    till.tick(SETTLED)
    assert till.states == ["refused"]
    till.simulator.confirm(number)
    till.tick(SETTLED + transferring.CALM)
    assert (till.state, till.states) == ("paid", ["success"])
    till.check(SETTLED, 4900)


def test_a_transfer_that_never_ends_waits_for_a_person_and_is_released(till: Till) -> None:
    number = till.send()
    till.tick(SETTLED)
    till.simulator.transfers.by_number[number].state = "PROCESSING"
    with pytest.raises(RuleBroken, match="may still pay"):
        release(till, SETTLED)
    for days in range(12):
        till.tick(SETTLED + timedelta(days=days))
    assert (till.state, till.states) == ("sending", ["stuck"])
    now = SETTLED + timedelta(days=12)
    release(till, now)
    assert (till.state, till.states) == ("approved", ["failed"])
    # It is paid after all while the withdrawal waits for another try: then it has been paid by this one.
    till.simulator.confirm(number)
    assert till.tell(number) == 204
    assert (till.state, till.states) == ("paid", ["success"])
    till.check(now, 4900)


def release(till: Till, now: datetime) -> None:
    in_transaction(
        lambda: transferring.release(number=till.number, reason="微信后台无此单", now=now, actor=FINANCE)
    )


def test_what_wechat_pays_beside_another_way_is_told_by_the_audit(till: Till) -> None:
    first = till.send()
    till.tick(SETTLED)
    till.simulator.confirm(first, "FAIL", "X")
    till.tell(first)
    usual = {"proof": "778", "now": SETTLED, "actor": FINANCE}
    in_transaction(lambda: withdrawing.note_paid(number=till.number, **usual))  # type: ignore[arg-type] # Mixed values.
    found = FoundTransfer(first, "success", 4900, "13")
    said = in_transaction(lambda: transferring.take_found(number=first, found=found, now=SOON))
    assert said == "mispaid"
    assert any("channel_transfers" in text for text in broken_invariants(SOON))


def test_another_amount_is_not_booked(till: Till) -> None:
    number = till.send()
    till.tick(SETTLED)
    found = FoundTransfer(number, "success", 4901, "13")
    for _ in range(2):
        in_transaction(lambda: transferring.take_found(number=number, found=found, now=SOON))
    assert (till.state, till.states) == ("sending", ["mispaid"])
    with pytest.raises(RuleBroken, match="may still pay"):
        release(till, SOON)
    assert any("channel_transfers" in text for text in broken_invariants(SOON))


def test_only_a_leader_who_asked_for_wechat_and_is_linked_to_it_is_paid_by_it(till: Till) -> None:
    leader = db.session.get_one(Leader, till.leader_id)
    by_bank = ask(leader, 2000, Payee("bank", "6222", "王五"))
    with pytest.raises(RuleBroken, match="Only an approved"):
        in_transaction(lambda: transferring.send(number=by_bank, now=SETTLED, actor=FINANCE))
    approve(by_bank)
    with pytest.raises(RuleBroken, match="not asked"):
        in_transaction(lambda: transferring.send(number=by_bank, now=SETTLED, actor=FINANCE))
    account_id = leader.account_id
    assert account_id is not None
    in_transaction(lambda: wechat.unlink(account_id=account_id, now=SETTLED, actor="test"))
    with pytest.raises(RuleBroken, match="not linked"):
        till.send()
    assert till.state == "approved"


def test_the_last_try_is_the_one_that_is_shown(till: Till) -> None:
    first = till.send()
    till.tick(SETTLED)
    till.simulator.confirm(first, "FAIL", "X")
    till.tell(first)
    second = till.send()
    db.session.rollback()
    row = db.session.scalars(select(Withdrawal).where(Withdrawal.number == till.number)).one()
    assert transfers.latest_of([row.id])[row.id].number == second
