"""What other programs hear of: entries of the audit log, told within a beat or two of their commit.

Every entry is sealed exactly once, and what nobody had queued by then is queued with its seal; an event is
queued once for each address, so every event leaves, and nobody who orders waits for it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select

from groupbuy.audit.models import AuditEntry, AuditSeal
from groupbuy.db import db
from groupbuy.messaging import webhooks
from groupbuy.messaging.models import WebhookDelivery
from groupbuy.messaging.webhooks import Event

EVENTS: Mapping[str, str] = {
    "round_open": "round.opened",
    "round_closed": "round.closed",
    "round_cancelled": "round.cancelled",
    "order_placed": "order.placed",
    "order_changed": "order.changed",
    "order_cancelled": "order.cancelled",
    "order_picked_up": "order.picked_up",
    "order_pickup_undone": "order.pickup_undone",
    "purchase_order_sent": "purchase_order.sent",
}
KINDS = tuple(EVENTS.values())
MOST_AT_ONCE = 1000


def is_due() -> bool:
    """Tell whether something has happened that is not queued for somebody who wants to hear of it."""
    return any(True for _ in _untold(AuditEntry.seal_id.is_(None), most=1))


def announce_new(*, now: datetime) -> int:
    """Queue what is not sealed yet; return how many deliveries that makes."""
    return webhooks.queue(_untold(AuditEntry.seal_id.is_(None), most=MOST_AT_ONCE), now=now)


def announce_sealed(*, now: datetime) -> int:
    """Queue what is left of the entries sealed last, in the transaction that seals them."""
    newest = select(AuditSeal.id).where(
        AuditSeal.number == select(func.max(AuditSeal.number)).scalar_subquery()
    )
    return webhooks.queue(_untold(AuditEntry.seal_id == newest.scalar_subquery()), now=now)


def _untold(which: ColumnElement[bool], *, most: int | None = None) -> Iterator[tuple[int, Event]]:
    """Yield the id of an address and an event that it wants and that is not queued for it."""
    verbs = {kind: verb for verb, kind in EVENTS.items()}
    for to in webhooks.endpoints():
        queued = exists().where(
            WebhookDelivery.entry_id == AuditEntry.id, WebhookDelivery.endpoint_id == to.id
        )
        rows = db.session.execute(
            select(AuditEntry.id, AuditEntry.verb, AuditEntry.at, AuditEntry.subject)
            .where(which, AuditEntry.verb.in_([verbs[kind] for kind in to.events]), ~queued)
            .order_by(AuditEntry.id)
            .limit(most)
        )
        for row in rows:
            yield to.id, Event(row.id, EVENTS[row.verb], row.at, row.subject)
