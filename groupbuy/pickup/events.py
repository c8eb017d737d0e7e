"""Events of phones that handed out without a connection: each is kept once, under the phone's own id."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.kernel.errors import NotFound
from groupbuy.pickup.models import PickupEvent

MAX_ID = 64


@dataclass(frozen=True, slots=True)
class Event:
    """What a phone handed out of an order, at its own time; ``parts`` None is all that was left."""

    event_id: str
    order_no: str
    happened_at: datetime
    reason: str | None = None
    parts: tuple[tuple[str, int], ...] | None = None


def claim(event: Event, *, leader_id: int, now: datetime, actor: str) -> PickupEvent | None:
    """Store an event that nobody has stored; None when it is there already, from now or from before."""
    values = {
        "event_id": event.event_id,
        "leader_id": leader_id,
        "order_no": event.order_no,
        "parts": None if event.parts is None else [list(part) for part in event.parts],
        "reason": event.reason,
        "happened_at": event.happened_at,
        "received_at": now,
        "actor": actor,
        "outcome": "done",
    }
    stored = insert_into(PickupEvent).values(values).on_conflict_do_nothing().returning(PickupEvent.id)
    stored_id = db.session.execute(stored).scalar()
    return None if stored_id is None else db.session.get_one(PickupEvent, stored_id)


def get_by_event_id(event_id: str, *, leader_ids: Sequence[int] | None) -> PickupEvent:
    """Return an event of these leaders, None for all; raise NotFound, also when it is somebody else's."""
    found = select(PickupEvent).where(PickupEvent.event_id == event_id)
    if leader_ids is not None:
        found = found.where(PickupEvent.leader_id.in_(leader_ids))
    event = db.session.scalar(found)
    if event is None:
        raise NotFound("unknown_event", "There is no such event.")
    return event


def lock(event: PickupEvent) -> PickupEvent:
    """Lock an event and read it anew."""
    return db.session.get_one(PickupEvent, event.id, with_for_update=True, populate_existing=True)


def conflicts(
    leader_ids: Sequence[int], *, after: int | None = None, most: int | None = None
) -> Sequence[PickupEvent]:
    """Return the events that could not be booked and wait for a decision, as they were told.

    ``after`` is the id that a page ended with.
    """
    found = _open(leader_ids).order_by(PickupEvent.id).limit(most)
    return db.session.scalars(found if after is None else found.where(PickupEvent.id > after)).all()


def count_conflicts(leader_ids: Sequence[int]) -> int:
    """Return how many events wait for a decision."""
    return db.session.scalar(select(func.count()).select_from(_open(leader_ids).subquery())) or 0


def _open(leader_ids: Sequence[int]) -> Select[PickupEvent]:
    return select(PickupEvent).where(PickupEvent.leader_id.in_(leader_ids), PickupEvent.outcome == "conflict")
