"""How a refund is shared over the sources that an order was paid from. Pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from groupbuy.kernel.money import split

S = TypeVar("S")

# A channel that has not called is asked after these seconds, then every last one of them.
LOOKS_S = (15, 30, 60, 120, 300, 600, 1800)

# A refund may take a bank days: it is asked for ever more seldom, and after so long a person decides.
REFUND_LOOKS_S = (*LOOKS_S, 3600, 3 * 3600, 6 * 3600)
REFUND_PATIENCE = timedelta(days=10)


def next_look(looks: int, steps: Sequence[int] = LOOKS_S) -> timedelta:
    """Return how long to wait before a channel is asked again, after it was asked so many times."""
    return timedelta(seconds=steps[min(looks, len(steps) - 1)])


def remaining(paid: Mapping[S, int], back: Mapping[S, int]) -> dict[S, int]:
    """Return what is left of each source, in fen; the sum is what was paid less what went back.

    What went back to a source above what came from it is taken from the others in proportion.
    """
    left = {source: paid.get(source, 0) - back.get(source, 0) for source in [*paid, *(back.keys() - paid)]}
    above = -sum(fen for fen in left.values() if fen < 0)
    rest = {source: max(fen, 0) for source, fen in left.items()}
    if not above:
        return rest
    if above > sum(rest.values()):
        raise ValueError("more went back than was paid")
    return {
        source: fen - less
        for (source, fen), less in zip(rest.items(), split(above, [*rest.values()]), strict=True)
    }


def parts(amount_fen: int, left: Mapping[S, int]) -> dict[S, int]:
    """Split a refund over what is left of each source; no part exceeds its source, all add up exactly.

    Raise ValueError for more than there is.
    """
    if not 0 <= amount_fen <= sum(left.values()):
        raise ValueError("more than there is")
    if not amount_fen:
        return {}
    shares = split(amount_fen, [*left.values()])
    return {source: share for source, share in zip(left, shares, strict=True) if share}
