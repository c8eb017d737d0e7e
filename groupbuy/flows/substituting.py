"""What is short is replaced by substitutes (替代品): the residents' own first, then the operator's swap."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, and_, select

from groupbuy.audit.actor import Actor
from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns.models import Offer, OfferVersion, Round
from groupbuy.campaigns.queries import OfferForLeader
from groupbuy.catalog.models import Product
from groupbuy.commissions import bulk as commissions
from groupbuy.commissions.late import with_rate_of_close
from groupbuy.commissions.queries import plan_for
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.orders import shortening, substitutes
from groupbuy.orders.models import Order
from groupbuy.orders.rules import Swap, Wanting, part_of, swap_for
from groupbuy.orders.service import LineToRecord
from groupbuy.orders.shortening import GIVEN_BACK, SUBSTITUTE, Loss, ShortenedOrder
from groupbuy.warehouse import batching, stock, supply, tracing
from groupbuy.warehouse.models import StockBatch, StockLevel
from groupbuy.warehouse.rules import Claim, last_to_expire

CAUSE = "substitution"


def _offered(round_id: int, leader_id: int) -> Sequence[OfferForLeader]:
    return campaigns.offers_for_leader(round_id=round_id, leader_id=leader_id)


@dataclass(frozen=True, slots=True)
class Lost:
    """What a line goes without, and of which offer."""

    claim: Claim
    offer_id: int
    units: int


def operator_swaps(round_: Round, swaps: Mapping[str, str]) -> dict[int, int]:
    """Return the operator's swaps by offer id from product codes.

    By the round's own prices a substitute is at most as dear; for a leader whose prices differ, and for
    who has paid another price, that is looked at once more with each line. Raise BadInput
    ``unknown_product``, RuleBroken ``substitute_dearer``.
    """
    offers = _active(round_.id)
    for short, other in swaps.items():
        for code in (short, other):
            if code not in offers:
                raise BadInput("unknown_product", f"{code} is not offered in this round.", param="swaps")
        if offers[other].price_fen > offers[short].price_fen:
            raise RuleBroken(
                "substitute_dearer",
                f"{other} is dearer than {short}; a substitute is at most as dear.",
                param="swaps",
            )
    return {offers[short].id: offers[other].id for short, other in swaps.items() if short != other}


def _active(round_id: int) -> Mapping[str, Row[str, int, int]]:
    """Return id and price of a round's offers by product code."""
    current = and_(OfferVersion.offer_id == Offer.id, OfferVersion.number == Offer.version_no)
    rows = (
        select(Product.code, Offer.id, OfferVersion.price_fen)
        .join(Product, Product.id == Offer.product_id)
        .join(OfferVersion, current)
        .where(Offer.round_id == round_id, Offer.state == "active")
    )
    return {row.code: row for row in db.session.execute(rows)}


def plan(
    round_: Round,
    lost: Sequence[Lost],
    swaps: Mapping[int, int],
    *,
    lock: bool = False,
) -> list[Swap]:
    """Return the substitutes that lines get for what they lost; write nothing.

    ``swaps`` are the operator's by offer; of offers that are short themselves nothing is given. With
    ``lock`` nobody else takes the stock until the transaction ends.
    """
    named = substitutes.named_for([one.claim.line_id for one in lost])
    wanting = [_wanting(one, named, swaps) for one in lost]
    offer_ids = {offer for one in wanting for offer in (one.own, one.swap) if offer is not None}
    if not offer_ids:
        return []
    offer_ids -= {one.offer_id for one in supply.supplies_of(round_.id, offer_ids) if one.short}
    left = _left(round_, offer_ids, lock=lock)
    return swap_for(wanting, left, _prices(round_, lost, wanting, left))


def _wanting(one: Lost, named: Mapping[int, int | None], swaps: Mapping[int, int]) -> Wanting:
    claim, own = one.claim, named.get(one.claim.line_id)
    opted_out = claim.line_id in named and own is None
    swap = None if opted_out else swaps.get(one.offer_id)
    return Wanting(claim.line_id, claim.placed_at, one.units, claim.price_fen, own, swap)


