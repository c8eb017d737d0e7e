"""What a leader earns on a line, and the row that brings its rows to what is due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from groupbuy.finance import rules as ledger
from groupbuy.finance.rules import Entry
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.kernel.money import BASIS, MAX_FEN, share_bp, split

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tier:
    """Hold the rate that applies from a turnover on."""

    from_fen: int
    rate_bp: int

    def __post_init__(self) -> None:
        _check_range(self.from_fen, MAX_FEN, "from_fen")
        _check_range(self.rate_bp, BASIS, "rate_bp")


@dataclass(frozen=True, slots=True)
class Rate:
    """Hold exactly one way to reckon a commission.

    ``rate_bp`` of the line's amount, ``fixed_fen`` per sale unit, or ``tiers`` whose rate is chosen
    by the leader's turnover in the round, the first from 0. Raise BadInput for anything else, also
    for a rate above 100 %.
    """

    rate_bp: int | None = None
    fixed_fen: int | None = None
    tiers: tuple[Tier, ...] = ()

    def __post_init__(self) -> None:
        given = (self.rate_bp is not None, self.fixed_fen is not None, bool(self.tiers))
        if sum(given) != 1:
            sentence = "Give either a percentage, an amount per item or tiers."
            raise BadInput("inconsistent", sentence, param="rate")
        _check_range(self.rate_bp or 0, BASIS, "rate_bp")
        _check_range(self.fixed_fen or 0, MAX_FEN, "fixed_fen")
        starts = [tier.from_fen for tier in self.tiers]
        if starts and (starts[0] != 0 or starts != sorted(set(starts))):
            raise BadInput("inconsistent", "Tiers begin at 0 and rise.", param="tiers")

    def to_json(self) -> dict[str, Any]:
        """Return a plain dict that ``from_json`` reads back to an equal value."""
        if self.rate_bp is not None:
            return {"rate_bp": self.rate_bp}
        if self.fixed_fen is not None:
            return {"fixed_fen": self.fixed_fen}
        return {"tiers": [{"from_fen": tier.from_fen, "rate_bp": tier.rate_bp} for tier in self.tiers]}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Rate":
        """Read a plain dict; raise BadInput for anything that is no rate."""
        _refuse_unknown(plain, {"rate_bp", "fixed_fen", "tiers"})
        tiers = plain.get("tiers", [])
        if not isinstance(tiers, list | tuple):
            raise BadInput("inconsistent", "Tiers are a list.", param="tiers")
        return cls(
            rate_bp=_read_number(plain["rate_bp"], "rate_bp") if "rate_bp" in plain else None,
            fixed_fen=_read_number(plain["fixed_fen"], "fixed_fen") if "fixed_fen" in plain else None,
            tiers=tuple(_read_tier(tier) for tier in tiers),
        )


def _check_range(value: int, largest: int, param: str) -> None:
    if not 0 <= value <= largest:
        raise BadInput("out_of_range", f"Between 0 and {largest}.", param=param)


def _refuse_unknown(plain: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(plain) - known):
        raise BadInput("unknown_field", f"A rate has no {unknown[0]}.", param=unknown[0])


def _read_number(value: object, param: str) -> int:
    # A JSON true is an int to Python, but no number to people.
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadInput("not_a_number", "Write a whole number.", param=param)
    return value


def _read_tier(plain: object) -> Tier:
    if not isinstance(plain, Mapping):
        raise BadInput("inconsistent", "A tier has from_fen and rate_bp.", param="tiers")
    _refuse_unknown(plain, {"from_fen", "rate_bp"})
    return Tier(
        _read_number(plain.get("from_fen"), "from_fen"), _read_number(plain.get("rate_bp"), "rate_bp")
    )


class Scope(StrEnum):
    """Name what a rate was agreed for, the most particular first."""

    PRODUCT = "product"
    CATEGORY = "category"
    LEADER = "leader"
    LEVEL = "level"
    DEFAULT = "default"


def pick(rules: Mapping[Scope, T]) -> T | None:
    """Return the most particular rule: product over category over leader over level over default."""
    return next((rules[scope] for scope in Scope if scope in rules), None)


def tier_rate(tiers: Sequence[Tier], turnover_fen: int) -> int:
    """Return the basis points of the highest tier that a turnover reaches, at least the first's.

    The rate is that of the whole turnover, not only of the part above the tier's start.
    """
    reached = [tier.rate_bp for tier in tiers if tier.from_fen <= turnover_fen]
    return reached[-1] if reached else tiers[0].rate_bp


def line_commission(rate: Rate, *, amount_fen: int, units: int, turnover_fen: int) -> int:
    """Return one line's commission in fen, rounded half up.

    For amounts that are not negative, ``(amount * rate_bp + 5000) / 10000`` in SQL's whole numbers
    is the same.
    """
    if rate.fixed_fen is not None:
        return rate.fixed_fen * units
    rate_bp = tier_rate(rate.tiers, turnover_fen) if rate.rate_bp is None else rate.rate_bp
    return share_bp(amount_fen, rate_bp)


def agreed_commission(*, amount_fen: int, units: int, rate_bp: int, fixed_fen: int) -> int:
    """Return in fen what a line earns by what was agreed with it, rounded half up."""
    return share_bp(amount_fen, rate_bp) + fixed_fen * units


def next_row(share_due_fen: int, earlier_rows_fen: Sequence[int]) -> int:
    """Return the row that brings a line's earlier rows to exactly the share due now."""
    return share_due_fen - sum(earlier_rows_fen)


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a leader's commission in a round is earned, picked up and settled: sums so far, in fen."""

    accrued_fen: int = 0
    taken_fen: int = 0
    settled_fen: int = 0


