"""The job that tells another program of an event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.messaging import webhooks
from groupbuy.messaging.posting import NotTaken, Poster
from groupbuy.messaging.webhooks import Outgoing
from groupbuy.scheduler.work import Handler

REMOVED = 0


def handler(poster: Poster) -> Handler:
    """Return how events are delivered."""

    def act(payload: Mapping[str, Any]) -> int:
        outgoing = webhooks.outgoing(payload["delivery"])
        db.session.rollback()
        return REMOVED if outgoing is None else _deliver(poster, outgoing)

    def record(payload: Mapping[str, Any], status: int, now: datetime) -> str:
        if status == REMOVED:
            return "webhook removed"
        webhooks.note_accepted(payload["delivery"], status=status, now=now)
        return f"answered {status}"

    return Handler(record=record, act=act, patience=webhooks.PATIENCE)


def _deliver(poster: Poster, outgoing: Outgoing) -> int:
    now = utc_now()
    if outgoing.quiet_until is not None and outgoing.quiet_until > now:
        raise NotTaken("left in peace after a failure")
    headers = {
        "Content-Type": "application/json",
        "Groupbuy-Event": outgoing.event,
        "Groupbuy-Signature": webhooks.signature(outgoing.secret, outgoing.body, now),
    }
    try:
        return poster.post(outgoing.url, outgoing.body, headers)
    except NotTaken:
        with transaction():
            webhooks.leave_in_peace(outgoing.endpoint_id, until=now + webhooks.QUIET)
        raise
