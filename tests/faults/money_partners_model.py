"""T13: the model's half of partners: the leader's commission and withdrawals, the supplier's statements."""

from collections import Counter
from collections.abc import Callable

from groupbuy.kernel.money import divide_half_up
from tests.faults.money_rows import (
    CHANNEL,
    FEE_FEN,
    TAX_BP,
    TAX_FREE_FEN,
    ModelOrder,
    ModelStatement,
    ModelWithdrawal,
)


class PartnersModel:
    """What is posted at once for the leader and the supplier."""

    def __init__(self, leader: int, supplier: int) -> None:
        self.leader, self.supplier = f"leader:{leader}", f"payable:supplier:{supplier}"
        self.posted: Counter[str] = Counter()
        self.orders: dict[int, ModelOrder] = {}
        self.withdrawals: dict[str, ModelWithdrawal] = {}
        self.statements: dict[str, ModelStatement] = {}
        self.unsettled_fen = 0

    def post(self, debit: str, credit: str, fen: int) -> None:
        """Move an amount from one account to another."""
        self.posted[debit] -= fen
        self.posted[credit] += fen

    # The leader's withdrawals.

    @property
    def available_fen(self) -> int:
        """Return what the leader may withdraw."""
        return self.posted[f"commission:{self.leader}:settled"] + self._shares(lambda one: one.settled)

    def _shares(self, chosen: Callable[[ModelOrder], bool]) -> int:
        return sum(order.share_fen for order in self.orders.values() if chosen(order))

    def tax_of(self, fen: int, month: str) -> int:
        """Return the tax on one more withdrawal in a month."""
        earlier = [one for one in self.withdrawals.values() if one.month == month and one.state != "rejected"]
        taxable = max(sum(one.fen for one in earlier) + fen - TAX_FREE_FEN, 0)
        whole = divide_half_up(taxable * TAX_BP, 10_000)
        return min(max(whole - sum(one.tax for one in earlier), 0), fen)

    def decide_withdrawal(self, one: ModelWithdrawal, deed: str) -> bool:
        """Approve, refuse or note as paid; False where that is over."""
        may = {"approve": ("asked",), "reject": ("asked", "approved"), "paid": ("approved", "paid")}[deed]
        # Noted as paid once more it is the same; what WeChat has paid has another proof.
        if one.state not in may or one.channel == CHANNEL:
            return False
        on_the_way = f"withdrawal:{self.leader}"
        if deed == "reject":
            self.post(on_the_way, f"commission:{self.leader}:settled", one.fen)
        elif deed == "paid" and one.state == "approved":
            self.pay_withdrawal(one, "channel:bank", one.net)
        one.state = {"approve": "approved", "reject": "rejected", "paid": "paid"}[deed]
        return True

    def pay_withdrawal(self, one: ModelWithdrawal, channel: str, fen: int) -> None:
        """Pay a withdrawal out of a channel; what is paid above or below it is the leader's commission."""
        on_the_way = f"withdrawal:{self.leader}"
        self.post(on_the_way, channel, one.net)
        self.post(on_the_way, "income:fees", FEE_FEN)
        self.post(on_the_way, "payable:tax", one.tax)
        self.post(f"commission:{self.leader}:settled", channel, fen - one.net)
        one.state, one.channel = "paid", channel

    def send(self, number: str, *, every: bool) -> list[str]:
        """Send a withdrawal through WeChat, or every one that can be; return which."""
        able = [name for name, one in self.withdrawals.items() if one.wechat and one.state == "approved"]
        sent = able if every else [name for name in able if name == number]
        for name in sent:
            self.withdrawals[name].state = "sending"
        return sent

    # What the supplier is owed.

    def owe_supplier(self, fen: int) -> None:
        """Owe the supplier more, or less."""
        self.post("expense:goods", self.supplier, fen)
        self.unsettled_fen += fen

    def move_statement(self, one: ModelStatement, deed: str, fen: int) -> bool:
        """Approve, take back or pay on a statement of the supplier; False where that cannot be."""
        if deed == "pay":
            may = one.state == "approved" and 0 < fen <= one.fen - one.paid
            one.paid += fen if may else 0
            self.post(self.supplier, "channel:bank", fen if may else 0)
            return may
        if one.state != "made":
            return False
        one.state = {"approve": "approved", "cancel": "cancelled"}[deed]
        self.unsettled_fen += one.fen if deed == "cancel" else 0
        return True
