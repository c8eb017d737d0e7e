"""How much may be delivered, and who gets what when too little came (缺货分配)."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from groupbuy.kernel.money import BASIS, split

# A slip of the keyboard is tenfold or more; such a delivery is asked about twice.
SLIP = 10
# Shares of a basket are compared in billionths of it.
FINE = 10**9
# The best-before day of goods that have none, so that they are used last and sort like all others.
NEVER = date(9999, 12, 31)
# The first two warehouses are made with the tables: where all goods lie unless somebody says otherwise,
# and goods on the way from one warehouse to another, which nobody can use before they arrive.
MAIN, IN_TRANSIT = 1, 2


def most_without_asking(purchased: int, tolerance_bp: int) -> int:
    """Return how many sale units of a line may be delivered in all: part units are not tolerated."""
    return purchased + purchased * tolerance_bp // BASIS


def confirmations_needed(*, delivered: int, purchased: int, tolerance_bp: int) -> int:
    """Return how often somebody has to confirm what was delivered in all: 0, 1, or 2 for a likely slip."""
    if delivered <= most_without_asking(purchased, tolerance_bp):
        return 0
    return 2 if delivered >= SLIP * max(purchased, 1) else 1


class Batch(NamedTuple):
    """A batch of a product (批次) in a warehouse, by the warehouse's id.

    It has a day until which it is good and a number, which is empty for none.
    """

    best_before: date = NEVER
    number: str = ""
    warehouse_id: int = MAIN


def first_expired_first(batches: Mapping[Batch, int], units: int) -> dict[Batch, int]:
    """Take sale units out of batches, those that expire first before the others (先到期先出).

    Batches of one day go by their number, those of one number by their warehouse. What is taken adds up
    to ``units``, or to all there is when that is less.
    """
    taken: dict[Batch, int] = {}
    for batch in sorted(batches):
        part = min(batches[batch], units)
        if part > 0:
            taken[batch] = part
            units -= part
    return taken


def taken_for(
    batches: Mapping[Batch, int], wishes: Sequence[tuple[Batch | None, int]]
) -> dict[Batch, int] | int:
    """Take sale units for several wishes, each of one batch or of what expires first.

    Those that name their batch come first. Return what is taken by batch, or the place of the first wish
    that there is not enough for.
    """
    left, taken = dict(batches), dict[Batch, int]()
    for place in sorted(range(len(wishes)), key=lambda one: (wishes[one][0] is None, one)):
        wished, units = wishes[place]
        may = left if wished is None else {wished: left.get(wished, 0)}
        parts = first_expired_first(may, units)
        if sum(parts.values()) < units:
            return place
        for batch, part in parts.items():
            left[batch] -= part
            taken[batch] = taken.get(batch, 0) + part
    return taken


def last_to_expire(batches: Mapping[Batch, int], units: int) -> dict[Batch, int]:
    """Return the sale units that stay when all the others were used, first expired first."""
    used = first_expired_first(batches, sum(batches.values()) - units)
    left = {batch: there - used.get(batch, 0) for batch, there in batches.items()}
    return {batch: count for batch, count in left.items() if count > 0}


class Finished(NamedTuple):
    """A purchase order on which nothing more comes: whether all came in time; sale units."""

    on_time: bool
    purchased: int
    delivered: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Rating:
    """How a supplier has delivered on its last purchase orders; rates in basis points.

    ``score_bp`` is the part of what was ordered that came, was good and came in time.
    """

    orders: int
    on_time_bp: int
    short_bp: int
    rejected_bp: int

    @property
    def score_bp(self) -> int:
        """Return the three rates as one."""
        return self.on_time_bp * (BASIS - self.short_bp) * (BASIS - self.rejected_bp) // BASIS**2


def rate(finished: Sequence[Finished]) -> Rating | None:
    """Return the rating of a supplier from its last purchase orders, None without any.

    On time are orders of all; short is what was purchased and did not come and stay, rejected what of
    the deliveries was sent back.
    """
    if not finished:
        return None
    short = sum(max(one.purchased - (one.delivered - one.rejected), 0) for one in finished)
    return Rating(
        len(finished),
        sum(one.on_time for one in finished) * BASIS // len(finished),
        short * BASIS // max(sum(one.purchased for one in finished), 1),
        sum(one.rejected for one in finished) * BASIS // max(sum(one.delivered for one in finished), 1),
    )


class Policy(StrEnum):
    """Name the ways in which goods that are short are shared out."""

    FIRST_COME = "first_come"
    PRO_RATA = "pro_rata"
    EQUAL_PER_LEADER = "equal_per_leader"
    FAIR_BY_MONEY = "fair_by_money"


class Claim(NamedTuple):
    """A line that wants units of an offer, and who wants them: sale units, fen per unit, fen in all.

    ``amount_fen`` differs from the price of the units where the line was settled by weight.
    """

    line_id: int
    order_id: int
    resident_id: int
    leader_id: int
    placed_at: datetime
    units: int
    price_fen: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Basket:
    """What a resident ordered in the round, and what of it was lost before, in fen."""

    ordered_fen: int = 0
    lost_fen: int = 0


def allocate(
    policy: Policy, claims: Sequence[Claim], there: int, baskets: Mapping[int, Basket]
) -> dict[int, int]:
    """Share out ``there`` sale units; return what each line gets, by line id.

    Nobody gets more than was wanted, and the parts add up to what is there, or to what is wanted when
    that is less. Equal claims are settled by the moment of the order, then by the line's id.
    ``baskets`` are by resident, only for FAIR_BY_MONEY. Raise ValueError for less than nothing.
    """
    if there < 0 or any(claim.units < 0 for claim in claims):
        raise ValueError("quantities are not negative")
    ordered = sorted(claims, key=_turn)
    wanted = sum(claim.units for claim in ordered)
    if there >= wanted:
        return {claim.line_id: claim.units for claim in ordered}
    if policy is Policy.FIRST_COME:
        return _first_come(ordered, there)
    if policy is Policy.PRO_RATA:
        parts = split(there, [claim.units for claim in ordered])
        return {claim.line_id: part for claim, part in zip(ordered, parts, strict=True)}
    if policy is Policy.EQUAL_PER_LEADER:
        return _equal_per_leader(ordered, there)
    return _fair_by_money(ordered, wanted - there, baskets)


def _turn(claim: Claim) -> tuple[datetime, int]:
    return claim.placed_at, claim.line_id


def _first_come(ordered: Sequence[Claim], there: int) -> dict[int, int]:
    got: dict[int, int] = {}
    for claim in ordered:
        got[claim.line_id] = min(claim.units, there)
        there -= got[claim.line_id]
    return got


def _equal_per_leader(ordered: Sequence[Claim], there: int) -> dict[int, int]:
    """Give each leader's community the same, and within it who came first."""
    by_leader: dict[int, list[Claim]] = {}
    for claim in ordered:
        by_leader.setdefault(claim.leader_id, []).append(claim)
    wants = [sum(claim.units for claim in claims) for claims in by_leader.values()]
    got: dict[int, int] = {}
    for claims, share in zip(by_leader.values(), equal_shares(wants, there), strict=True):
        got |= _first_come(claims, share)
    return got


