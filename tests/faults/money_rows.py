"""T13: what the model of the money remembers of rounds, orders, payments, withdrawals and statements."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from groupbuy.kernel.money import divide_half_up

PRICES = {"P": 990, "Q": 333}
COSTS = {"P": 500, "Q": 123}
RATE_BP, TAX_BP, TAX_FREE_FEN, FEE_FEN = 1234, 300, 500, 3
GRACE, PAY_WITHIN, WINDOW = timedelta(minutes=30), timedelta(minutes=15), timedelta(days=2)
WALLET, CASH = "wallet", "cash"
CHANNEL, REFUNDING, HELD = "channel:wechat", "payable:refunding", "payable:held"
TIMED_OUT = "not_paid_in_time"


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
        """Return what the leader earns on it, each line rounded by itself."""
        return sum(divide_half_up(line.fen * RATE_BP, 10_000) for line in self.lines.values())


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
    """A withdrawal of the leader, in fen."""

    fen: int
    tax: int
    month: str
    wechat: bool = False
    state: str = "asked"
    channel: str = ""

    @property
    def net(self) -> int:
        """Return what reaches the leader."""
        return self.fen - FEE_FEN - self.tax


@dataclass
class ModelStatement:
    """A statement of the supplier, in fen."""

    fen: int
    state: str = "made"
    paid: int = 0


@dataclass
class ModelStray:
    """What only the channel's bill of a day has; ``done`` is the deed that settled it and its account."""

    fen: int
    day: date
    done: tuple[str, str] | None = None

    @property
    def settled(self) -> bool:
        """Tell whether somebody has settled it."""
        return self.done is not None
