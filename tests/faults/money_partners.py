"""T13 over money: the leader's commission and cash, and the supplier's goods and statements."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from groupbuy.catalog.models import Supplier
from groupbuy.commissions import withdrawing
from groupbuy.commissions.withdrawing import Payee
from groupbuy.db import db
from groupbuy.finance.rules import period_of
from groupbuy.flows import bookkeeping, receiving
from groupbuy.flows.receiving import Delivery
from groupbuy.leaders.models import Leader
from groupbuy.payments import handing_over
from groupbuy.purchasing import queries as purchasing
from groupbuy.settlements import adjusting, making
from groupbuy.settlements import paying as paying_suppliers
from tests.building import ACTOR
from tests.faults import money_books
from tests.faults.money_rows import BOSS, COSTS, FEE_FEN, OTHER, TAKEN_OFF, ModelStatement, ModelWithdrawal
from tests.faults.money_stage import (
    MONTH_OVER,
    Stage,
    amounts,
    bosses,
    crashes,
    persons,
    pick_one,
    some,
)

PAYEE, WECHAT = Payee("bank", "6222", "王五"), Payee("wechat", "wang-wx", "王五")


class Partners(Stage):
    """The leader and the supplier."""

    @precondition(lambda self: self.model.available_fen)
    @rule(fen=amounts, whole=st.booleans(), wechat=st.booleans(), crash=crashes)
    def withdraw(self, fen: int, whole: bool, wechat: bool, crash: bool) -> None:
        """Ask for a withdrawal, twice by the same form."""
        self.ask_for(self.model.available_fen if whole else fen, wechat=wechat, crash=crash)
        self.compare()

    def ask_for(self, fen: int, *, wechat: bool, crash: bool = False) -> str | None:
        """Ask for a withdrawal to the bank or through WeChat; return its number, None if refused."""
        payee = WECHAT if wechat else PAYEE
        wish = {"amount_fen": fen, "payee": payee, "submission_key": self.key(), **self.people()}
        for _ in range(2):
            done = self.do(
                lambda: withdrawing.ask(leader=db.session.get_one(Leader, self.leader), **wish).number,
                crash=crash,
            )
        month = period_of(self.now)
        tax = self.model.tax_of(fen, month)
        assert (done is not None) is (FEE_FEN + tax < fen <= self.model.available_fen)
        if done is not None:
            self.model.withdrawals[done] = ModelWithdrawal(fen, tax, month, wechat)
            self.model.post(f"commission:{self.model.leader}:settled", f"withdrawal:{self.model.leader}", fen)
        return done

    def be_approved(self, fen: int) -> None:
        """Ask to be paid through WeChat, and have that approved."""
        number = self.ask_for(fen, wechat=True)
        assert number is not None
        one = self.model.withdrawals[number]
        for boss in (BOSS, OTHER):
            if one.state != "approved":
                self.do(lambda: withdrawing.approve(number=number, now=self.now, actor=boss))  # noqa: B023 - called at once
                assert self.model.decide_withdrawal(one, "approve", boss)

    @precondition(lambda self: self.model.withdrawals)
    @rule(
        pick=some,
        deed=st.sampled_from(["approve", "approve", "reject", "paid", "paid"]),
        by=bosses,
        crash=crashes,
    )
    def decide_withdrawal(self, pick: int, deed: str, by: str, crash: bool) -> None:
        """Approve a withdrawal, alone or as one of two, refuse it, or note it as paid."""
        number, one = pick_one(self.model.withdrawals, pick)
        usual = {"number": number, "now": self.now, "actor": by}
        deeds: dict[str, Callable[[], Any]] = {
            "approve": lambda: withdrawing.approve(**usual),
            "reject": lambda: withdrawing.reject(**usual, reason="x"),
            "paid": lambda: withdrawing.note_paid(**usual, proof="x"),
        }
        done = self.do(deeds[deed], crash=crash)
        assert (done is not None) is self.model.decide_withdrawal(one, deed, by)
        self.compare()

    @precondition(lambda self: self.model.posted[f"cash:{self.model.leader}"])
    @rule(fen=amounts, confirm=st.booleans(), crash=crashes)
    def hand_over(self, fen: int, confirm: bool, crash: bool) -> None:
        """Hand cash over to the operator, who confirms that it has come, or that it has not."""
        cash = f"cash:{self.model.leader}"
        key = self.key()
        wish = {"amount_fen": fen, "note": "", "submission_key": key, **self.people()}
        done = self.do(
            lambda: handing_over.hand_over(leader=db.session.get_one(Leader, self.leader), **wish).id,
            crash=crash,
        )
        assert (done is not None) is (0 < fen <= -self.model.posted[cash])
        if done is None:
            return
        wish = {"handover_id": done, "confirm": confirm, "reason": "x", **self.people()}
        assert self.do(lambda: handing_over.decide(**wish), crash=crash) is not None
        assert self.do(lambda: handing_over.decide(**wish)) is None
        if confirm:
            self.model.post("channel:cash", cash, fen)
        self.compare()

    @precondition(lambda self: any(one.closed for one in self.model.rounds.values()))
    @rule(pick=some, broken=st.integers(0, 2), crash=crashes)
    def receive(self, pick: int, broken: int, crash: bool) -> None:
        """Receive what a round has ordered; some of it is broken."""
        self.take_goods(pick_one(self.model.rounds, pick)[0], broken=broken, crash=crash)
        self.compare()

    def take_goods(self, round_id: int, *, broken: int, crash: bool) -> None:
        """Receive what a round has ordered, so many of each broken."""
        at = self.model.rounds[round_id]
        numbers = [one.number for one in purchasing.orders_of_round(round_id)]
        assert bool(numbers) is bool(at.closed and at.ordered)
        for number in numbers:
            came = [
                Delivery(f"{code}{self.name}", count, min(broken, count), "压坏" if broken else None)
                for code, count in at.ordered.items()
            ]
            wish = {"deliveries": came, "tolerance_bp": 0, "last": True, "now": self.now, "actor": ACTOR}
            done = self.do(lambda: receiving.receive_goods(number=number, **wish), crash=crash)  # noqa: B023 - called at once
            assert (done is not None) is not at.received
            if done is not None:
                at.received = True
                accepted = {code: count - min(broken, count) for code, count in at.ordered.items()}
                self.model.owe_supplier(sum(count * COSTS[code] for code, count in accepted.items()))

    @precondition(lambda self: self.model.unsettled_fen > 0)
    @rule(fen=st.integers(1, 800), kind=st.sampled_from(sorted(TAKEN_OFF)), crash=crashes)
    def deduct(self, fen: int, kind: str, crash: bool) -> None:
        """Owe the supplier less, once for each cause."""
        wish = {"supplier_id": self.supplier, "kind": kind, "amount_fen": -fen, "cause": self.key()}
        assert self.do(lambda: adjusting.adjust(**wish, note="x", **self.people()), crash=crash) is not None
        assert self.do(lambda: adjusting.adjust(**wish, note="x", **self.people())) is None
        self.model.owe_supplier(-fen, TAKEN_OFF[kind])
        self.compare()

    @precondition(lambda self: self.model.unsettled_fen)
    @rule(crash=crashes)
    def make_statement(self, crash: bool) -> None:
        """Put everything that is owed on a statement."""
        done = self.do(
            lambda: making.make(
                supplier=db.session.get_one(Supplier, self.supplier),
                until=self.now + timedelta(seconds=1),
                **self.people(),
            ),
            crash=crash,
        )
        assert (done is not None) is (self.model.unsettled_fen > 0)
        if done is not None:
            assert done.total_fen == self.model.unsettled_fen
            self.model.statements[done.number] = ModelStatement(done.total_fen)
            self.model.unsettled_fen = 0
        self.compare()

    @precondition(lambda self: self.model.statements)
    @rule(
        pick=some,
        deed=st.sampled_from(["approve", "approve", "cancel", "pay", "pay"]),
        fen=amounts,
        by=persons,
        crash=crashes,
    )
    def move_statement(self, pick: int, deed: str, fen: int, by: str, crash: bool) -> None:
        """Approve a statement, take it back, or pay on it, twice by the same form."""
        number, one = pick_one(self.model.statements, pick)
        usual = {"number": number, "now": self.now, "actor": by}
        key = self.key()
        deeds: dict[str, Callable[[], Any]] = {
            "approve": lambda: paying_suppliers.approve(**usual),
            "cancel": lambda: making.cancel(**usual),
            "pay": lambda: paying_suppliers.pay(**usual, amount_fen=fen, proof="x", submission_key=key),
        }
        done = self.do(deeds[deed], crash=crash)
        if deed == "pay":
            assert (self.do(deeds[deed]) is None) is (done is None)
        assert (done is not None) is self.model.move_statement(one, deed, fen, by)
        self.compare()

    @precondition(lambda self: self.model.available_fen or self.model.withdrawals or self.model.statements)
    @rule(crash=crashes)
    def close_month(self, crash: bool) -> None:
        """Close the month in which everything began, once; what comes later is booked in the next one."""
        wish = {"period": money_books.MONTH, **self.people()}
        over = self.now >= MONTH_OVER
        for first in (True, False):
            done = self.do(lambda: bookkeeping.close_month(**wish), crash=crash and first)
            assert done is (None if not over else first and not self.closed)
        self.closed = over
        if over:
            # What is due is booked before the month closes.
            for round_id in self.model.rounds:
                self.model.settle_commission(round_id, self.now)
        self.compare()