def equal_shares(wants: Sequence[int], there: int) -> list[int]:
    """Share out evenly among those who want so much; what one does not want goes to the others.

    The units that do not divide go to the earlier ones. The parts add up to ``there``, or to what is
    wanted when that is less.
    """
    shares = [0] * len(wants)
    hungry = [index for index, want in enumerate(wants) if want]
    while hungry:
        each, rest = divmod(there, len(hungry))
        sated = [index for index in hungry if wants[index] <= each]
        if not sated:
            for place, index in enumerate(hungry):
                shares[index] = each + (place < rest)
            break
        for index in sated:
            shares[index] = wants[index]
            there -= wants[index]
        hungry = [index for index in hungry if wants[index] > each]
    return shares


def _fair_by_money(ordered: Sequence[Claim], short: int, baskets: Mapping[int, Basket]) -> dict[int, int]:
    """Take unit by unit from whoever has then lost the smallest part of the whole basket.

    Of equal parts the later line loses; a basket of free gifts is the first to lose.
    """
    left = {claim.line_id: claim.units for claim in ordered}
    lost = {resident_id: basket.lost_fen for resident_id, basket in baskets.items()}

    def part(claim: Claim) -> int:
        whole = baskets.get(claim.resident_id, Basket()).ordered_fen
        return (lost.get(claim.resident_id, 0) + claim.price_fen) * FINE // max(whole, 1)

    queue = [(part(claim), -place) for place, claim in enumerate(ordered) if claim.units]
    heapq.heapify(queue)
    while short:
        known, place = queue[0]
        claim = ordered[-place]
        now = part(claim)
        if now != known:
            # Another line of the same resident has lost since: this one's turn comes later.
            heapq.heapreplace(queue, (now, place))
            continue
        left[claim.line_id] -= 1
        lost[claim.resident_id] = lost.get(claim.resident_id, 0) + claim.price_fen
        short -= 1
        if left[claim.line_id]:
            heapq.heapreplace(queue, (part(claim), place))
        else:
            heapq.heappop(queue)
    return left


def paper_number(prefix: str, day: date, row_id: int) -> str:
    """Return the number of a paper of the warehouse, such as a transfer, by the local day it was made."""
    return f"{prefix}-{day:%Y%m%d}-{row_id}"
