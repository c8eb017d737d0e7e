"""T13 over money: what goes back to residents."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from groupbuy.flows import refunding, topping_up
from groupbuy.payments import channel_refunds
from groupbuy.payments.simulator.serving import Fault
from tests.faults import money_books
from tests.faults.money_rows import BOSS, CASH, HELD, REFUNDING, SOURCES, WALLET, ModelOrder, ModelRefund
from tests.faults.money_stage import (
    Stage,
    amounts,
    crashes,
    fills_wallet,
    persons,
    pick_one,
    some,
    stored_order,
)


class Refunds(Stage):
    """Money that goes back, and a channel that makes trouble."""

    @precondition(lambda self: any(one.owed_fen for one in self.model.orders.values()))
    @rule(pick=some, fen=amounts, whole=st.booleans(), to=st.sampled_from([CASH, WALLET]), crash=crashes)
    def refund(self, pick: int, fen: int, whole: bool, to: str, crash: bool) -> None:
        """Pay back what is owed or a part, twice by a form: to the sources, or where the leader says."""
        id_, order = self.order(pick, lambda one: one.owed_fen)
        self.pay_back(id_, order, None if whole else fen, to, crash=crash)
        self.compare()

    def pay_back(self, id_: int, order: ModelOrder, fen: int | None, to: str, *, crash: bool) -> None:
        """Ask for a refund, of all that is left without an amount."""
        left = order.owed_fen - self.model.waiting_fen(id_)
        fen = left if fen is None else fen
        to = SOURCES if self.model.rounds[order.round].prepaid else to
        wish = {"amount_fen": fen, "reason": "x", "target": to, "submission_key": self.key(), **self.people()}

        def work() -> Any:
            return refunding.refund(order=stored_order(id_), **wish).id

        done = self.do(work, crash=crash)
        assert self.do(work) == done
        assert (done is not None) is (0 < fen <= left)
        if done is not None:
            self.model.ask_refund(done, id_, fen, to)

    @precondition(lambda self: any(one.state == "asked" for one in self.model.requests.values()))
    @rule(pick=some, agree=st.sampled_from([True, True, False]), by=persons, crash=crashes)
    def decide_refund(self, pick: int, agree: bool, by: str, crash: bool) -> None:
        """Approve a refund that waits for a second person, or reject it; the first decision stands."""
        waiting = {id_: one for id_, one in self.model.requests.items() if one.state == "asked"}
        id_, one = pick_one(waiting if pick % 9 else self.model.requests, pick)
        wish = {"request_id": id_, "approve": agree, "words": "x", "now": self.now, "actor": by}
        done = self.do(lambda: refunding.decide(**wish), crash=crash)
        assert (done is not None) is self.model.decide_refund(one, agree=agree, by=by)
        assert self.do(lambda: refunding.decide(**wish)) is None
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

    def clear_up(self) -> None:
        """Pay back what waits for people: the next history has another limit, below which it leaves alone."""
        for id_, one in self.model.requests.items():
            if one.state == "asked":
                self.approve(id_)
        for id_, order in self.model.orders.items():
            if self.model.rounds[order.round].prepaid and order.owed_fen:
                wish = {"amount_fen": order.owed_fen, "reason": "x", **self.people()}
                asked = self.do(lambda: refunding.refund(order=stored_order(id_), **wish).id)  # noqa: B023 - called at once
                self.model.ask_refund(asked, id_, order.owed_fen, SOURCES)
                if self.model.requests[asked].state == "asked":
                    self.approve(asked)
        for hours in (1, 24):
            self.move_on(timedelta(hours=hours), forgets=False)
        super().clear_up()

    def approve(self, request_id: int) -> None:
        """Approve a refund as the second person; what is not owed any more is rejected."""
        one = self.model.requests[request_id]
        agree = one.fen <= self.model.orders[one.order].owed_fen
        wish = {"request_id": request_id, "approve": agree, "words": "x", "now": self.now, "actor": BOSS}
        assert self.do(lambda: refunding.decide(**wish))
        assert self.model.decide_refund(one, agree=agree, by=BOSS)
