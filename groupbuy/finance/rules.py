"""How money moves between accounts. Pure: no session, no clock.

An account is a readable text whose first word is its kind and whose rest names the owner:
``wallet:resident:12``, ``commission:leader:3:settled``, ``income:sales``.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from groupbuy.kernel.errors import BadInput

# The books are kept in China's time, wherever an installation shows its times.
BOOKS = ZoneInfo("Asia/Shanghai")
# Whoever began to write in the last minute of a month has long committed or given up by then.
SETTLES_DOWN = timedelta(hours=1)

SALES, FEES = "income:sales", "income:fees"
COMMISSION_EXPENSE = "expense:commission"
REFERRAL_EXPENSE, BONUS_EXPENSE = "expense:referral", "expense:bonus"
TAX, BANK, CASH_DESK = "payable:tax", "channel:bank", "channel:cash"
# Money on its way back through a channel, and money of which nobody knows yet what it is for.
REFUNDING, HELD = "payable:refunding", "payable:held"
# What moves from an order to a part of it passes through here; it is always empty.
SPLITTING = "payable:splitting"
GOODS, STOCK, STOCK_LOSS, REBATES = "expense:goods", "stock:goods", "expense:stock_loss", "income:rebates"
# What channels' own bills say otherwise and finance has accepted; below zero where it was a gain.
DIFFERENCES = "expense:differences"
# What leaders owe and will not pay back.
BAD_DEBTS = "expense:bad_debts"
MANUAL, ELSEWHERE = "channel:manual", "channel:elsewhere"

# Kinds of accounts whose balance is what was debited less what was credited; all others the other way.
DEBIT_KINDS = frozenset({"cash", "channel", "expense", "stock"})
KINDS = DEBIT_KINDS | {"wallet", "resident", "owed", "commission", "withdrawal", "payable", "income"}

_ACCOUNT = re.compile(r"[a-z]+(:[a-z0-9_]+)+", re.ASCII)
_PERIOD = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """A posting to be: accounts, fen above zero, what it is for and which part of it.

    ``at`` is when it came about, where that is before it is booked.
    """

    debit: str
    credit: str
    amount_fen: int
    cause_kind: str
    cause_id: str
    part: str = "1"
    at: datetime | None = None

    def __post_init__(self) -> None:
        if self.amount_fen <= 0 or self.debit == self.credit:
            raise ValueError(f"{self} moves nothing")
        if kind_of(self.debit) not in KINDS or kind_of(self.credit) not in KINDS:
            raise ValueError(f"{self} names an account of no kind")

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what makes the entry one of its kind."""
        return self.cause_kind, self.cause_id, self.part


def kind_of(account: str) -> str:
    """Return the first word of an account; raise ValueError for a text that is none."""
    if not _ACCOUNT.fullmatch(account):
        raise ValueError(f"{account!r} is no account")
    return account.partition(":")[0]


def wallet(resident_id: int) -> str:
    """Return the account of what a resident has in the wallet."""
    return f"wallet:resident:{resident_id}"


def resident(resident_id: int) -> str:
    """Return the account of what a resident has paid ahead; below zero is what the resident owes."""
    return f"resident:{resident_id}"


def owed(resident_id: int) -> str:
    """Return the account of what is to be paid back to a resident."""
    return f"owed:resident:{resident_id}"


def channel(name: str) -> str:
    """Return the account of what a payment channel holds for the operator."""
    return f"channel:{name}"


def cash(leader_id: int) -> str:
    """Return the account of the operator's money in a leader's hands."""
    return f"cash:leader:{leader_id}"


def commission(leader_id: int, stage: str) -> str:
    """Return a leader's commission account: ``pending``, ``frozen`` or ``settled``."""
    return f"commission:leader:{leader_id}:{stage}"


def of_leader(leader_id: int) -> tuple[str, ...]:
    """Return the accounts that name a leader: its commission, its withdrawals, the money in its hands."""
    stages = (commission(leader_id, stage) for stage in ("pending", "frozen", "settled"))
    return (*stages, withdrawal(leader_id), cash(leader_id))


def helper(account_id: int) -> str:
    """Return the account of what a leader's helper has got of settled commission."""
    return f"commission:helper:{account_id}:settled"


def fee_income(kind: str) -> str:
    """Return the account of what orders bring above their goods: ``freight``, or to the ``door``."""
    return f"income:{kind}"


def withdrawal(leader_id: int) -> str:
    """Return the account of a leader's withdrawals under way."""
    return f"withdrawal:leader:{leader_id}"


def supplier(supplier_id: int) -> str:
    """Return the account of what a supplier is owed."""
    return f"payable:supplier:{supplier_id}"


def is_guarded(account: str) -> bool:
    """Tell whether an account is spent from, so that its running balance is kept."""
    return account.startswith("wallet:") or (
        account.startswith("commission:") and account.endswith("settled")
    )


def move(
    debit: str, credit: str, amount_fen: int, *, cause_kind: str, cause_id: str, part: str
) -> list[Entry]:
    """Return the entry that moves an amount, the other way round below zero; none for nothing."""
    if amount_fen == 0:
        return []
    if amount_fen < 0:
        debit, credit = credit, debit
    return [Entry(debit, credit, abs(amount_fen), cause_kind, cause_id, part)]


def changes(entries: Iterable[Entry]) -> dict[str, int]:
    """Return by how much entries change each account, credits above zero and debits below, in fen."""
    sums: dict[str, int] = defaultdict(int)
    for entry in entries:
        sums[entry.debit] -= entry.amount_fen
        sums[entry.credit] += entry.amount_fen
    return dict(sums)


def guarded_changes(entries: Iterable[Entry]) -> dict[str, int]:
    """Return the changes of accounts whose running balance is kept, by account in order."""
    return {
        account: change
        for account, change in sorted(changes(entries).items())
        if change and is_guarded(account)
    }


def balance(account: str, credited_fen: int) -> int:
    """Return an account's balance as people read it from its credits less its debits, in fen."""
    return -credited_fen if kind_of(account) in DEBIT_KINDS else credited_fen


def period_of(moment: datetime) -> str:
    """Return the month of the books in which a moment lies."""
    return f"{moment.astimezone(BOOKS):%Y-%m}"


def period_before(period: str) -> str:
    """Return the month before a month of the books; raise BadInput for what is none."""
    return period_of(period_bounds(period)[0] - timedelta(seconds=1))


def booked_at(entry: Entry, now: datetime, closed: Collection[str]) -> datetime:
    """Return when an entry counts: when it came about, unless its month is one of the closed ones."""
    if entry.at is None or entry.at > now or period_of(entry.at) in closed:
        return now
    return entry.at


def period_bounds(period: str) -> tuple[datetime, datetime]:
    """Return the half-open span of a month of the books in UTC; raise BadInput for what is none."""
    match = _PERIOD.fullmatch(period)
    if match is None or not 2000 <= int(match[1]) <= 9998:
        raise BadInput("bad_period", "Write a month as 2026-11.", param="period")
    year, month = int(match[1]), int(match[2])
    first = datetime(year, month, 1, tzinfo=BOOKS)
    after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=BOOKS)
    return first.astimezone(UTC), after.astimezone(UTC)


def period_days(period: str) -> tuple[date, date]:
    """Return the first and the last day of a month of the books; raise BadInput for what is none."""
    begin, end = (one.astimezone(BOOKS).date() for one in period_bounds(period))
    return begin, end - timedelta(days=1)
