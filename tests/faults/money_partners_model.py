"""T13: the model's half of partners: the leader's commission and withdrawals, the supplier's statements."""

from collections import Counter
from collections.abc import Sequence

from groupbuy.kernel.money import divide_half_up
from tests.faults.money_earnings_model import EarningsModel
from tests.faults.money_rows import (
    ASKER,
    AT_BANK,
    CHANNEL,
    FEE_FEN,
    LIMITS,
    TAX_BP,
    TAX_FREE_FEN,
    ModelDebt,
    ModelHelperPayment,
    ModelStatement,
    ModelWithdrawal,
)


class PartnersModel(EarningsModel):
    """What is posted at once for the leader and the supplier."""

    def __init__(self, leader: int, above: Sequence[int], helper: int, supplier: int) -> None:
        super().__init__(leader, above, helper)
        self.supplier = f"payable:supplier:{supplier}"
        self.posted: Counter[str] = Counter()
        # What came and went at the bank of which the bank has not told yet.
        self.at_bank: list[int] = []
        self.withdrawals: dict[str, ModelWithdrawal] = {}
        self.statements: dict[str, ModelStatement] = {}
        self.debts: dict[int, ModelDebt] = {}
        self.helper_payments: dict[int, ModelHelperPayment] = {}
        self.unsettled_fen = 0
        self.limit_fen = LIMITS[-1]

    def post(self, debit: str, credit: str, fen: int) -> None:
        """Move an amount from one account to another."""
        self.posted[debit] -= fen
        self.posted[credit] += fen
        for account, signed in ((debit, fen), (credit, -fen)):
            if account in AT_BANK.values() and fen:
                self.at_bank.append(signed)

    # The leader's withdrawals.

    @property
    def available_fen(self) -> int:
        """Return what the leader may withdraw."""
        return self.posted[f"commission:{self.leader}:settled"] + self.settled_fen

    @property
    def owed_helper_fen(self) -> int:
        """Return what the leader owes the helper and has not said to have paid."""
        paid = sum(one.fen for one in self.helper_payments.values() if one.state != "denied")
        return self.helper_fen - paid

    def confirm_helper(self, one: ModelHelperPayment) -> None:
        """Let the helper have got a share, which the leader may withdraw now."""
        one.state = "confirmed"
        self.post(self.helper, f"commission:{self.leader}:settled", one.fen)

    def tax_of(self, fen: int, month: str) -> int:
        """Return the tax on one more withdrawal in a month."""
        earlier = [one for one in self.withdrawals.values() if one.month == month and one.state != "rejected"]
        taxable = max(sum(one.fen for one in earlier) + fen - TAX_FREE_FEN, 0)
        whole = divide_half_up(taxable * TAX_BP, 10_000)
        return min(max(whole - sum(one.tax for one in earlier), 0), fen)

    def decide_withdrawal(self, one: ModelWithdrawal, deed: str, by: str, *, confirmed: bool = False) -> bool:
        """Approve, refuse or note as paid; False where that is over, or wants another person.

        What is in a payout file is refused only where it is ``confirmed`` that nobody has paid it.
        """
        checked = one.state == "checked"
        may = {
            "approve": ("asked", "checked"),
            "reject": ("asked", "checked", "approved"),
            "paid": ("approved", "paid"),
        }[deed]
        # Noted as paid once more it is the same; what WeChat has paid has another proof.
        if one.state not in may or one.channel == CHANNEL:
            return False
        if deed == "approve" and checked and one.checked_by == by:
            return False
        if deed == "reject" and one.file and not confirmed:
            return False
        if deed == "reject":
            self.post(f"withdrawal:{self.leader}", f"commission:{self.leader}:settled", one.fen)
        elif deed == "paid" and one.state == "approved":
            self.pay_withdrawal(one, "channel:bank", one.net)
        one.state = {"approve": "approved", "reject": "rejected", "paid": "paid"}[deed]
        if deed == "approve" and not checked and one.fen > self.limit_fen:
            one.state, one.checked_by = "checked", by
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
        able = [
            name
            for name, one in self.withdrawals.items()
            if one.wechat and one.state == "approved" and not one.file
        ]
        sent = able if every else [name for name in able if name == number]
        for name in sent:
            self.withdrawals[name].state = "sending"
        return sent

    @property
    def debt_fen(self) -> int:
        """Return what the leader owes."""
        return max(-self.available_fen, 0)

    def settle_debt(self, id_: int, one: ModelDebt) -> None:
        """Book a repayment, or a write-off that one person may decide alone; else it waits for another."""
        others = [
            other for other in self.debts.values() if other.way is None and other.by == other.decided_by
        ]
        alone = sum(other.fen for other in others if other.state == "done")
        self.debts[id_] = one
        if one.way or alone + one.fen <= self.limit_fen:
            self._book_debt(one, one.by)

    def decide_debt(self, one: ModelDebt, *, agree: bool, by: str) -> bool:
        """Agree to a write-off or reject it; False where somebody else has to, or it is above the debt."""
        state = "done" if agree else "rejected"
        if one.state != "asked":
            return (one.state, one.decided_by) == (state, by)
        if agree and (one.by == by or one.fen > self.debt_fen):
            return False
        if agree:
            self._book_debt(one, by)
        one.state, one.decided_by = state, by
        return True

    def _book_debt(self, one: ModelDebt, by: str) -> None:
        account = AT_BANK[one.way] if one.way else "expense:bad_debts"
        self.post(account, f"commission:{self.leader}:settled", one.fen)
        one.state, one.decided_by = "done", by

    # What the supplier is owed.

    def owe_supplier(self, fen: int, against: str = "expense:goods") -> None:
        """Owe the supplier more, or less."""
        self.post(against, self.supplier, fen)
        self.unsettled_fen += fen

    def move_statement(self, one: ModelStatement, deed: str, fen: int, by: str) -> bool:
        """Approve, take back or pay on a statement of the supplier; False where that cannot be."""
        if deed == "pay":
            may = one.state == "approved" and 0 < fen <= one.fen - one.paid
            one.paid += fen if may else 0
            self.post(self.supplier, "channel:bank", fen if may else 0)
            return may
        if one.state != "made" or (deed == "approve" and by == ASKER and one.fen > self.limit_fen):
            return False
        one.state = {"approve": "approved", "cancel": "cancelled"}[deed]
        self.unsettled_fen += one.fen if deed == "cancel" else 0
        return True
