"""A leader signs for the goods, and what was missing is decided: who pays, and who goes without."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Round
from groupbuy.commissions import bulk as commissions
from groupbuy.commissions import settling
from groupbuy.db import db
from groupbuy.delivery import brought, missing, queries
from groupbuy.delivery import service as delivery
from groupbuy.delivery.brought import StopGoods
from groupbuy.delivery.models import DeliveryStop, Discrepancy
from groupbuy.delivery.rules import Decision, Payer, Reason
from groupbuy.flows import dispatching, telling_of_changes
from groupbuy.flows.telling_of_changes import Missed
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.orders import shortening
from groupbuy.orders.rules import part_of
from groupbuy.orders.shortening import Loss
from groupbuy.settlements import adjusting
from groupbuy.warehouse import claiming, origins, supply
from groupbuy.warehouse.origins import Part
from groupbuy.warehouse.rules import Claim, Policy, allocate


@dataclass(frozen=True, slots=True)
class Count:
    """What a leader got of one offer, in sale units, and why it is not what was sent."""

    got: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Losing:
    """A line that goes without something: sale units and fen."""

    claim: Claim
    units: int

    @property
    def amount_fen(self) -> int:
        """Return what they cost."""
        return part_of(self.claim.amount_fen, self.units, self.claim.units)


def sign(
    *,
    stop_id: int,
    leader_ids: Sequence[int],
    counts: Mapping[int, Count],
    now: datetime,
    actor: Actor,
    note: str | None = None,
) -> DeliveryStop:
    """Sign for a stop's goods; an offer without a count came as sent.

    Raise NotFound for a stop of somebody else, BadInput with param ``lines[OFFER]``, RuleBroken
    ``not_left``, ``already_signed``.
    """
    stop = _own_stop(stop_id, leader_ids)
    if stop.route.left_at is None:
        raise RuleBroken("not_left", "These goods have not left yet.")
    if stop.signed_at is not None:
        raise RuleBroken("already_signed", "These goods have been signed for.")
    goods = brought.goods_of_stop(stop)
    found = _differences(stop, goods, counts)
    at = missing.after_sharing_out(stop, now)
    delivery.store_signature(stop=stop, found=found, note=note, now=at, actor=actor.name)
    return stop


def _own_stop(stop_id: int, leader_ids: Sequence[int]) -> DeliveryStop:
    """Lock a stop, and before it its rounds: who shares out a shortage at this moment is waited for."""
    stop = queries.get_stop(stop_id)
    if stop.leader_id not in leader_ids:
        raise NotFound("unknown_stop", "There is no such stop.")
    dispatching.lock_rounds(stop.day, stop.leader_id)
    return queries.get_stop(stop_id, lock=True)


def report_later(
    *, stop_id: int, leader_ids: Sequence[int], counts: Mapping[int, Count], now: datetime, actor: Actor
) -> DeliveryStop:
    """Note what a leader found not as sent only after signing, each offer once.

    Raise NotFound for a stop of somebody else, BadInput with param ``lines[OFFER]`` or ``lines`` where all
    is as sent, RuleBroken ``not_signed``, ``already_told``.
    """
    stop = _own_stop(stop_id, leader_ids)
    if stop.signed_at is None:
        raise RuleBroken("not_signed", "These goods have not been signed for yet.")
    for one in missing.discrepancies(stop_id=stop.id):
        if one.offer_id in counts:
            param = f"lines[{one.offer_id}]"
            raise RuleBroken("already_told", "This has been reported already.", param=param)
    goods = brought.goods_of_stop(stop)
    found = _differences(stop, goods, counts)
    if not found:
        raise BadInput("required", "Change what is not as sent.", param="lines")
    for one in found:
        # As at the signature: what a shortage took since is told apart when it is decided.
        one.sent += missing.taken_since(stop, one.offer_id)
    delivery.store_later(stop=stop, found=found, now=now, actor=actor.name)
    return stop


def _differences(
    stop: DeliveryStop, goods: Sequence[StopGoods], counts: Mapping[int, Count]
) -> list[Discrepancy]:
    sent = {one.offer_id: one.units for one in goods}
    for offer_id, count in counts.items():
        if offer_id not in sent:
            raise BadInput("unknown_product", "Nothing of this was sent.", param=f"lines[{offer_id}]")
        if not 0 <= count.got <= delivery.MAX_UNITS:
            raise BadInput("out_of_range", "Write a whole number from 0 on.", param=f"lines[{offer_id}]")
    return [
        Discrepancy(
            stop_id=stop.id,
            offer_id=offer_id,
            sent=units,
            got=count.got,
            reason=_reason(units, count, f"lines[{offer_id}]"),
        )
        for offer_id, units in sent.items()
        if (count := counts.get(offer_id, Count(units))).got != units
    ]


def _reason(sent: int, count: Count, param: str) -> str:
    if count.got > sent:
        if count.reason:
            raise BadInput(
                "out_of_range", "More came than was sent, so that nothing is missing or damaged.", param=param
            )
        return Reason.SURPLUS
    if count.reason not in (Reason.MISSING, Reason.DAMAGED):
        raise BadInput("required", "Say whether it is missing or damaged.", param=param)
    return str(count.reason)


def who_loses(discrepancy: Discrepancy) -> list[Losing]:
    """Return the lines that would go without: the last who ordered, of those who have nothing yet.

    Raise RuleBroken ``handed_out`` when too much has been handed out to take so much back.
    """
    there = brought.orders_of_stop(discrepancy.stop)
    claims = [
        claim
        for _offer, some in claiming.claims_of([discrepancy.offer_id])
        for claim in some
        if claim.order_id in there
    ]
    wanted = sum(claim.units for claim in claims)
    lacking = missing.really_missing(discrepancy)
    if lacking > wanted:
        raise RuleBroken(
            "handed_out",
            f"Only {wanted} units are left to hand out; settle the rest by hand.",
        )
    got = allocate(Policy.FIRST_COME, claims, wanted - lacking, {})
    return [
        Losing(claim, claim.units - got[claim.line_id])
        for claim in claims
        if got[claim.line_id] < claim.units
    ]


def decide(
    *, discrepancy_id: int, decision: Decision, payer: Payer | None, now: datetime, actor: Actor
) -> Discrepancy:
    """Decide once what becomes of a discrepancy.

    ``refund`` takes the goods from the residents who go without, and charges ``payer`` with their cost.
    Raise NotFound, BadInput, RuleBroken ``already_decided``, ``nothing_missing``, ``handed_out``,
    ``shortage_open``.
    """
    round_id = missing.get_discrepancy(discrepancy_id).offer.round_id
    round_ = lifecycle.lock_round(round_id)
    found = missing.get_discrepancy(discrepancy_id, lock=True)
    if found.decision is not None:
        raise RuleBroken("already_decided", "This has been decided meanwhile.")
    if decision is Decision.REFUND:
        _refund(found, payer, round_, now, actor)
    found.decision, found.decided_at, found.decided_by = decision, now, actor.name
    db.session.flush()
    _log(found, now, actor)
    return found


def _refund(found: Discrepancy, payer: Payer | None, round_: Round, now: datetime, actor: Actor) -> None:
    if found.missing <= 0:
        raise RuleBroken("nothing_missing", "Nothing is missing; there is nothing to refund.")
    if payer is None:
        raise BadInput("required", "Say who pays for it.", param="payer")
    shortening.lock_orders_of_offers([found.offer_id])
    _check_shared_out(found)
    losing = who_loses(found)
    # What a shortage took since was never sent, and nobody is charged for it.
    found.sent = found.got + missing.really_missing(found)
    _carry_out(found, losing, now, actor)
    parts = origins.charges(found.offer, found.missing, origins.agreed_cost(found.offer_id))
    found.payer, found.charge_fen = payer, sum(one.amount_fen for one in parts)
    if payer is Payer.SUPPLIER and found.charge_fen:
        _owe_less(found, parts, now, actor)
    name = found.offer.product.name
    telling_of_changes.tell_of_shortage(
        round_=round_,
        cause=found.cause,
        lost=[
            Missed(one.claim.leader_id, one.claim.resident_id, name, one.units, one.amount_fen)
            for one in losing
        ],
        now=now,
    )


def _check_shared_out(found: Discrepancy) -> None:
    """Refuse to charge somebody for what the supplier left out, before it is told apart."""
    for one in supply.supplies_of(found.offer.round_id, [found.offer_id]):
        if one.final and one.short and not one.lost:
            raise RuleBroken(
                "shortage_open",
                f"{one.product_code} is short by {one.short}; share that out first.",
                param=one.product_code,
            )
    if not missing.really_missing(found):
        raise RuleBroken("nothing_missing", "The shortage that was shared out took all that is missing.")


def _carry_out(found: Discrepancy, losing: Sequence[Losing], now: datetime, actor: Actor) -> None:
    cause = found.cause
    losses = [Loss(one.claim.line_id, one.units, one.amount_fen) for one in losing]
    shortening.note_losses(losses, cause=cause, now=now, actor=actor.name)
    commissions.book_changes(cause=cause, now=now)
    shortening.lower_lines(cause)
    orders = shortening.lower_orders(cause, now=now)
    settling.book_round(round_id=found.offer.round_id, now=now)
    shortening.log_orders(orders, now=now, actor=actor.name)


def _owe_less(found: Discrepancy, parts: Sequence[Part], now: datetime, actor: Actor) -> None:
    for part in parts:
        whose = f":{part.supplier_id}" if len(parts) > 1 else ""
        adjusting.adjust(
            supplier_id=part.supplier_id,
            kind="claim",
            amount_fen=-part.amount_fen,
            cause=found.cause + whose,
            note=f"签收差异 {found.stop.day} {found.offer.product.code} × {found.missing}",
            now=now,
            actor=actor.name,
        )


def _log(found: Discrepancy, now: datetime, actor: Actor) -> None:
    audit.record(
        at=now,
        actor=actor.name,
        verb="discrepancy_decided",
        subject_kind="delivery_stop",
        subject=str(found.stop_id),
        after={
            "product": found.offer.product.code,
            "decision": found.decision,
            "payer": found.payer,
            "charge_fen": found.charge_fen,
        },
    )
