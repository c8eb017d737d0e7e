"""T13 over money: what residents pay through the channel, by hand and from the wallet."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from groupbuy.db import db
from groupbuy.flows import ordering, paying, topping_up
from groupbuy.flows.paying import Way
from groupbuy.http.charging import open_payment
from groupbuy.members.models import Resident
from groupbuy.payments.simulator.serving import Fault
from tests.building import ACTOR
from tests.faults.money_rows import ModelOrder, ModelPayment
from tests.faults.money_stage import Stage, amounts, crashes, pays, some, stored_order

NATIVE = Way("wechat", "native")


class Payers(Stage):
    """Residents who pay, in time or late, more than once or not at all."""

    @precondition(lambda self: any(self.may_begin(one) for one in self.model.orders.values()))
    @rule(pick=some, from_wallet=st.booleans(), crash=crashes, heard=st.booleans(), pays=pays)
    def begin_to_pay(self, pick: int, from_wallet: bool, crash: bool, heard: bool, pays: int | None) -> None:
        """Begin to pay an order, and perhaps pay it at once."""
        id_, order = self.order(pick, self.may_begin)
        self.pay_through_channel(id_, order, from_wallet=from_wallet, crash=crash, heard=heard, pays=pays)
        self.compare()

    def pay_through_channel(
        self,
        id_: int,
        order: ModelOrder,
        *,
        from_wallet: bool,
        pays: int | None,
        crash: bool = False,
        heard: bool = True,
    ) -> None:
        """Pay by the wallet first if wanted, and the rest through the channel."""
        may = self.may_begin(order)

        def work() -> list[str]:
            begun = paying.pay_order(
                order=stored_order(id_), way=NATIVE, from_wallet=from_wallet, now=self.now, actor=ACTOR
            )
            return [begun.number] if begun else []

        numbers = self.do(work, crash=crash)
        assert (numbers is not None) is may
        if may and from_wallet:
            self.model.spend(order)
        for number in numbers or []:
            self.model.begin(number, id_, self.now)
            self.open(number, heard, pays)

    @rule(who=some, fen=amounts, heard=st.booleans(), pays=pays)
    def fill_wallet(self, who: int, fen: int, heard: bool, pays: int | None) -> None:
        """Begin to fill a wallet."""
        self.top_up(self.residents[who % 2], fen, heard=heard, pays=pays)
        self.compare()

    def top_up(self, resident: int, fen: int, *, heard: bool, pays: int | None) -> None:
        """Fill a wallet, twice by the same form."""
        wish = {"amount_fen": fen, "way": NATIVE, "now": self.now, "actor": ACTOR}
        wish["submission_key"] = self.key()
        for _ in range(2):
            begun = self.do(
                lambda: topping_up.top_up(resident=db.session.get_one(Resident, resident), **wish).number
            )
        assert (begun is not None) is (fen > 0)
        if begun:
            until = self.now + topping_up.TOP_UP_TIME
            self.model.payments[begun] = ModelPayment(None, resident, fen, until)
            self.open(begun, heard, pays)

    def may_begin(self, order: ModelOrder) -> bool:
        """Tell whether an order may be paid."""
        return self.model.may_begin(order, self.now)

    def open(self, number: str, heard: bool, pays: int | None) -> None:
        """Open a payment at the channel; if not ``heard`` its answer is lost. Some pay at once."""
        if not heard:
            type(self).faults += 1
            self.simulator.faults.append(Fault("/v3/pay/transactions/native", after=True))
        with self.app.test_request_context():
            open_payment(number, back="/")
        # Where the channel says that it has the money already, it is asked at once.
        self.take_in(number)
        if pays is not None:
            self.pay(number, 0, pays)

    @precondition(lambda self: self.model.payments)
    @rule(pick=some, wrong=st.sampled_from([0, 0, 0, 0, 1]), told=st.integers(0, 2))
    def payer_pays(self, pick: int, wrong: int, told: int) -> None:
        """Let the payer pay; the channel tells of it twice, once, or its call is lost."""
        number, _ = self.payment(pick, lambda one: one.state == "open")
        self.pay(number, wrong, told)
        self.compare()

    def pay(self, number: str, wrong: int, told: int) -> None:
        """Pay at the channel, perhaps a wrong amount; the platform is told so many times."""
        trade = self.simulator.book.trades.get(number)
        if trade is not None and trade.state == "NOTPAY":
            self.simulator.pay(number, amount_fen=self.model.payments[number].fen + wrong)
        for _ in range(told):
            self.tell(number)

    def tell(self, number: str) -> None:
        """Let the channel tell of a payment that it has got."""
        trade = self.simulator.book.trades.get(number)
        if trade is None or trade.paid_at is None:
            return
        call = self.simulator.tell(number)
        answer = self.client.post("/pay/notify/wechat", data=call.body, headers=dict(call.headers))
        assert answer.status_code == 204
        type(self).acknowledged += 1
        self.model.arrive(number, trade.paid_fen, self.now)

    @precondition(lambda self: self.model.orders)
    @rule(pick=some, crash=crashes)
    def pay_by_hand(self, pick: int, crash: bool) -> None:
        """Note that all was paid, in cash or otherwise."""
        self.be_paid_by_hand(*self.order(pick, lambda one: not one.confirmed), crash=crash)
        self.compare()

    def be_paid_by_hand(self, id_: int, order: ModelOrder, *, crash: bool) -> None:
        """Note that an order is paid; one that is cancelled cannot be."""
        done = self.do(
            lambda: ordering.mark_paid(order=stored_order(id_), now=self.now, actor=ACTOR), crash=crash
        )
        assert (done is not None) is (order.state != "cancelled")
        self.model.pay_by_hand(order)
