"""What phones handed out without a connection is booked later; what does not fit is listed, not lost."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.db import db
from groupbuy.flows import collecting
from groupbuy.kernel.errors import BadInput, GroupbuyError, NotFound, RuleBroken
from groupbuy.kernel.times import iso
from groupbuy.orders import queries as orders
from groupbuy.orders.queries import lock_order
from groupbuy.pickup import events
from groupbuy.pickup import queries as pickups
from groupbuy.pickup.events import Event
from groupbuy.pickup.models import PickupEvent
from groupbuy.pickup.parts import LineLeft, Part


class Decision(StrEnum):
    """What somebody found out about an event that did not fit.

    ``gone``: the goods were handed out all the same; what of them waits counts as fetched. ``here``: they
    were not, or came back. ``retry``: book it now, because what stood in the way is over.
    """

    GONE = "gone"
    HERE = "here"
    RETRY = "retry"


def take_events(
    *, sent: Sequence[Event], leader_ids: Sequence[int], now: datetime, actor: Actor
) -> list[PickupEvent]:
    """Book what a phone handed out, each event once; return what became of each, in the order sent.

    An event that was sent before gives its first answer. One that does not fit any more (cancelled,
    refunded, handed out elsewhere, moved) is kept as a conflict. Raise NotFound for an event id that
    somebody else has used.
    """
    if not leader_ids:
        raise NotFound("unknown_order", "There is no such order.")
    # Always in the same order, so that two phones do not wait for each other.
    ordered = sorted(sent, key=lambda one: (one.order_no, one.happened_at, one.event_id))
    booked = {event.event_id: _take(event, leader_ids, now, actor) for event in ordered}
    return [booked[event.event_id] for event in sent]


def _take(event: Event, leader_ids: Sequence[int], now: datetime, actor: Actor) -> PickupEvent:
    stored = events.claim(event, leader_id=_leader_of(event, leader_ids), now=now, actor=actor.name)
    if stored is None:
        return events.get_by_event_id(event.event_id, leader_ids=leader_ids)
    _book(stored, leader_ids, now, actor)
    if stored.outcome == "conflict":
        _log("pickup_conflict", stored, now, actor, {"code": stored.code})
    return stored


def _leader_of(event: Event, leader_ids: Sequence[int]) -> int:
    """Return at whose point it happened; an order that is not there is the first's, to be looked into."""
    try:
        return orders.get_order(event.order_no, leader_ids=leader_ids).leader_id
    except NotFound:
        return leader_ids[0]


def _book(stored: PickupEvent, leader_ids: Sequence[int], now: datetime, actor: Actor) -> None:
    """Hand out what an event says, or note why that cannot be."""
    try:
        with db.session.begin_nested():
            _hand_out(stored, leader_ids, now, actor)
    except (RuleBroken, NotFound, BadInput) as error:
        _note_conflict(stored, error)
    else:
        stored.outcome, stored.code, stored.message = "done", None, None
    db.session.flush()


def _hand_out(stored: PickupEvent, leader_ids: Sequence[int], now: datetime, actor: Actor) -> None:
    order = orders.get_order(stored.order_no, leader_ids=leader_ids)
    parts = None
    if stored.parts is not None:
        parts = [Part(order.number, code, units) for code, units in stored.parts]
    collecting.hand_out_orders(found=[order], parts=parts, now=now, actor=actor, how=_how(stored))


def _hand_out_what_waits(stored: PickupEvent, leader_ids: Sequence[int], now: datetime, actor: Actor) -> None:
    """Book what of the goods that are gone is still to be fetched; what stands in the way of it stays."""
    try:
        with db.session.begin_nested():
            order = orders.get_order(stored.order_no, leader_ids=leader_ids)
            left = pickups.left_of([lock_order(order).id])
            parts = [
                Part(one.order_no, one.product_code, units) for one in left if (units := _gone(stored, one))
            ]
            if parts:
                collecting.hand_out_orders(found=[order], parts=parts, now=now, actor=actor, how=_how(stored))
    except (RuleBroken, NotFound):
        return


def _gone(stored: PickupEvent, line: LineLeft) -> int:
    if stored.parts is None:
        return line.units
    told: int = sum(units for code, units in stored.parts if code == line.product_code)
    return min(line.units, told)


def _how(stored: PickupEvent) -> dict[str, str]:
    how = {"by": "offline", "event": stored.event_id, "happened_at": iso(stored.happened_at)}
    if stored.reason:
        how["reason"] = stored.reason
    return how


def _note_conflict(stored: PickupEvent, error: GroupbuyError) -> None:
    stored.outcome, stored.code, stored.message = "conflict", error.code, error.message


def decide(
    *, event_id: str, leader_ids: Sequence[int] | None, decision: Decision, now: datetime, actor: Actor
) -> PickupEvent:
    """Decide about an event of these leaders, None for all; of two people at once the second is told.

    Raise NotFound, RuleBroken ``already_decided``, and with ``retry`` what still stands in the way.
    """
    stored = events.lock(events.get_by_event_id(event_id, leader_ids=leader_ids))
    if stored.outcome != "conflict":
        raise RuleBroken("already_decided", "This has been decided meanwhile.")
    # Who decides for all leaders books it at the point where the phone was all the same.
    points = [stored.leader_id] if leader_ids is None else leader_ids
    if decision is Decision.RETRY:
        _hand_out(stored, points, now, actor)
        stored.outcome = "done"
    else:
        if decision is Decision.GONE:
            _hand_out_what_waits(stored, points, now, actor)
        stored.outcome, stored.decision = "settled", decision
    stored.decided_at, stored.decided_by = now, actor.name
    db.session.flush()
    _log("pickup_conflict_decided", stored, now, actor, {"decision": decision})
    return stored


def _log(verb: str, stored: PickupEvent, now: datetime, actor: Actor, after: dict[str, str | None]) -> None:
    audit.record(
        at=now,
        actor=actor.name,
        verb=verb,
        subject_kind="order",
        subject=stored.order_no,
        after={"event": stored.event_id, **after},
    )
