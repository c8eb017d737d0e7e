"""T13: what the model of the money remembers of rounds, orders, payments, withdrawals and statements."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from groupbuy.kernel.money import divide_half_up

PRICES = {"P": 990, "Q": 333}
COSTS = {"P": 500, "Q": 123}
RATE_BP, TAX_BP, TAX_FREE_FEN, FEE_FEN = 1234, 300, 500, 3
# What those get who brought the leader, at both levels; the helper's share; the bonus, from so much sold on.
REFERRALS_BP, SHARE_BP = (177, 53), 2100
BONUS_FROM_FEN, BONUS_FEN = 6000, 77
GRACE, PAY_WITHIN, WINDOW = timedelta(minutes=30), timedelta(minutes=15), timedelta(days=2)
WALLET, CASH, SOURCES = "wallet", "cash", "sources"
CHANNEL, REFUNDING, HELD = "channel:wechat", "payable:refunding", "payable:held"
# Against what a difference with the channel's bill is booked.
DIFFERENCES = {"held": HELD, "differences": "expense:differences"}
TIMED_OUT = "not_paid_in_time"
# Who asks, and who decides; from how much on it takes two of them.
ASKER, BOSS, OTHER = "account:1", "account:2", "account:3"
LIMITS = (100, 1200, 500_000)
# What lowers what a supplier is owed, and against what it is booked.
TAKEN_OFF = {
    "claim": "expense:goods",
    "deduction": "expense:goods",
    "price": "expense:goods",
    "rebate": "income:rebates",
}
AT_BANK = {"bank": "channel:bank", "cash": "channel:cash"}


@dataclass
class ModelRound:
    """A round of one leader: what it ordered of the supplier, by product, once it has closed."""

    prepaid: bool
    closes_at: datetime
    closed: bool = False
    received: bool = False
    ordered: dict[str, int] = field(default_factory=dict)


@dataclass
class ModelLine:
    """What is to be delivered of a product, and what it costs in fen."""

    units: int
    fen: int


@dataclass
class ModelOrder:
    """An order: ``paid`` and ``back`` are fen by source, the wallet, cash or a payment's number."""

    round: int
    resident: int
    lines: dict[str, ModelLine]
    state: str
    expires_at: datetime | None
    paid: Counter[str] = field(default_factory=Counter)
    back: Counter[str] = field(default_factory=Counter)
    confirmed: bool = False
    reason: str = ""
    picked_up_at: datetime | None = None
    settled: bool = False

    @property
    def whole_fen(self) -> int:
        """Return what its lines cost."""
        return sum(line.fen for line in self.lines.values())

    @property
    def amount_fen(self) -> int:
        """Return what is to be paid."""
        return 0 if self.state == "cancelled" else self.whole_fen

    @property
    def paid_fen(self) -> int:
        """Return what is paid and has not gone back."""
        return self.paid.total() - self.back.total()

    @property
    def owed_fen(self) -> int:
        """Return what is owed back."""
        return max(self.paid_fen - self.amount_fen, 0)

    @property
    def share_fen(self) -> int:
        """Return what the leader earns on it."""
        return self.part_fen(RATE_BP)

    def part_fen(self, rate_bp: int) -> int:
        """Return a rate of it, each line rounded by itself."""
        return sum(divide_half_up(line.fen * rate_bp, 10_000) for line in self.lines.values())


@dataclass
class ModelPayment:
    """A payment through the channel; without an order it fills a wallet."""

    order: int | None
    resident: int
    fen: int
    expires_at: datetime
    state: str = "open"
    given_back: bool = False


@dataclass
class ModelRefund:
    """Money on its way back; ``number`` is the platform's, once it was seen."""

    payment: str
    fen: int
    number: str = ""
    end: str = ""


@dataclass
class ModelWithdrawal:
    """A withdrawal of the leader, in fen; ``file`` is the payout file it is in."""

    fen: int
    tax: int
    month: str
    wechat: bool = False
    state: str = "asked"
    channel: str = ""
    checked_by: str = ""
    file: int | None = None

    @property
    def net(self) -> int:
        """Return what reaches the leader."""
        return self.fen - FEE_FEN - self.tax


@dataclass
class ModelHelperPayment:
    """What the leader says to have paid the helper, who confirms it or not."""

    fen: int
    state: str = "noted"


@dataclass
class ModelStatement:
    """A statement of the supplier, in fen."""

    fen: int
    state: str = "made"
    paid: int = 0


@dataclass
class ModelStray:
    """What only the channel's bill of a day has; ``done`` is the deed that settled it and its account.

    ``asked`` is a deed that waits for a second person, and who asked.
    """

    fen: int
    day: date
    done: tuple[str, str] | None = None
    asked: tuple[tuple[str, str], str] | None = None

    @property
    def settled(self) -> bool:
        """Tell whether somebody has settled it."""
        return self.done is not None


@dataclass
class ModelRequest:
    """A refund that somebody asked for; it waits for a second person while it is ``asked``."""

    order: int
    fen: int
    target: str
    alone: bool
    state: str = "asked"


@dataclass
class ModelCase:
    """Units of a line that a resident wants the money of, until somebody decides."""

    order: int
    code: str
    units: int


@dataclass
class ModelDebt:
    """What was done about the leader's debt: paid back the ``way`` it came, or else written off."""

    fen: int
    way: str | None
    by: str
    state: str = "asked"
    decided_by: str = ""
