"""What is short of a round is shared out, once: what that changes, and who is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Round
from groupbuy.commissions import bulk as commissions
from groupbuy.commissions import settling
from groupbuy.delivery import missing
from groupbuy.flows import substituting, telling_of_changes
from groupbuy.flows.sharing_out import Preview, fingerprint, lost_by, only_short, preview
from groupbuy.flows.telling_of_changes import Missed
from groupbuy.kernel.errors import RuleBroken
from groupbuy.orders import shortening
from groupbuy.orders.rules import OrderState, Swap
from groupbuy.orders.shortening import Loss, ShortenedOrder
from groupbuy.warehouse import service as warehouse
from groupbuy.warehouse import supply
from groupbuy.warehouse.rules import Policy
from groupbuy.warehouse.supply import Supply

_DONE = ("offers", "lines", "units", "amount_fen", "substituted", "substituted_fen", "orders", "cancelled")


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

    Without products it is about those of which nothing more comes, as soon as there are any.
    Who loses gets the substitute that was named first, else by ``swaps`` the operator's, else the money.
    An offer is dealt with once, whoever asks and however often. ``seen`` is the fingerprint of the
    preview that was looked at. Raise NotFound, BadInput ``unknown_product``, and RuleBroken
    ``not_received`` while more may still come of what is asked for, ``preview_outdated``,
    ``substitute_dearer``.
    """
    offers = _lock_short(round_.id, product_codes)
    if not offers:
        return None
    _check_final(offers)
    decided = preview(round_, policy, offers, swaps, lock=True)
    if seen is not None and seen != fingerprint(decided):
        raise RuleBroken("preview_outdated", "Orders have changed since the preview; look again.")
    now = missing.after_signatures(round_.id, now)
    allocation_id = warehouse.claim(round_id=round_.id, policy=policy, now=now, actor=actor.name)
    warehouse.note_offers(allocation_id, [(one.supply, one.lost) for one in decided.offers])
    return _carry_out(round_, policy, allocation_id, decided, now, actor)


def _lock_short(round_id: int, product_codes: Sequence[str] | None) -> list[Supply]:
    """Return what is short, with its round and its orders locked."""
    # Of two operators at once the second waits here, and finds nothing to do.
    lifecycle.lock_round(round_id)
    maybe = supply.maybe_short(round_id)
    shortening.lock_orders_of_offers(maybe)
    return only_short(supply.supplies_of(round_id, maybe), product_codes) if maybe else []


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
        lost=lost_by(decided.offers),
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
            others = [(names[swap.offer_id], swap.units) for swap in swaps]
            fen = share.lost_fen - sum(swap.units * swap.price_fen for swap in swaps)
            who = (share.claim.leader_id, share.claim.resident_id)
            lost.append(Missed(*who, one.supply.name, share.lost, fen, others))
    telling_of_changes.tell_of_shortage(round_=round_, cause=cause, lost=lost, now=now)


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


def as_json(done: Allocation | None) -> dict[str, Any]:
    """Return what was done in the shape that the command line and the API hand out; zeros for nothing."""
    if done is None:
        return dict.fromkeys(_DONE, 0)
    return {name: getattr(done, name) for name in _DONE}
