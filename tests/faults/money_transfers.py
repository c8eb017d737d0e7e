"""T13 over money: withdrawals through WeChat, sent alone or together, confirmed, called back, put right."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from groupbuy.commissions import mending_transfers
from groupbuy.flows import calling_transfers_back, transferring, transferring_many
from groupbuy.payments.simulator.serving import Fault
from groupbuy.payments.simulator.transfers import PATH
from tests.faults import money_books
from tests.faults.money_rows import ModelWithdrawal
from tests.faults.money_stage import Stage, crashes, pick_one, some

ENDS = ("SUCCESS", "SUCCESS", "SUCCESS", "FAIL")


class Transfers(Stage):
    """A leader who is paid through WeChat, and finance who sends and looks after it."""

    def withdrawal(self, pick: int, *states: str) -> tuple[str, ModelWithdrawal]:
        """Return a withdrawal in one of some states, now and then any."""
        all_ = self.model.withdrawals
        fitting = {number: one for number, one in all_.items() if one.state in states}
        return pick_one(fitting if fitting and pick % 9 else all_, pick)

    def send_one(self) -> None:
        """Send a withdrawal, which then waits for the leader."""
        number = next(name for name, one in self.model.withdrawals.items() if one.state == "approved")
        assert self.model.send(number, every=False)
        assert self.do(lambda: transferring.send(number=number, **self.people()).number)
        self.tick()

    @precondition(lambda self: any(one.state == "approved" for one in self.model.withdrawals.values()))
    @rule(pick=some, together=st.booleans(), heard=st.booleans(), crash=crashes)
    def send_withdrawals(self, pick: int, together: bool, heard: bool, crash: bool) -> None:
        """Send a withdrawal through WeChat, or all, twice by the same form; the answer may be lost."""
        number, one = self.withdrawal(pick, "approved")
        usual = {"submission_key": self.key(), **self.people()}
        if not heard:
            type(self).faults += 1
            self.simulator.faults.append(Fault(PATH, after=True))
        wanted = [number] if pick % 2 else None
        work: Callable[[], Any] = lambda: transferring.send(number=number, **usual).number  # noqa: E731 - one of two
        if together:
            work = lambda: transferring_many.send_many(numbers=wanted, **usual).id  # noqa: E731 - as above
        sent = self.model.send(number, every=together and wanted is None)
        done = self.do(work, crash=crash)
        assert (done is not None) is bool(sent or (not together and one.state == "sending"))
        assert self.do(work) == done
        self.compare()

    @precondition(lambda self: any(one.state == "sending" for one in self.model.withdrawals.values()))
    @rule(
        pick=some, end=st.sampled_from(ENDS), wrong=st.sampled_from([0, 0, 0, 7, -1]), told=st.integers(0, 2)
    )
    def end_transfer(self, pick: int, end: str, wrong: int, told: int) -> None:
        """Let the leader confirm, or WeChat fail to pay; it tells of it twice, once, or its call is lost."""
        number, one = self.withdrawal(pick, "sending")
        # The scheduler sends what waits to be sent.
        self.tick()
        transfer = money_books.tries(self.model).get(number)
        sent = self.simulator.transfers.by_number.get(transfer.number) if transfer else None
        if transfer is None or sent is None:
            return
        if sent.state == "WAIT_USER_CONFIRM":
            self.simulator.confirm(sent.number, end, "X", amount_fen=one.net + wrong if wrong else None)
        if sent.state not in ("SUCCESS", "FAIL", "CANCELLED"):
            return
        call = self.simulator.tell(sent.number)
        for _ in range(told):
            answer = self.client.post("/pay/notify/wechat", data=call.body, headers=dict(call.headers))
            assert answer.status_code == 204
        self.take_in_transfers()
        assert not told or one.state != "sending"
        self.compare()

    @precondition(lambda self: any(one.state == "sending" for one in self.model.withdrawals.values()))
    @rule(pick=some, crash=crashes)
    def call_transfer_back(self, pick: int, crash: bool) -> None:
        """Call back what waits for the leader; again changes nothing."""
        number, _ = self.withdrawal(pick, "sending")
        wish = {"number": number, **self.people()}
        done = self.do(lambda: calling_transfers_back.call_back(**wish).number, crash=crash)
        assert self.do(lambda: calling_transfers_back.call_back(**wish).number) == done
        self.compare()

    @precondition(lambda self: any(one.state == "mispaid" for one in self.model.withdrawals.values()))
    @rule(pick=some, crash=crashes)
    def mend_transfer(self, pick: int, crash: bool) -> None:
        """Book what was paid with another amount, twice."""
        self.mend(*self.withdrawal(pick, "mispaid"), crash=crash)
        self.compare()

    def mend(self, number: str, one: ModelWithdrawal, *, crash: bool) -> None:
        """Book what the last try for a withdrawal has paid, where that is another amount."""
        transfer = money_books.tries(self.model).get(number)
        if transfer is None:
            return
        wish = {"number": transfer.number, "reason": "x", **self.people()}
        done = self.do(lambda: mending_transfers.mend(**wish).state, crash=crash)
        assert (done is not None) is (one.state == "mispaid" or transfer.state == "mended")
        assert self.do(lambda: mending_transfers.mend(**wish).state) == done
        if one.state == "mispaid":
            self.model.pay_withdrawal(one, "channel:wechat", transfer.paid_fen or 0)

    def clear_up(self) -> None:
        """Book what WeChat has paid otherwise than asked: until then the audit names it."""
        for number, one in self.model.withdrawals.items():
            if one.state == "mispaid":
                self.mend(number, one, crash=False)
        self.compare(kept=True)
        super().clear_up()

    def take_in_transfers(self) -> None:
        """Take in what the platform has learned of transfers, which is what WeChat says."""
        for number, transfer in money_books.tries(self.model).items():
            one = self.model.withdrawals[number]
            theirs = self.simulator.transfers.by_number.get(transfer.number)
            if one.state != "sending" or transfer.state not in ("success", "mispaid", "failed"):
                continue
            if transfer.state == "failed":
                assert theirs is None or theirs.state in ("FAIL", "CANCELLED")
                one.state = "approved"
                continue
            assert theirs is not None
            assert (theirs.state, theirs.paid_fen or theirs.amount_fen) == ("SUCCESS", transfer.paid_fen)
            assert (transfer.state == "success") is (transfer.paid_fen == one.net)
            if transfer.state == "success":
                self.model.pay_withdrawal(one, "channel:wechat", one.net)
            else:
                one.state = "mispaid"
