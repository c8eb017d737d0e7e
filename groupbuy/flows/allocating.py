"""What is short of a round is shared out: who goes without, what that changes, and who is told."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from groupbuy.audit import service as audit
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Round
from groupbuy.commissions import bulk as commissions
from groupbuy.commissions import settling
from groupbuy.flows import substituting, telling
from groupbuy.flows.ordering import Actor
from groupbuy.flows.substituting import Lost
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.orders import shortening
from groupbuy.orders.rules import OrderState, Swap, part_of
from groupbuy.orders.shortening import Loss, ShortenedOrder
from groupbuy.warehouse import service as warehouse
from groupbuy.warehouse import supply
from groupbuy.warehouse.rules import Basket, Claim, Policy, allocate
from groupbuy.warehouse.supply import Supply

_DONE = ("offers", "lines", "units", "amount_fen", "substituted", "substituted_fen", "orders", "cancelled")


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


@dataclass(frozen=True, slots=True)
class Allocation:
    """A decision that was carried out: its id, policy, and what it changed."""

    allocation_id: int
    policy: Policy
    offers: int
    lines: int
    units: int
    amount_fen: int
    substituted: int
    substituted_fen: int
    orders: int
    cancelled: int


def short_offers(round_: Round, product_codes: Sequence[str] | None = None) -> list[Supply]:
    """Return the offers of a round that are short, or those of some products, by product code.

    Raise NotFound for a product that the round has not.
    """
    supplies = supply.supplies_of(round_.id)
    known = {one.product_code for one in supplies}
    for code in product_codes or ():
        if code not in known:
            raise NotFound("unknown_product", f"The round has no product {code}.", param="products")
    return _short(supplies, product_codes)


def _short(supplies: Sequence[Supply], product_codes: Sequence[str] | None) -> list[Supply]:
    return [
        one for one in supplies if one.short and (product_codes is None or one.product_code in product_codes)
    ]


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
    BadInput ``unknown_product``.
    """
    decided = tuple(share_out(round_, policy, offers))
    instead = substituting.operator_swaps(round_, swaps or {})
    return Preview(decided, tuple(substituting.plan(round_, _lost(decided), instead, lock=lock)))


def _lost(decided: Iterable[OfferShares]) -> list[Lost]:
    return [Lost(share.claim, one.supply.offer_id, share.lost) for one in decided for share in one.losing]


def share_out(round_: Round, policy: Policy, offers: Sequence[Supply]) -> Iterator[OfferShares]:
    """Yield who would get what of each offer, in the order of the offers' ids. Write nothing."""
    by_id = {one.offer_id: one for one in offers}
    baskets = dict(supply.baskets_of(round_.id)) if policy is Policy.FAIR_BY_MONEY else {}
    for offer_id, claims in supply.claims_of(list(by_id)):
        got = allocate(policy, claims, by_id[offer_id].to_share, baskets)
        losing = tuple(Share(one, got[one.line_id]) for one in claims if got[one.line_id] < one.units)
        for share in losing if baskets else ():
            _lower(baskets, share)
        yield OfferShares(by_id[offer_id], losing)


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


def apply(
    *,
    round_: Round,
    policy: Policy,
    now: datetime,
    actor: Actor,
    product_codes: Sequence[str] | None = None,
    swaps: Mapping[str, str] | None = None,
    seen: str | None = None,
) -> Allocation | None:
    """Share out what is short of a round, or of some of its products; None when nothing is (any more).

    Who loses gets the substitute that was named first, else by ``swaps`` the operator's, else the money.
    An offer is dealt with once, whoever asks and however often. ``seen`` is the fingerprint of the
    preview that was looked at. Raise NotFound, BadInput ``unknown_product``, and RuleBroken
    ``not_received`` while something may still come, ``preview_outdated``.
    """
    # Of two operators at once the second waits here, and finds nothing to do.
    lifecycle.lock_round(round_.id)
    maybe = supply.maybe_short(round_.id)
    shortening.lock_orders_of_offers(maybe)
    offers = _short(supply.supplies_of(round_.id, maybe), product_codes) if maybe else []
    if not offers:
        return None
    _check_final(offers)
    decided = preview(round_, policy, offers, swaps, lock=True)
    if seen is not None and seen != fingerprint(decided):
        raise RuleBroken("preview_outdated", "Orders have changed since the preview; look again.")
    allocation_id = warehouse.claim(round_id=round_.id, policy=policy, now=now, actor=actor.name)
    warehouse.note_offers(allocation_id, [(one.supply, one.lost) for one in decided.offers])
    return _carry_out(round_, policy, allocation_id, decided, now, actor)