def _left(round_: Round, offer_ids: Collection[int], *, lock: bool) -> dict[int, int]:
    """Return what lies in stock of offers and is still good at the pickup.

    Of goods that do not keep it is only what this round has brought too much.
    """
    if lock:
        _lock_levels(offer_ids)
    good = (
        select(Offer.id, Product.keeps, total(StockBatch.units))
        .join(Product, Product.id == Offer.product_id)
        .join(StockBatch, StockBatch.product_id == Product.id)
        .where(Offer.id.in_(offer_ids), Offer.state == "active")
        .where(batching.is_there(), StockBatch.best_before >= round_.pickup_date)
        .group_by(Offer.id, Product.keeps)
    )
    brought, used = supply.surplus_of_offers(round_.id), supply.substitutes_of(round_.id)
    return {
        offer_id: units if keeps else min(units, brought.get(offer_id, 0) - used.get(offer_id, 0))
        for offer_id, keeps, units in db.session.execute(good)
    }


def _lock_levels(offer_ids: Collection[int]) -> None:
    """Lock the stock of offers; who holds the levels holds the batches."""
    products = select(Offer.product_id).where(Offer.id.in_(offer_ids))
    levels = select(StockLevel.product_id).where(StockLevel.product_id.in_(products))
    db.session.execute(levels.order_by(StockLevel.product_id).with_for_update())


def _prices(
    round_: Round, lost: Sequence[Lost], wanting: Sequence[Wanting], left: Collection[int]
) -> dict[tuple[int, int], int]:
    """Return what a unit of a substitute costs, by line and offer: as on the order already, or as offered."""
    held = substitutes.held_lines({one.claim.order_id for one in lost}, left)
    offered: dict[int, dict[int, int]] = {}
    prices = {}
    for one, wants in zip(lost, wanting, strict=True):
        leader_id = one.claim.leader_id
        if leader_id not in offered:
            found = _offered(round_.id, leader_id)
            offered[leader_id] = {offer.offer_id: offer.price_fen for offer in found}
        for offer_id in (wants.own, wants.swap):
            if offer_id in left and offer_id is not None:
                line = held.get((one.claim.order_id, offer_id))
                price = line.price_fen if line else offered[leader_id].get(offer_id)
                if price is not None:
                    prices[one.claim.line_id, offer_id] = price
    return prices


def carry_out(
    *,
    round_: Round,
    allocation_id: int,
    lost: Sequence[Lost],
    swaps: Sequence[Swap],
    now: datetime,
    actor: Actor,
) -> str:
    """Put substitutes onto the orders and take them out of stock; return the cause of their changes.

    The lines are raised, their orders not yet: that is for whoever lowers them by the same decision.
    """
    cause = f"{CAUSE}:{allocation_id}"
    claims = {one.claim.line_id: one.claim for one in lost}
    placed = [(swap, claims[swap.line_id]) for swap in swaps]
    lines = _lines_for(round_, placed)
    gains: dict[int, tuple[int, int]] = {}
    for swap, claim in placed:
        line_id = lines[claim.order_id, swap.offer_id]
        units, fen = gains.get(line_id, (0, 0))
        gains[line_id] = units + swap.units, fen + swap.units * swap.price_fen
    losses = [Loss(line_id, -units, -fen) for line_id, (units, fen) in sorted(gains.items())]
    shortening.note_losses(losses, cause=cause, now=now, actor=actor.name, kind=SUBSTITUTE)
    to_lines = [(swap, lines[claim.order_id, swap.offer_id]) for swap, claim in placed]
    substitutes.note_swaps(to_lines, cause=cause)
    _take(round_, swaps, allocation_id, now, actor)
    commissions.book_changes(cause=cause, now=now)
    shortening.lower_lines(cause)
    return cause


def _lines_for(round_: Round, placed: Sequence[tuple[Swap, Claim]]) -> dict[tuple[int, int], int]:
    """Return the line that takes each substitute, by order and offer; one is added where there is none."""
    held = substitutes.held_lines(
        {claim.order_id for _swap, claim in placed}, {swap.offer_id for swap, _claim in placed}
    )
    found = {key: line.line_id for key, line in held.items()}
    terms: dict[int, dict[int, LineToRecord]] = {}
    for swap, claim in placed:
        key = (claim.order_id, swap.offer_id)
        if key not in found:
            if claim.leader_id not in terms:
                terms[claim.leader_id] = _terms(round_, claim.leader_id)
            line = terms[claim.leader_id][swap.offer_id]
            found[key] = substitutes.add_empty_line(order_id=claim.order_id, line=line)
    return found