@dataclass(frozen=True, slots=True)
class EarningLine:
    """One line's share in fen, and when its order was picked up."""

    share_fen: int
    picked_up_at: datetime | None


def standing_of(lines: Sequence[EarningLine], until: datetime) -> Standing:
    """Return where lines stand when the after-sale window of orders picked up by ``until`` is over."""
    taken = [line for line in lines if line.picked_up_at is not None]
    settled = [line for line in taken if line.picked_up_at is not None and line.picked_up_at <= until]
    return Standing(*(sum(line.share_fen for line in part) for part in (lines, taken, settled)))


def bookings(
    leader_id: int,
    former: Standing,
    due: Standing,
    *,
    cause_id: str,
    version: int,
    cause_kind: str = "commission",
    expense: str = ledger.COMMISSION_EXPENSE,
) -> list[Entry]:
    """Return the entries that bring the books of one leader and round from what they hold to what is due.

    Earned commission goes expense to pending, from there to frozen with the pick-up and to settled after
    the window; what was taken back goes the same ways in the other direction.
    """
    pending, frozen, settled = (
        ledger.commission(leader_id, stage) for stage in ("pending", "frozen", "settled")
    )
    steps = (
        ("accrue", expense, pending, due.accrued_fen - former.accrued_fen),
        ("freeze", pending, frozen, due.taken_fen - former.taken_fen),
        ("settle", frozen, settled, due.settled_fen - former.settled_fen),
    )
    return [
        entry
        for step, debit, credit, amount in steps
        for entry in ledger.move(
            debit, credit, amount, cause_kind=cause_kind, cause_id=cause_id, part=f"{version}:{step}"
        )
    ]


def helper_parts(settled_fen: int, shares_bp: Mapping[int, int]) -> dict[int, int]:
    """Split a leader's settled commission over its helpers by their shares; the rest is the leader's own.

    The parts and the rest add up to the whole exactly, also below zero.
    """
    helpers = sorted(shares_bp)
    rest = BASIS - sum(shares_bp.values())
    parts = split(settled_fen, [*(shares_bp[one] for one in helpers), rest])
    return dict(zip(helpers, parts[:-1], strict=True))


def check_shares(shares_bp: Mapping[int, int]) -> None:
    """Check that helpers' shares are not below zero and leave no more than the whole.

    Raise BadInput ``out_of_range``, RuleBroken ``above_whole``.
    """
    if min(shares_bp.values(), default=0) < 0:
        raise BadInput("out_of_range", "A share is between nothing and the whole.", param="share_bp")
    if sum(shares_bp.values()) > BASIS:
        raise RuleBroken(
            "above_whole", "The shares of all helpers are more than the whole together.", param="share_bp"
        )


def reached(sums: Standing, target: int, bonus_fen: int) -> Standing:
    """Return where a bonus stands: whole as soon as a stage's sum reaches the target, else nothing."""
    return Standing(
        *(
            bonus_fen if stage >= target else 0
            for stage in (sums.accrued_fen, sums.taken_fen, sums.settled_fen)
        )
    )


class WithdrawalState(StrEnum):
    """Name where a withdrawal stands; ``checked`` is approved by one of the two persons it needs.

    ``sending`` is on its way through a channel, which may pay it at any moment.
    """

    ASKED = "asked"
    CHECKED = "checked"
    APPROVED = "approved"
    SENDING = "sending"
    REJECTED = "rejected"
    PAID = "paid"


# What is not paid and can still be refused, and all that has not ended.
TO_DECIDE = (WithdrawalState.ASKED, WithdrawalState.CHECKED, WithdrawalState.APPROVED)
IN_FLIGHT = (*TO_DECIDE, WithdrawalState.SENDING)


def tax_due(amount_fen: int, *, earlier_fen: int, earlier_tax_fen: int, rate_bp: int, free_fen: int) -> int:
    """Return the tax to withhold from a withdrawal, in fen.

    The month counts as a whole: the rate of what all its withdrawals exceed the free amount by, less what
    the earlier ones were taxed. So it does not matter into how many parts a leader splits an amount.
    """
    whole = share_bp(max(earlier_fen + amount_fen - free_fen, 0), rate_bp)
    return min(max(whole - earlier_tax_fen, 0), amount_fen)


def after_approval(state: str, amount_fen: int, *, limit_fen: int, first: str | None, actor: str) -> str:
    """Return where an approval leads: above the limit a second person has to approve as well.

    Raise RuleBroken ``wrong_state`` or ``second_person``.
    """
    if state not in (WithdrawalState.ASKED, WithdrawalState.CHECKED):
        raise RuleBroken("wrong_state", "This withdrawal has been decided already.")
    if state == WithdrawalState.CHECKED:
        if first == actor:
            raise RuleBroken("second_person", "Another person has to approve this as well.")
        return WithdrawalState.APPROVED
    return WithdrawalState.CHECKED if amount_fen > limit_fen else WithdrawalState.APPROVED
