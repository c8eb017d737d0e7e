"""T13: a model of the money in plain dictionaries, which posts by its own rules and reads no ledger.

Accounts hold credits less debits, in fen. What people do is posted at once; what the scheduler books when it
keeps the books (sales, debts, commission) is reckoned anew from the orders each time.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from groupbuy.kernel.money import divide_half_up, split
from tests.faults.money_partners_model import PartnersModel
from tests.faults.money_rows import (
    ASKER,
    CASH,
    CHANNEL,
    COSTS,
    DIFFERENCES,
    GRACE,
    HELD,
    PAY_WITHIN,
    PRICES,
    REFUNDING,
    SOURCES,
    TIMED_OUT,
    WALLET,
    WINDOW,
    ModelCase,
    ModelLine,
    ModelOrder,
    ModelPayment,
    ModelRefund,
    ModelRequest,
    ModelStray,
)


class MoneyModel(PartnersModel):
    """Everything that moves money around one leader and one supplier."""

    def __init__(self, leader: int, above: Sequence[int], helper: int, supplier: int) -> None:
        super().__init__(leader, above, helper, supplier)
        self.payments: dict[str, ModelPayment] = {}
        self.refunds: list[ModelRefund] = []
        self.requests: dict[int, ModelRequest] = {}
        self.cases: dict[str, ModelCase] = {}
        self.strays: dict[tuple[str, str], ModelStray] = {}

    # Orders and what is paid for them.

    def place(self, id_: int, round_: int, resident: int, units: dict[str, int], now: datetime) -> None:
        """Take an order."""
        at = self.rounds[round_]
        lines = {code: ModelLine(count, count * PRICES[code]) for code, count in units.items()}
        expires = min(now + PAY_WITHIN, at.closes_at) if at.prepaid else None
        state = "awaiting_payment" if at.prepaid else "confirmed"
        self.orders[id_] = ModelOrder(round_, resident, lines, state, expires)

    def count(self, order: ModelOrder, source: str, account: str, fen: int) -> None:
        """Count money towards an order."""
        order.paid[source] += fen
        self.post(account, f"resident:{order.resident}", fen)

    def confirm(self, order: ModelOrder) -> None:
        """Confirm an order of which all is paid."""
        order.confirmed, order.expires_at = True, None
        if order.state == "awaiting_payment":
            order.state = "confirmed"

    def pay_by_hand(self, order: ModelOrder) -> None:
        """Note that the leader, or the operator by hand, has got all the money."""
        if order.state == "cancelled" or (order.confirmed and order.paid_fen >= order.amount_fen):
            return
        rest = order.amount_fen - order.paid_fen
        prepaid = self.rounds[order.round].prepaid
        account = "channel:manual" if prepaid else f"cash:{self.leader}"
        self.count(order, WALLET if prepaid else CASH, account, rest)
        self.confirm(order)

    def may_begin(self, order: ModelOrder, now: datetime) -> bool:
        """Tell whether a resident may begin to pay."""
        waits = self.rounds[order.round].prepaid and order.state == "awaiting_payment"
        return waits and order.expires_at is not None and order.expires_at > now

    def spend(self, order: ModelOrder) -> None:
        """Let the wallet pay what it can."""
        account = f"wallet:resident:{order.resident}"
        part = min(self.posted[account], order.amount_fen - order.paid_fen)
        if part > 0:
            self.count(order, WALLET, account, part)
        if order.paid_fen >= order.amount_fen:
            self.confirm(order)

    def begin(self, number: str, id_: int, now: datetime) -> None:
        """Begin a payment; another one that is open has its time over."""
        order = self.orders[id_]
        for other, payment in self.payments.items():
            if other != number and payment.order == id_ and payment.state == "open":
                payment.expires_at = min(payment.expires_at, now)
        if number not in self.payments and order.expires_at is not None:
            rest = order.amount_fen - order.paid_fen
            self.payments[number] = ModelPayment(id_, order.resident, rest, order.expires_at)

    def arrive(self, number: str, fen: int, now: datetime) -> None:
        """Take in that money has come, once."""
        payment = self.payments[number]
        if payment.state in ("paid", "held"):
            return
        payment.state = "paid" if fen == payment.fen else "held"
        if payment.state == "held":
            self.post(CHANNEL, HELD, fen)
        elif payment.order is None:
            self.post(CHANNEL, f"wallet:resident:{payment.resident}", fen)
        else:
            self._arrive_for(self.orders[payment.order], number, payment, now)

    def _arrive_for(self, order: ModelOrder, number: str, payment: ModelPayment, now: datetime) -> None:
        in_time = now < payment.expires_at + GRACE
        if not in_time:
            self.expire(order, now)
        if in_time and self._can_be_revived(order, payment.fen, now):
            order.state, order.reason, order.expires_at = "awaiting_payment", "", payment.expires_at
        wanted = order.state == "awaiting_payment"
        self.count(order, number, CHANNEL, payment.fen)
        if wanted and order.paid_fen >= order.amount_fen:
            self.confirm(order)
        elif not wanted:
            self.refund_to(order, number, payment.fen)

    def _can_be_revived(self, order: ModelOrder, fen: int, now: datetime) -> bool:
        sells = not self.rounds[order.round].closed and now < self.rounds[order.round].closes_at
        timed_out = order.state == "cancelled" and order.reason == TIMED_OUT
        return timed_out and sells and order.paid_fen + fen >= order.whole_fen

    def expire(self, order: ModelOrder, now: datetime) -> None:
        """Cancel an order whose time to pay is over."""
        if order.state == "awaiting_payment" and order.expires_at is not None and order.expires_at <= now:
            order.state, order.reason, order.expires_at = "cancelled", TIMED_OUT, None

    # Money that goes back.

    def refund_to(self, order: ModelOrder, source: str, fen: int) -> None:
        """Pay back to one source."""
        order.back[source] += fen
        through = {WALLET: f"wallet:resident:{order.resident}", CASH: f"cash:{self.leader}"}
        self.post(f"owed:resident:{order.resident}", through.get(source, REFUNDING), fen)
        if source not in through:
            self.refunds.append(ModelRefund(source, fen))

    def waiting_fen(self, id_: int) -> int:
        """Return what of an order's money waits for a second person."""
        return sum(one.fen for one in self.requests.values() if one.order == id_ and one.state == "asked")

    def ask_refund(self, number: int, id_: int, fen: int, target: str) -> None:
        """Pay back what one person may, with what was paid back alone before; else it waits for another."""
        mine = [one for one in self.requests.values() if one.order == id_ and one.state == "done"]
        alone = sum(one.fen for one in mine if one.alone) + fen <= self.limit_fen
        one = self.requests[number] = ModelRequest(id_, fen, target, alone)
        if alone:
            self._carry_out(one)

    def decide_refund(self, one: ModelRequest, *, agree: bool, by: str) -> bool:
        """Approve a refund that waits or reject it; False where somebody else has to."""
        if one.state != "asked" or (agree and (by == ASKER or one.fen > self.orders[one.order].owed_fen)):
            return False
        if agree:
            self._carry_out(one)
        one.state = "done" if agree else "rejected"
        return True

    def _carry_out(self, one: ModelRequest) -> None:
        one.state, order = "done", self.orders[one.order]
        if one.target == SOURCES:
            self.refund(order, one.fen)
        else:
            self.refund_to(order, one.target, one.fen)

    def refund(self, order: ModelOrder, fen: int) -> None:
        """Pay back to all sources in their proportions."""
        names = [name for name in (CASH, WALLET, *sorted(order.paid, key=self._age)) if name in order.paid]
        names = list(dict.fromkeys(names))
        left = [order.paid[name] - order.back[name] for name in names]
        for name, part in zip(names, split(fen, left), strict=True):
            if part:
                self.refund_to(order, name, part)

    def _age(self, source: str) -> int:
        return list(self.payments).index(source) if source in self.payments else -1

    def give_back_what_may_leave(self) -> None:
        """Pay back what nobody has to decide: never paid in full, or owed once the round is closed."""
        for id_, order in self.orders.items():
            at = self.rounds[order.round]
            still = any(one.order == id_ and one.state == "open" for one in self.payments.values())
            never = order.state == "cancelled" and not order.confirmed and not self.waiting_fen(id_)
            asked = any(one.order == id_ and one.state != "done" for one in self.requests.values())
            small = at.closed and not asked and order.owed_fen <= self.limit_fen
            if at.prepaid and not still and order.owed_fen and (never or small):
                self.refund(order, order.owed_fen)

    def settle_stray(self, kind: str, stray: ModelStray, same: tuple[str, str], by: str) -> bool:
        """Settle what only the channel has; False where another person has to, or it is done otherwise."""
        if stray.done is not None:
            return stray.done == same
        wish, asker = stray.asked or (None, "")
        if stray.fen > self.limit_fen and wish != same:
            stray.asked = same, by
            return True
        if stray.fen > self.limit_fen and asker == by:
            return False
        stray.done = same
        if same[0] == "book":
            into = (CHANNEL, DIFFERENCES[same[1]])
            self.post(*(into if kind == "pay" else reversed(into)), stray.fen)
        return True

    # The day of a round.

    def close_what_is_due(self, now: datetime) -> None:
        """Close rounds whose time has come, and note what is ordered of the supplier."""
        for order in self.orders.values():
            self.expire(order, now)
        for id_, at in self.rounds.items():
            if not at.closed and at.closes_at <= now:
                at.closed = True
                for order in self.orders.values():
                    if order.round == id_ and order.state == "confirmed":
                        for code, line in order.lines.items():
                            at.ordered[code] = at.ordered.get(code, 0) + line.units

    def take_off(self, order: ModelOrder, code: str, units: int, now: datetime, *, charge: bool) -> None:
        """Refund units of a line; the supplier is charged with their cost where that is wanted."""
        line = order.lines[code]
        line.fen -= line.fen - divide_half_up(line.fen * (line.units - units), line.units)
        line.units -= units
        if charge:
            self.owe_supplier(-units * COSTS[code])
        self.settle_commission(order.round, now)

    def settle_commission(self, round_: int, now: datetime) -> None:
        """Settle what was picked up before the window."""
        for order in self.orders.values():
            if (
                order.round == round_
                and order.picked_up_at is not None
                and order.picked_up_at <= now - WINDOW
            ):
                order.settled = True

    @property
    def sold_fen(self) -> int:
        """Return what the leader has sold."""
        return sum(order.amount_fen for order in self.orders.values())

    # What the ledger has to say.

    def books(self) -> dict[str, int]:
        """Return every account as it stands once the books were kept; those at 0 are left out."""
        whole = Counter(self.posted)

        def move(debit: str, credit: str, fen: int) -> None:
            whole[debit] -= fen
            whole[credit] += fen

        for order in self.orders.values():
            sold = order.amount_fen if order.state == "picked_up" else 0
            move(f"resident:{order.resident}", "income:sales", sold)
            owed = order.owed_fen + order.back.total()
            move(f"resident:{order.resident}", f"owed:resident:{order.resident}", owed)
        for earning in self.earnings():
            move(*earning)
        return {name: fen for name, fen in whole.items() if fen}
