"""T13 over money: orders, payments by the real protocol, refunds, pick-ups, commission, suppliers.

Whether a deed is taken is the platform's to say, except where money decides: there the model says it first.
"""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.flows import collecting, ordering, putting_right
from groupbuy.flows.putting_right import Charge, Request
from groupbuy.members.models import Resident
from tests import building
from tests.building import ACTOR
from tests.faults.money_bank import Bank
from tests.faults.money_bills import Bills
from tests.faults.money_debts import Debts, Deed, deeds
from tests.faults.money_helpers import Helpers
from tests.faults.money_partners import Partners
from tests.faults.money_payers import Payers
from tests.faults.money_payouts import Payouts
from tests.faults.money_refunds import Refunds
from tests.faults.money_rows import LIMITS, WALLET, WINDOW, ModelCase, ModelOrder
from tests.faults.money_stage import (
    MONTH_OVER,
    crashes,
    hours,
    minutes,
    persons,
    pick_one,
    some,
    stored_order,
    units,
)
from tests.faults.money_transfers import Transfers

# How far a history has come when it starts.
STAGES = ("selling", "handed_out", "settled", "month_over", "owing", "owing")


class MoneyMachine(Payers, Refunds, Partners, Helpers, Payouts, Debts, Transfers, Bills, Bank):
    """All of it, in any order."""

    @initialize(
        stage=st.sampled_from(STAGES),
        limit_fen=st.sampled_from(LIMITS),
        settled=st.lists(st.tuples(deeds, st.booleans(), persons, crashes), min_size=1, max_size=4),
    )
    def begin(self, stage: str, limit_fen: int, settled: list[tuple[Deed, bool, str, bool]]) -> None:
        """Start with some orders, a filled wallet, and one order that is paid from it and the channel.

        Short histories reach what comes late only where they start late: most start after the close.
        """
        self.set_up(limit_fen)
        for pick in range(4):
            self.place(pick, pick // 2, {"P": 2 + pick, "Q": 1}, crash=False)
        self.top_up(self.residents[0], 2500, heard=True, pays=1)
        self.pay_through_channel(*self.order(1, self.may_begin), from_wallet=True, pays=1)
        if stage != "selling":
            self.go_on(stage)
        for deed, *decision in settled if stage == "owing" else ():
            self.settle(*deed)
            for id_ in list(self.model.debts)[-1:]:
                self.decide(id_, *decision)
            self.compare()

    def go_on(self, stage: str) -> None:
        """Go on until goods are handed out, commission is settled, or the month is over."""
        self.move_on(building.CLOSES - self.now, forgets=False)
        for round_id in self.model.rounds:
            self.take_goods(round_id, broken=0, crash=False)
        for id_, order in self.model.orders.items():
            self.fetch(id_, order, crash=False)
        self.compare()
        if stage == "owing":
            id_, order = self.order(1, lambda one: one.state == "picked_up")
            self.be_paid_by_hand(id_, order, crash=False)
            self.ask_for_money(id_, order, "P", 2)
        if stage != "handed_out":
            self.move_on(WINDOW + timedelta(hours=1), forgets=False)
            assert self.model.available_fen > 0
            for _ in range(2):
                self.be_approved(self.model.available_fen // 3)
            self.send_one()
            for part in (3, 2):
                self.say_paid(self.model.owed_helper_fen // part, crash=False)
            self.answer(*next(iter(self.model.helper_payments.items())), came=True, crash=False)
        if stage == "owing":
            self.ask_for(self.model.available_fen, wechat=False)
            self.decide_about(*next(iter(self.model.cases.items())), approve=True, charge=False, crash=False)
            assert self.model.debt_fen > 0
            self.pay_back(id_, order, order.owed_fen // 3, WALLET, crash=False)
        if stage == "month_over":
            self.move_on(MONTH_OVER - self.now, forgets=False)

    @rule(pick=some, who=some, wished=units, crash=crashes)
    def order_goods(self, pick: int, who: int, wished: dict[str, int], crash: bool) -> None:
        """Place an order; of a deed that died nothing is left."""
        self.place(pick, who, wished, crash=crash)
        self.compare()

    def place(self, pick: int, who: int, wished: dict[str, int], *, crash: bool) -> None:
        """Place an order, which is possible while the rounds sell."""
        round_id, _ = pick_one(self.model.rounds, pick)
        resident = self.residents[who % 2]
        wishes = [ordering.Wish(f"{code}{self.name}", count) for code, count in wished.items()]
        placed = self.do(
            lambda: ordering.place_order(
                round_=db.session.get_one(Round, round_id),
                resident=db.session.get_one(Resident, resident),
                wishes=wishes,
                now=self.now,
                actor=ACTOR,
                pay_within=timedelta(minutes=15),
            ),
            crash=crash,
        )
        assert (placed is not None) is (self.now < building.CLOSES)
        if placed is not None:
            self.model.place(placed.id, round_id, resident, wished, self.now)

    @precondition(lambda self: self.now < building.CLOSES)
    @rule(pick=some, crash=crashes)
    def cancel(self, pick: int, crash: bool) -> None:
        """Cancel an order."""
        id_, order = self.order(pick, lambda one: one.state != "cancelled")
        done = self.do(
            lambda: ordering.cancel_order(order=stored_order(id_), reason="x", now=self.now, actor=ACTOR),
            crash=crash,
        )
        if done is not None and order.state != "cancelled":
            order.state, order.reason = "cancelled", "x"
        self.compare()

    @precondition(lambda self: self.now >= building.CLOSES)
    @rule(pick=some, crash=crashes)
    def pick_up(self, pick: int, crash: bool) -> None:
        """Fetch an order; what is paid ahead only when it is paid."""
        self.fetch(*self.order(pick, lambda one: one.state == "confirmed"), crash=crash)
        self.compare()

    def fetch(self, id_: int, order: ModelOrder, *, crash: bool) -> None:
        """Let an order be fetched at the leader's."""
        code = stored_order(id_).pickup_code
        wish = {"code": code, "leader_ids": [self.leader], "now": self.now, "actor": ACTOR}
        done = self.do(lambda: collecting.verify_pickup(**wish), crash=crash)
        if done is not None:
            assert order.state == "confirmed"
            order.state, order.picked_up_at = "picked_up", self.now

    @precondition(lambda self: self.now >= building.CLOSES)
    @rule(pick=some, code=st.sampled_from("PQ"), count=st.integers(1, 3))
    def open_case(self, pick: int, code: str, count: int) -> None:
        """Ask for the money of some units of a line, which somebody decides about later."""
        self.ask_for_money(*self.order(pick, _is_live), code, count)
        self.compare()

    def ask_for_money(self, id_: int, order: ModelOrder, code: str, count: int) -> None:
        """Open a case about some units."""
        kind, reason = putting_right.Kind.REFUND, putting_right.Reason.SPOILED
        request = Request(kind, reason, "坏", {f"{code}{self.name}": count})
        wish = {"request": request, "now": self.now, "zone": building.ZONE, "actor": ACTOR}
        number = self.do(lambda: putting_right.ask(order=stored_order(id_), **wish).number)
        if number is not None:
            assert _is_live(order)
            self.model.cases[number] = ModelCase(id_, code, count)

    @precondition(lambda self: self.model.cases)
    @rule(pick=some, approve=st.sampled_from([True, True, True, False]), charge=st.booleans(), crash=crashes)
    def decide_case(self, pick: int, approve: bool, charge: bool, crash: bool) -> None:
        """Refund the units of a case, however late, and charge the supplier with them; or refuse."""
        number, case = pick_one(self.model.cases, pick)
        self.decide_about(number, case, approve=approve, charge=charge, crash=crash)
        self.compare()

    def decide_about(self, number: str, case: ModelCase, *, approve: bool, charge: bool, crash: bool) -> None:
        """Decide a case, once."""
        wish = {"number": number, "approve": approve, "answer": "x", "now": self.now, "actor": ACTOR}
        wish |= {"charge": Charge() if charge and approve else None, "zone": building.ZONE}
        assert self.do(lambda: putting_right.decide(**wish).number, crash=crash) == number
        assert self.do(lambda: putting_right.decide(**wish)) is None
        del self.model.cases[number]
        if approve:
            self.model.take_off(self.model.orders[case.order], case.code, case.units, self.now, charge=charge)

    @rule(step=minutes, forgets=st.booleans())
    def wait(self, step: int, forgets: bool) -> None:
        """Let time pass and the scheduler work."""
        self.move_on(timedelta(minutes=step), forgets)

    @rule(step=hours, forgets=st.booleans())
    def wait_long(self, step: int, forgets: bool) -> None:
        """Let the rounds close, or days go by after it."""
        closed = self.now >= building.CLOSES
        self.move_on(timedelta(hours=step) if closed else building.CLOSES - self.now, forgets)


def _is_live(order: ModelOrder) -> bool:
    return order.state in ("confirmed", "picked_up")
