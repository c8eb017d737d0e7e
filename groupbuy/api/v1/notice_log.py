"""Notices: what was sent and what became of it, and sending once more."""

from typing import Any, Literal

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.notices import Channel, Name
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.http.identity import Identity
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso
from groupbuy.messaging.models import Message
from groupbuy.notices import log
from groupbuy.notices.log import Asked

Phase = Literal["queued", "failed", "accepted", "printed", "given_up"]


class LogQuery(Page):
    """Which part of the log."""

    event: Name | None = None
    channel: Channel | None = None
    state: Phase | None = None
    recipient: Name | None = None


class Entry(Shape):
    """A notice: ``failed`` is tried again by itself, ``given_up`` waits for somebody to send it again."""

    id: int
    event: str
    recipient: str
    channel: str
    subject: str
    body: str
    state: str
    error: str | None
    created_at: str
    accepted_at: str | None


class Log(Shape):
    """A page of the log, the newest first."""

    items: list[Entry]
    next_cursor: str | None


@endpoint("GET", "/notices/log", scope="notices:write", query=LogQuery, answers={200: Log})
def list_notices(identity: Identity, query: LogQuery) -> tuple[int, Any]:  # noqa: ARG001 - as above.
    """Show what was sent and what became of it."""
    before = cursors.id_after(query.cursor)
    asked = Asked(query.event, query.channel, query.state, query.recipient)
    rows = log.recent(asked, most=query.limit + 1, before=before)
    rows, cursor = cursors.page(rows, limit=query.limit, key=lambda row: (row.id,))
    return 200, {"items": [_entry(row) for row in rows], "next_cursor": cursor}


@endpoint(
    "POST", "/notices/log/<int(max=2147483647):message_id>/again", scope="notices:write", answers={200: Entry}
)
def send_notice_again(identity: Identity, message_id: int) -> tuple[int, Any]:
    """Send a notice once more that was given up."""
    message = log.send_again(message_id=message_id, now=utc_now(), actor=identity.actor.name)
    return 200, _entry(message)


def _entry(row: Message) -> Json:
    return {
        "id": row.id,
        "event": row.event,
        "recipient": row.recipient,
        "channel": row.channel,
        "subject": row.subject,
        "body": row.body,
        "state": log.phase_of(row),
        "error": row.last_error,
        "created_at": iso(row.created_at),
        "accepted_at": iso(row.accepted_at) if row.accepted_at else None,
    }
