"""What a supplier is owed, when, and whether an invoice agrees with the order and the receipt. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from groupbuy.finance.rules import BOOKS, GOODS, REBATES, STOCK_LOSS
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import BASIS, MAX_FEN, divide_half_up, share_bp

MOST_STEPS = 10
MOST_DUE_DAYS = 365


class Cycle(StrEnum):
    """Name how often a supplier's purchases are settled."""

    WEEK = "week"
    HALF_MONTH = "half_month"
    MONTH = "month"


# What stands against a supplier's account for each kind of change.
AGAINST: Mapping[str, str] = {"claim": GOODS, "deduction": GOODS, "price": GOODS, "rebate": REBATES}

# Goods that come from a purchase, go to orders or come back are no loss; all other changes of stock are.
_GOODS_KINDS = frozenset({"receipt_surplus", "allocated", "supplier_return", "customer_return"})


def against_stock(kind: str) -> str:
    """Return the account that stands against the stock's for a kind of movement."""
    return GOODS if kind in _GOODS_KINDS else STOCK_LOSS


def value_change(held: int, held_fen: int, units: int, cost_fen: int) -> int:
    """Return by how much a movement of stock changes its product's value, in fen.

    What comes adds its cost; what goes takes its part of the moving average, the last unit all the rest,
    so that nothing in stock is worth nothing.
    """
    if held + units == 0:
        return -held_fen
    if units > 0 or held <= 0:
        return units * cost_fen
    return -divide_half_up(held_fen * min(-units, held), held)


@dataclass(frozen=True, slots=True)
class Match:
    """How the invoices of a line of a purchase order agree with what was agreed and what came.

    ``excess_units`` were invoiced above what was accepted; ``price_fen`` is what the invoices ask above
    (below zero: under) the agreed cost of the units they name; ``open_units`` are still to be invoiced.
    """

    excess_units: int
    price_fen: int
    open_units: int
    difference_fen: int

    @property
    def differs(self) -> bool:
        """Tell whether somebody has to decide."""
        return bool(self.excess_units or self.price_fen)


def match(*, accepted: int, cost_fen: int, units: int, amount_fen: int) -> Match:
    """Compare invoiced units and fen of a line with its agreed cost and the units accepted."""
    if min(accepted, cost_fen, units, amount_fen) < 0:
        raise ValueError("quantities and amounts are not negative")
    excess = max(units - accepted, 0)
    price = amount_fen - units * cost_fen
    return Match(excess, price, max(accepted - units, 0), excess * cost_fen + price)


def check_steps(steps: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return rebate steps in order; raise BadInput for negative, repeated or too many ones."""
    if len(steps) > MOST_STEPS or len({start for start, _ in steps}) != len(steps):
        raise BadInput("bad_steps", f"At most {MOST_STEPS} steps, each amount once.", param="rebates")
    if any(not (0 <= start <= MAX_FEN and 0 <= rate <= BASIS) for start, rate in steps):
        raise BadInput(
            "bad_steps", "Amounts are not negative, rates are between 0 and 100 %.", param="rebates"
        )
    return [[start, rate] for start, rate in sorted(steps)]


def rebate(bought_fen: int, steps: Sequence[Sequence[int]]) -> int:
    """Return the rebate on a statement's purchases: the rate of the highest step reached, on all of them."""
    rates = [rate for start, rate in sorted((step[0], step[1]) for step in steps) if bought_fen >= start]
    return share_bp(bought_fen, rates[-1]) if rates and bought_fen > 0 else 0


def cycle_end(cycle: str, now: datetime) -> datetime:
    """Return when the last whole cycle ended: Monday, the 1st or 16th, or the 1st at 00:00 of the books."""
    day = now.astimezone(BOOKS).date()
    if cycle == Cycle.WEEK:
        return start_of(day - timedelta(days=day.weekday()))
    half = cycle == Cycle.HALF_MONTH and day.day >= 16
    return start_of(day.replace(day=16 if half else 1))


def last_day(until: datetime) -> date:
    """Return the day of the books that ends at a moment, or in which the moment lies."""
    return (until - timedelta(microseconds=1)).astimezone(BOOKS).date()


def start_of(day: date) -> datetime:
    """Return the moment in UTC at which a day of the books begins."""
    return datetime(day.year, day.month, day.day, tzinfo=BOOKS).astimezone(UTC)
