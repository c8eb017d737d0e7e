"""Goods of one kind that several suppliers brought: what is too much of them, and what they cost; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from groupbuy.kernel.money import divide_half_up, split


def surplus_by_line(there: Sequence[int], ordered: Sequence[int], freed: int) -> list[int]:
    """Return what of the goods that several suppliers brought is too much, by line.

    ``freed`` units are wanted no more. In all it is what is there above what is wanted; it is taken first
    from lines that brought more than was ordered of them, then from the last.
    """
    left = max(sum(there) - sum(ordered) + freed, 0)
    taken = []
    for has, asked in zip(there, ordered, strict=True):
        taken.append(min(max(has - asked, 0), left))
        left -= taken[-1]
    for place in reversed(range(len(taken))):
        more = min(there[place] - taken[place], left)
        taken[place] += more
        left -= more
    return taken


@dataclass(frozen=True, slots=True)
class Brought:
    """What one supplier brought: sale units, and fen per unit."""

    units: int
    cost_fen: int


def mean_cost(parts: Sequence[Brought]) -> int:
    """Return what a unit has cost on the average in fen, half up."""
    return divide_half_up(sum(one.units * one.cost_fen for one in parts), sum(one.units for one in parts))


def cost_by_supplier(units: int, parts: Sequence[Brought]) -> list[int]:
    """Split what units cost at the mean over who brought them, by the worth of what each brought."""
    worth = [one.units * one.cost_fen for one in parts]
    whole = divide_half_up(units * sum(worth), sum(one.units for one in parts))
    return split(whole, worth) if whole else [0] * len(parts)
