"""T13 over money: what goes back to residents."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from groupbuy.flows import refunding, topping_up
from groupbuy.payments import channel_refunds, paying_back
from groupbuy.payments.simulator.serving import Fault
from tests.faults import money_books
from tests.faults.money_rows import CASH, HELD, REFUNDING, WALLET, ModelRefund
from tests.faults.money_stage import Stage, amounts, crashes, fills_wallet, some, stored_order


class Refunds(Stage):
    """Money that goes back, and a channel that makes trouble."""

    @precondition(lambda self: any(one.owed_fen for one in self.model.orders.values()))
    @rule(pick=some, fen=amounts, whole=st.booleans(), to=st.sampled_from([CASH, WALLET]), crash=crashes)
    def refund(self, pick: int, fen: int, whole: bool, to: str, crash: bool) -> None:
        """Pay back what is owed or a part, twice by a form: to the sources, or where the leader says."""
        id_, order = self.order(pick, lambda one: one.owed_fen)
        fen = order.owed_fen if whole else fen
        ahead = self.model.rounds[order.round].prepaid
        wish = {"amount_fen": fen, "reason": "x", "submission_key": self.key(), **self.people()}

        def work() -> Any:
            if ahead:
                return refunding.refund(order=stored_order(id_), **wish)
            return paying_back.pay_back(order=stored_order(id_), target=to, **wish)

        done = self.do(work, crash=crash)
        assert (self.do(work) is None) is (done is None)
        assert (done is not None) is (0 < fen <= order.owed_fen)
        if done is not None and ahead:
            self.model.refund(order, fen)
        elif done is not None:
            self.model.refund_to(order, to, fen)
        self.compare()

    @precondition(lambda self: any(fills_wallet(one) for one in self.model.payments.values()))
    @rule(pick=some, fen=amounts, crash=crashes)
    def take_out_of_wallet(self, pick: int, fen: int, crash: bool) -> None:
        """Pay money in a wallet back through the channel."""
        number, payment = self.payment(pick, fills_wallet)
        key = self.key()
        done = self.do(
            lambda: topping_up.refund_top_up(
                payment=money_books.payment(number), amount_fen=fen, submission_key=key, **self.people()
            ),
            crash=crash,
        )
        gone = sum(one.fen for one in self.model.refunds if one.payment == number)
        wallet = f"wallet:resident:{payment.resident}"
        assert (done is not None) is (
            fills_wallet(payment) and 0 < fen <= min(payment.fen - gone, self.model.posted[wallet])
        )
        if done is not None:
            self.model.post(wallet, REFUNDING, fen)
            self.model.refunds.append(ModelRefund(number, fen))
        self.compare()

    @precondition(lambda self: any(one.state == "held" for one in self.model.payments.values()))
    @rule(pick=some, crash=crashes)
    def send_back_held(self, pick: int, crash: bool) -> None:
        """Send back what came with a wrong amount."""
        number, payment = self.payment(pick, lambda one: one.state == "held")
        wish = {"number": number, "reason": "x", **self.people()}
        done = self.do(lambda: refunding.give_back_held(**wish), crash=crash)
        assert (done is not None) is (payment.state == "held")
        if done is not None and not payment.given_back:
            payment.given_back = True
            fen = self.simulator.book.trade(number).paid_fen
            self.model.post(HELD, REFUNDING, fen)
            self.model.refunds.append(ModelRefund(number, fen))
        self.compare()

    @rule(end=st.sampled_from(["SUCCESS", "ABNORMAL"]), times=st.integers(1, 3), after=st.booleans())
    def trouble_refunds(self, end: str, times: int, after: bool) -> None:
        """Let refunds end otherwise, and calls for them fail before or after the work is done."""
        type(self).faults += times
        self.simulator.refunds_end = end
        self.simulator.faults.append(Fault("/v3/refund", times=times, after=after))

    @precondition(lambda self: self.model.refunds)
    @rule(pick=some, crash=crashes)
    def rescue_refund(self, pick: int, crash: bool) -> None:
        """Pay a refund that is stuck to the wallet."""
        found = self.model.refunds[pick % len(self.model.refunds)]
        wish = {"number": found.number, **self.people()}
        done = self.do(lambda: channel_refunds.pay_to_wallet(**wish), crash=crash)
        if done is not None and not found.end:
            found.end = "to_wallet"
            resident = self.model.payments[found.payment].resident
            self.model.post(REFUNDING, f"wallet:resident:{resident}", found.fen)
        self.compare()
