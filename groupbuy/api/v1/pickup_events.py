"""Handing out without a connection: the day's list, the events sent later, and what did not fit."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from groupbuy.analytics import pickup_day
from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.campaigns.rules import MAX_QUANTITY
from groupbuy.db import db
from groupbuy.flows import syncing
from groupbuy.flows.collecting import MAX_REASON
from groupbuy.flows.syncing import Decision
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.times import iso, parse_moment
from groupbuy.orders.rules import MAX_LINES
from groupbuy.pickup import events
from groupbuy.pickup.conflicts import all_conflicts
from groupbuy.pickup.events import MAX_ID, Event
from groupbuy.pickup.models import PickupEvent

MAX_EVENTS = 200
STAFF = ("operator", "customer_service")


class KeptLine(Shape):
    """Sale units of a product that wait to be fetched."""

    product_code: str
    name: str
    quantity: int


class KeptOrder(Shape):
    """An order in a bag, with its own code and the fen that are still to be paid for it."""

    order_no: str
    code: str
    due_fen: int
    lines: list[KeptLine]


class KeptBag(Shape):
    """A bag that waits for its pickup day; ``code`` opens all of it."""

    code: str
    day: str
    round_title: str
    door: str
    name: str
    phone_tail: str
    orders: list[KeptOrder]


class PickupDay(Shape):
    """Every bag that waits at the asker's pickup points, and when that was so."""

    made_at: str
    bags: list[KeptBag]


class EventLine(Body):
    """Sale units of a product that were handed out."""

    product_code: Annotated[Text, Field(min_length=1, max_length=64)]
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)]


class PickupEventBody(Body):
    """What was handed out of an order, and when by the phone's clock; ``event_id`` is the phone's own.

    Without ``lines`` it was all that was left. ``reason`` says why no code was shown.
    """

    event_id: Annotated[Text, Field(min_length=8, max_length=MAX_ID)]
    order_no: Annotated[Text, Field(min_length=1, max_length=32)]
    happened_at: Annotated[Text, Field(min_length=1, max_length=40)]
    reason: Annotated[Text, Field(min_length=1, max_length=MAX_REASON)] | None = None
    lines: Annotated[list[EventLine], Field(min_length=1, max_length=MAX_LINES)] | None = None


class PickupEvents(Body):
    """Events in any order; one that was sent before changes nothing."""

    events: Annotated[list[PickupEventBody], Field(min_length=1, max_length=MAX_EVENTS)]


class EventShape(Shape):
    """What became of an event: ``done``, ``conflict`` (with its ``code``) or ``settled``."""

    event_id: str
    order_no: str
    outcome: str
    code: str | None
    message: str | None
    reason: str | None
    happened_at: str
    received_at: str
    decision: str | None


class EventsTaken(Shape):
    """What became of each event, in the order sent."""

    results: list[EventShape]


class Conflicts(Shape):
    """Events that wait for a decision, in the order in which they were told."""

    items: list[EventShape]
    next_cursor: str | None


class ConflictDecision(Body):
    """``gone``: handed out all the same; ``here``: not handed out, or back; ``retry``: book it now."""

    decision: Literal["gone", "here", "retry"]


class ConflictsQuery(Page):
    """Which conflicts are wanted; null for all, also those decided."""

    state: Literal["open", "booked", "gone", "here"] | None = None


class ConflictShape(EventShape):
    """A conflict of any leader: ``open``, ``booked`` after all, or the goods were ``gone`` or ``here``.

    ``round`` and ``resident_code`` are null where no such order exists.
    """

    state: str
    leader_code: str
    round: str | None
    resident_code: str | None
    decided_at: str | None


class AllConflicts(Shape):
    """A page of conflicts, in the order in which they were told."""

    items: list[ConflictShape]
    next_cursor: str | None


@endpoint("GET", "/pickups/day", scope="pickups:write", answers={200: PickupDay}, moment="made_at")
def pickup_day_list(identity: Identity) -> tuple[int, Any]:
    """Return the list that a phone keeps to hand out without a connection."""
    bags = pickup_day.as_json(pickup_day.bags_to_keep(identity.leader_ids))
    return 200, {"made_at": iso(utc_now()), "bags": bags}


