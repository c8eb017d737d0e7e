"""Who gives how much of a tolerance so that an open case is filled; pure arithmetic.

Foodsoft lets members name a tolerance beside their quantity and fills cases with it in the order of the
orders. Here everybody in that order gives one step in turn, so that nobody takes much more than another.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple


class Willing(NamedTuple):
    """A line whose buyer takes up to so many sale units more."""

    line_id: int
    buyer: int
    placed_at: datetime
    units: int


def fill_case(
    missing: int,
    willing: Iterable[Willing],
    *,
    step: int = 1,
    left: int | None = None,
    limit: int | None = None,
    taken: Mapping[int, int] | None = None,
) -> dict[int, int]:
    """Return by line how many units more fill a case that lacks ``missing``: all of them, or nothing at all.

    Units are given in multiples of ``step``, at most ``left`` over all. ``limit`` is the most that a buyer
    may have, ``taken`` what buyers have already. Raise ValueError for a step below 1.
    """
    if step < 1:
        raise ValueError(f"no case is filled in steps of {step}")
    if missing <= 0 or missing % step or (left is not None and missing > left):
        return {}
    turns = sorted(willing, key=lambda one: (one.placed_at, one.line_id))
    had, given = Counter(taken or {}), Counter[int]()
    rest = missing
    while rest:
        before = rest
        for one in turns:
            fits = limit is None or had[one.buyer] + step <= limit
            if rest and fits and given[one.line_id] + step <= one.units:
                given[one.line_id] += step
                had[one.buyer] += step
                rest -= step
        if rest == before:
            return {}
    return dict(given)
