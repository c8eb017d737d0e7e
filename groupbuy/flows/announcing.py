"""What other programs hear of: entries of the audit log, told when they are sealed.

Every entry is sealed exactly once, so every event is queued exactly once, and nobody who orders waits for it.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select

from groupbuy.audit.models import AuditEntry, AuditSeal
from groupbuy.db import db
from groupbuy.messaging import webhooks
from groupbuy.messaging.webhooks import Event

EVENTS: Mapping[str, str] = {
    "round_open": "round.opened",
    "round_closed": "round.closed",
    "round_cancelled": "round.cancelled",
    "order_placed": "order.placed",
    "order_changed": "order.changed",
    "order_cancelled": "order.cancelled",
    "order_picked_up": "order.picked_up",
    "purchase_order_sent": "purchase_order.sent",
}
KINDS = tuple(EVENTS.values())


def announce_sealed(*, now: datetime) -> int:
    """Queue the events among the entries sealed last, in the transaction that seals them."""
    if not webhooks.endpoints():
        return 0
    newest = select(AuditSeal.id).where(
        AuditSeal.number == select(func.max(AuditSeal.number)).scalar_subquery()
    )
    rows = db.session.execute(
        select(AuditEntry.id, AuditEntry.verb, AuditEntry.at, AuditEntry.subject)
        .where(AuditEntry.seal_id == newest.scalar_subquery(), AuditEntry.verb.in_(EVENTS))
        .order_by(AuditEntry.id)
    )
    events = [Event(row.id, EVENTS[row.verb], row.at, row.subject) for row in rows]
    return webhooks.queue(events, now=now)