@endpoint("POST", "/pickups/events", scope="pickups:write", body=PickupEvents, answers={200: EventsTaken})
def take_pickup_events(identity: Identity, body: PickupEvents) -> tuple[int, Any]:
    """Book what a phone handed out; each event once, however often it is sent."""
    taken = syncing.take_events(
        sent=[_event(index, one) for index, one in enumerate(body.events)],
        leader_ids=identity.leader_ids,
        now=utc_now(),
        actor=identity.actor,
    )
    return 200, {"results": [_event_json(one) for one in taken]}


def _event(index: int, body: PickupEventBody) -> Event:
    parts = None if body.lines is None else tuple((line.product_code, line.quantity) for line in body.lines)
    try:
        happened_at = parse_moment(body.happened_at, ZoneInfo("UTC"))
    except ValueError as error:
        param = f"events[{index}].happened_at"
        raise BadInput("bad_format", "A moment such as 2026-11-23T09:30:00Z.", param=param) from error
    return Event(body.event_id, body.order_no, happened_at, body.reason, parts)


@endpoint("GET", "/pickups/conflicts", scope="pickups:write", query=Page, answers={200: Conflicts})
def pickup_conflicts(identity: Identity, query: Page) -> tuple[int, Any]:
    """List what was handed out without a connection and did not fit any more."""
    after = cursors.id_after(query.cursor)
    found = events.conflicts(identity.leader_ids, after=after, most=query.limit + 1)
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda one: (one.id,))
    return 200, {"items": [_event_json(one) for one in rows], "next_cursor": cursor}


@endpoint(
    "POST",
    "/pickups/conflicts/<event_id>/decide",
    scope="pickups:write",
    body=ConflictDecision,
    answers={200: EventShape},
)
def decide_pickup_conflict(identity: Identity, event_id: str, body: ConflictDecision) -> tuple[int, Any]:
    """Decide what really became of the goods, once."""
    return 200, _decided(identity, identity.leader_ids, event_id, body)


def _decided(
    identity: Identity, leader_ids: Sequence[int] | None, event_id: str, body: ConflictDecision
) -> Json:
    decided = syncing.decide(
        event_id=event_id,
        leader_ids=leader_ids,
        decision=Decision(body.decision),
        now=utc_now(),
        actor=identity.actor,
    )
    return _event_json(decided)


@endpoint(
    "GET",
    "/pickup-conflicts",
    scope="orders:read",
    roles=STAFF,
    query=ConflictsQuery,
    answers={200: AllConflicts},
)
def list_all_conflicts(identity: Identity, query: ConflictsQuery) -> tuple[int, Any]:
    """List what any leader handed out without a connection and did not fit."""
    wanted = all_conflicts(identity.limited_to, state=query.state)
    if (after := cursors.id_after(query.cursor)) is not None:
        wanted = wanted.where(PickupEvent.id > after)
    found = db.session.execute(wanted.order_by(PickupEvent.id).limit(query.limit + 1)).all()
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.PickupEvent.id,))
    return 200, {"items": [_conflict_json(row) for row in rows], "next_cursor": cursor}


@endpoint(
    "POST",
    "/pickup-conflicts/<event_id>/decide",
    scope="orders:write",
    roles=("operator",),
    body=ConflictDecision,
    answers={200: EventShape},
)
def decide_any_conflict(identity: Identity, event_id: str, body: ConflictDecision) -> tuple[int, Any]:
    """Decide in the leader's place what really became of the goods, once."""
    return 200, _decided(identity, identity.limited_to, event_id, body)


def _conflict_json(row: Any) -> Json:
    event: PickupEvent = row.PickupEvent
    return _event_json(event) | {
        "state": row.state,
        "leader_code": row.Leader.code,
        "round": row.Round and row.Round.name,
        "resident_code": row.Resident and row.Resident.code,
        "decided_at": event.decided_at and iso(event.decided_at),
    }


def _event_json(event: PickupEvent) -> Json:
    return {
        "event_id": event.event_id,
        "order_no": event.order_no,
        "outcome": event.outcome,
        "code": event.code,
        "message": event.message,
        "reason": event.reason,
        "happened_at": iso(event.happened_at),
        "received_at": iso(event.received_at),
        "decision": event.decision,
    }