def _check_final(offers: Sequence[Supply]) -> None:
    for one in offers:
        if not one.final:
            raise RuleBroken(
                "not_received",
                f"More of {one.product_code} may still come on {one.purchase_order}; close the rest first.",
                param=one.product_code,
            )


def _carry_out(
    round_: Round,
    policy: Policy,
    allocation_id: int,
    decided: Preview,
    now: datetime,
    actor: Actor,
) -> Allocation:
    cause = f"allocation:{allocation_id}"
    losses = (Loss(share.claim.line_id, share.lost, share.lost_fen) for share in decided.losing)
    lines = shortening.note_losses(losses, cause=cause, now=now, actor=actor.name)
    commissions.book_changes(cause=cause, now=now)
    shortening.lower_lines(cause)
    causes = [cause, *_substitute(round_, allocation_id, decided, now, actor)]
    orders = shortening.lower_orders(*causes, now=now)
    settling.book_round(round_id=round_.id, now=now)
    done = Allocation(
        allocation_id,
        policy,
        offers=len(decided.offers),
        lines=lines,
        units=decided.units,
        amount_fen=decided.amount_fen,
        substituted=decided.substituted,
        substituted_fen=decided.substituted_fen,
        orders=len(orders),
        cancelled=sum(order.state == OrderState.CANCELLED for order in orders),
    )
    _log(round_, done, orders, now, actor)
    _tell(round_, cause, decided, now)
    return done


def _substitute(
    round_: Round, allocation_id: int, decided: Preview, now: datetime, actor: Actor
) -> list[str]:
    """Put the substitutes onto the lines; return the cause of these changes, none without any."""
    if not decided.swaps:
        return []
    cause = substituting.carry_out(
        round_=round_,
        allocation_id=allocation_id,
        lost=_lost(decided.offers),
        swaps=decided.swaps,
        now=now,
        actor=actor,
    )
    return [cause]


def _tell(round_: Round, cause: str, decided: Preview, now: datetime) -> None:
    names = substituting.names_of({swap.offer_id for swap in decided.swaps})
    instead: dict[int, list[Swap]] = {}
    for swap in decided.swaps:
        instead.setdefault(swap.line_id, []).append(swap)
    lost = []
    for one in decided.offers:
        for share in one.losing:
            swaps = instead.get(share.claim.line_id, [])
            text = "".join(f"，换为 {names[swap.offer_id]} {swap.units} 件" for swap in swaps)
            fen = share.lost_fen - sum(swap.units * swap.price_fen for swap in swaps)
            lost.append((share.claim.resident_id, one.supply.name, share.lost, fen, text))
    telling.tell_of_shortage(round_=round_, cause=cause, lost=lost, now=now)


def _log(
    round_: Round, done: Allocation, orders: Sequence[ShortenedOrder], now: datetime, actor: Actor
) -> None:
    audit.record(
        at=now,
        actor=actor.name,
        verb="shortage_allocated",
        subject_kind="round",
        subject=round_.name,
        after={
            "policy": done.policy,
            "lines": done.lines,
            "units": done.units,
            "amount_fen": done.amount_fen,
            "substituted": done.substituted,
        },
    )
    shortening.log_orders(orders, now=now, actor=actor.name)


def preview_json(decided: Preview) -> dict[str, Any]:
    """Return what a preview says in the shape that the command line and the API hand out."""
    return {
        "fingerprint": fingerprint(decided),
        "units": decided.units,
        "amount_fen": decided.amount_fen,
        "substituted": decided.substituted,
        "substituted_fen": decided.substituted_fen,
        "lines": len(decided.losing),
        "residents": len({share.claim.resident_id for share in decided.losing}),
        "offers": [
            {
                "product_code": one.supply.product_code,
                "final": one.supply.final,
                "wanted": one.supply.wanted,
                "there": one.supply.there,
                "short": one.supply.short,
                "lost": one.lost,
                "lines": len(one.losing),
            }
            for one in decided.offers
        ],
    }


def as_json(done: Allocation | None) -> dict[str, Any]:
    """Return what was done in the shape that the command line and the API hand out; zeros for nothing."""
    if done is None:
        return dict.fromkeys(_DONE, 0)
    return {name: getattr(done, name) for name in _DONE}
