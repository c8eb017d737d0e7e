"""How what is short of a round would be shared out: who goes without, and what comes in its place."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from operator import itemgetter
from typing import Any

from groupbuy.campaigns.models import Round
from groupbuy.flows import knowing_missing, substituting
from groupbuy.flows.knowing_missing import allocate_after
from groupbuy.flows.substituting import Lost
from groupbuy.kernel.errors import NotFound
from groupbuy.orders.rules import Swap, part_of
from groupbuy.warehouse import claiming, supply
from groupbuy.warehouse.rules import Basket, Claim, Policy
from groupbuy.warehouse.shortage_reasons import Reason, reasons_of
from groupbuy.warehouse.supply import Supply


@dataclass(frozen=True, slots=True)
class Share:
    """What a line will get of what it wanted, in sale units."""

    claim: Claim
    got: int

    @property
    def lost(self) -> int:
        """Return the sale units that the line goes without."""
        return self.claim.units - self.got

    @property
    def lost_fen(self) -> int:
        """Return what they cost."""
        return part_of(self.claim.amount_fen, self.lost, self.claim.units)


@dataclass(frozen=True, slots=True)
class OfferShares:
    """How an offer that is short is shared out: the lines that go without something, by line id."""

    supply: Supply
    losing: tuple[Share, ...]

    @property
    def lost(self) -> int:
        """Return the sale units lost."""
        return sum(share.lost for share in self.losing)


@dataclass(frozen=True, slots=True)
class Preview:
    """Who would go without, and what comes in its place."""

    offers: tuple[OfferShares, ...]
    swaps: tuple[Swap, ...]

    @property
    def losing(self) -> list[Share]:
        """Return the lines that lose something."""
        return [share for one in self.offers for share in one.losing]

    @property
    def units(self) -> int:
        """Return the sale units lost."""
        return sum(share.lost for share in self.losing)

    @property
    def amount_fen(self) -> int:
        """Return what they cost."""
        return sum(share.lost_fen for share in self.losing)

    @property
    def substituted(self) -> int:
        """Return the sale units that come in their place."""
        return sum(swap.units for swap in self.swaps)

    @property
    def substituted_fen(self) -> int:
        """Return what those cost."""
        return sum(swap.units * swap.price_fen for swap in self.swaps)


def short_offers(round_: Round, product_codes: Sequence[str] | None = None) -> list[Supply]:
    """Return the offers of a round that are short and to be shared out, as ``only_short``, by product code.

    Raise NotFound for a product that the round has not.
    """
    supplies = supply.supplies_of(round_.id)
    known = {one.product_code for one in supplies}
    for code in product_codes or ():
        if code not in known:
            raise NotFound("unknown_product", f"The round has no product {code}.", param="products")
    return only_short(supplies, product_codes)


def only_short(supplies: Sequence[Supply], product_codes: Sequence[str] | None) -> list[Supply]:
    """Return the supplies that are short, of some products where they are named.

    Else those of which nothing more comes, as soon as there are any: the others wait for their suppliers.
    """
    short = [one for one in supplies if one.short]
    if product_codes is not None:
        return [one for one in short if one.product_code in product_codes]
    return settled(short) or short


def settled(short: Sequence[Supply]) -> list[Supply]:
    """Return those of what is short of which nothing more comes; others can be shared out later."""
    return [one for one in short if one.final]


def preview(
    round_: Round,
    policy: Policy,
    offers: Sequence[Supply],
    swaps: Mapping[str, str] | None = None,
    *,
    lock: bool = False,
) -> Preview:
    """Return who would get what of each offer, and which substitutes. Write nothing.

    ``swaps`` are the operator's, from the code of what is short to that of what comes in its place. Raise
    BadInput ``unknown_product``, RuleBroken ``substitute_dearer``.
    """
    decided = tuple(share_out(round_, policy, offers))
    instead = substituting.operator_swaps(round_, swaps or {})
    return Preview(decided, tuple(substituting.plan(round_, lost_by(decided), instead, lock=lock)))


def lost_by(decided: Iterable[OfferShares]) -> list[Lost]:
    """Return what each line goes without."""
    return [Lost(share.claim, one.supply.offer_id, share.lost) for one in decided for share in one.losing]


def share_out(round_: Round, policy: Policy, offers: Sequence[Supply]) -> Iterator[OfferShares]:
    """Yield who would get what of each offer, in the order of the offers' ids. Write nothing."""
    by_id = {one.offer_id: one for one in offers}
    baskets = dict(supply.baskets_of(round_.id)) if policy is Policy.FAIR_BY_MONEY else {}
    gaps = knowing_missing.gaps_of(by_id)
    for offer_id, claims, there in _claims(policy, by_id, gaps):
        got = allocate_after(gaps.get(offer_id, ()), policy, claims, there, baskets)
        losing = tuple(Share(one, got[one.line_id]) for one in claims if got[one.line_id] < one.units)
        for share in losing if baskets else ():
            _lower(baskets, share)
        yield OfferShares(by_id[offer_id], losing)


def _claims(
    policy: Policy, offers: Mapping[int, Supply], gaps: Collection[int]
) -> Iterator[tuple[int, Sequence[Claim], int]]:
    """Yield offers with who has a claim on them, and what is there for those, in the order of the ids.

    Who came first is served before anybody else, so those that get all they want need not be read, unless
    it is among them that goods are missing.
    """
    in_turn = [one for one in offers if policy is Policy.FIRST_COME and one not in gaps]
    late = claiming.late_claims_of({offer_id: offers[offer_id].to_share for offer_id in in_turn})
    whole = claiming.claims_of(list(offers.keys() - in_turn))
    yield from merge(late, ((one, claims, offers[one].to_share) for one, claims in whole), key=itemgetter(0))


def _lower(baskets: dict[int, Basket], share: Share) -> None:
    basket = baskets[share.claim.resident_id]
    baskets[share.claim.resident_id] = Basket(basket.ordered_fen, basket.lost_fen + share.lost_fen)


def fingerprint(decided: Preview) -> str:
    """Return a short digest of a decision, so that what is applied is what was looked at."""
    digest = hashlib.sha256()
    for share in decided.losing:
        digest.update(f"{share.claim.line_id}:{share.lost};".encode())
    for swap in decided.swaps:
        digest.update(f"{swap.line_id}>{swap.offer_id}:{swap.units};".encode())
    return digest.hexdigest()[:16]


def preview_json(decided: Preview) -> dict[str, Any]:
    """Return what a preview says in the shape that the command line and the API hand out."""
    reasons = reasons_of({one.supply.offer_id for one in decided.offers})
    return {
        "fingerprint": fingerprint(decided),
        "units": decided.units,
        "amount_fen": decided.amount_fen,
        "substituted": decided.substituted,
        "substituted_fen": decided.substituted_fen,
        "lines": len(decided.losing),
        "residents": len({share.claim.resident_id for share in decided.losing}),
        "offers": [_offer_json(one, reasons.get(one.supply.offer_id, ())) for one in decided.offers],
    }


def _offer_json(one: OfferShares, reasons: Iterable[Reason]) -> dict[str, Any]:
    return {
        "product_code": one.supply.product_code,
        "final": one.supply.final,
        "wanted": one.supply.wanted,
        "there": one.supply.there,
        "short": one.supply.short,
        "lost": one.lost,
        "lines": len(one.losing),
        "reasons": [
            {"why": each.why, "units": each.units, "supplier": each.supplier_code, "words": each.words}
            for each in reasons
        ],
    }