def _terms(round_: Round, leader_id: int) -> dict[int, LineToRecord]:
    """Return what a leader's residents pay for each offer now and what the leader earns by it."""
    offered = _offered(round_.id, leader_id)
    leader = db.session.get_one(Leader, leader_id)
    in_force = plan_for(offers=offered, leader_id=leader_id, level_id=leader.level_id)
    terms = {}
    for offer in offered:
        agreed = in_force.agreed(
            product_id=offer.product_id,
            category_id=offer.category_id,
            leader_id=leader_id,
            level_id=leader.level_id,
        )
        rates = (agreed.rate_bp, agreed.fixed_fen, agreed.rule_id)
        line = LineToRecord(offer.offer_id, offer.version_id, 0, offer.price_fen, *rates)
        terms[offer.offer_id] = with_rate_of_close(line, round_.id, leader_id)
    return terms


def _take(round_: Round, swaps: Iterable[Swap], allocation_id: int, now: datetime, actor: Actor) -> None:
    units: dict[int, int] = {}
    for swap in swaps:
        units[swap.offer_id] = units.get(swap.offer_id, 0) + swap.units
    rows = db.session.execute(select(Offer.product_id, Offer.id).where(Offer.id.in_(units)))
    for product_id, offer_id in sorted(tuple(row) for row in rows):
        stock.take(
            product_id=product_id,
            units=units[offer_id],
            kind="allocated",
            cause=("allocation", allocation_id),
            now=now,
            actor=actor.name,
            good_on=round_.pickup_date,
        )


def give_back(
    *, round_: Round, order: Order | None, reason: str, now: datetime, actor: Actor
) -> list[ShortenedOrder]:
    """Put the substitutes of a round, or of one order, back into stock, as it is cancelled whole."""
    gains = substitutes.gains_of(round_id=round_.id, order_id=order.id if order else None)
    if not gains:
        return []
    whose = f"order:{order.id}" if order else f"round:{round_.id}"
    cause, units = f"{GIVEN_BACK}:{whose}", dict[int, int]()
    losses = []
    for gain in gains:
        back = min(gain.units, gain.quantity)
        losses.append(Loss(gain.line_id, back, part_of(gain.amount_fen, back, gain.quantity)))
        units[gain.product_id] = units.get(gain.product_id, 0) + back
    shortening.note_losses(losses, cause=cause, now=now, actor=actor.name)
    commissions.book_changes(cause=cause, now=now)
    shortening.lower_lines(cause)
    for product_id, back in sorted(units.items()):
        stock.put(
            product_id=product_id,
            units=back,
            cost_fen=stock.last_cost(product_id),
            kind="receipt_surplus",
            cause=(f"{GIVEN_BACK}:{'order' if order else 'round'}", order.id if order else round_.id),
            now=now,
            actor=actor.name,
            batches=last_to_expire(tracing.substituted_for(round_.id, product_id), back),
        )
    return shortening.lower_orders(cause, now=now, reason=reason)


def swaps_from(pairs: Iterable[str]) -> dict[str, str]:
    """Return the operator's swaps from texts ``SHORT=OTHER``; raise BadInput ``bad_swap``, ``duplicate``."""
    found: dict[str, str] = {}
    for pair in pairs:
        short, sign, other = (part.strip() for part in pair.partition("="))
        if not (short and sign and other):
            raise BadInput("bad_swap", "Write a swap as P1=P2.", param="swaps")
        if short in found:
            raise BadInput("duplicate", f"{short} is swapped twice.", param="swaps")
        found[short] = other
    return found


def names_of(offer_ids: Collection[int]) -> Mapping[int, str]:
    """Return the names of offers' products."""
    rows = select(Offer.id, Product.name).join(Product, Product.id == Offer.product_id)
    return {row[0]: row[1] for row in db.session.execute(rows.where(Offer.id.in_(offer_ids)))}
