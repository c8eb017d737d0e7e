"""A shortage is shared out where goods are known to be missing first: nobody else lacks those.

What leaders missed before it is shared out fills the gap that a supplier left, so what nobody has decided
about is taken from the residents at those stops. What has been decided was taken from them before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from groupbuy.delivery import brought, missing
from groupbuy.warehouse.rules import Basket, Claim, Policy, allocate


@dataclass(frozen=True, slots=True)
class Gap:
    """Sale units of an offer that are missing at a stop, and the ids of the orders that lack them."""

    order_ids: frozenset[int]
    units: int


def gaps_of(offer_ids: Collection[int]) -> Mapping[int, Sequence[Gap]]:
    """Return by offer what leaders miss and nobody has decided about, the oldest first."""
    gaps: dict[int, list[Gap]] = {}
    for found in missing.undecided_of(offer_ids):
        if units := missing.really_missing(found):
            gaps.setdefault(found.offer_id, []).append(Gap(brought.orders_of_stop(found.stop), units))
    return gaps


def allocate_after(
    gaps: Sequence[Gap], policy: Policy, claims: Sequence[Claim], there: int, baskets: Mapping[int, Basket]
) -> dict[int, int]:
    """Share out as ``allocate`` does, but take what is short from those who lack it first."""
    left = claims
    for gap in gaps:
        short = sum(claim.units for claim in left) - there
        theirs = [claim for claim in left if claim.order_id in gap.order_ids]
        wanted = sum(claim.units for claim in theirs)
        got = allocate(policy, theirs, wanted - max(min(gap.units, short, wanted), 0), baskets)
        baskets = _after(baskets, theirs, got)
        left = [claim._replace(units=got.get(claim.line_id, claim.units)) for claim in left]
    return allocate(policy, left, there, baskets)


def _after(
    baskets: Mapping[int, Basket], claims: Sequence[Claim], got: Mapping[int, int]
) -> Mapping[int, Basket]:
    """Return the baskets, where there are any, without what some lines have lost."""
    changed: dict[int, Basket] = {}
    for claim in claims:
        if basket := changed.get(claim.resident_id, baskets.get(claim.resident_id)):
            lost_fen = (claim.units - got[claim.line_id]) * claim.price_fen
            changed[claim.resident_id] = replace(basket, lost_fen=basket.lost_fen + lost_fen)
    return {**baskets, **changed}
