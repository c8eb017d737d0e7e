"""Notices: which channels are on, in which words, what was sent, sending once more, and opting out."""

from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.messages import PEOPLE, box
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso
from groupbuy.messaging.models import Message
from groupbuy.notices import choices, log, rules, texts
from groupbuy.notices.choices import Cell
from groupbuy.notices.log import Asked

TEXT = "/notices/texts/<event>/<role>/<channel>/<language>"
Phase = Literal["queued", "failed", "accepted", "printed", "given_up"]
Channel = Literal["page", "mail", "sms", "wechat"]
Name = Annotated[Text, Field(min_length=1, max_length=40)]


class CellShape(Shape):
    """Whether a channel tells a role of an event; ``always`` cannot be switched off."""

    event: str
    role: str
    channel: str
    on: bool
    always: bool


class Table(Shape):
    """Every event, role and channel."""

    items: list[CellShape]


class Switch(Body):
    """A channel to switch on or off."""

    event: Name
    role: Name
    channel: Channel
    on: bool


class Switches(Body):
    """Channels to switch; those that are not named stay."""

    items: Annotated[list[Switch], Field(min_length=1, max_length=200)]


class NoticeText(Shape):
    """The words of a channel in a language; of WeChat ``subject`` is the template's id there."""

    subject: str
    body: str
    own: bool
    placeholders: list[str]


class Words(Body):
    """Other words."""

    subject: Annotated[Text, Field(max_length=100)] = ""
    body: Annotated[Text, Field(min_length=1, max_length=1000)]


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


class Preference(Shape):
    """Something that one may hear of by a channel, and whether one wants to."""

    event: str
    channel: str
    on: bool


class Preferences(Shape):
    """What one may choose; what must be told is not among it."""

    items: list[Preference]


class Unwanted(Body):
    """Something that one does not want to hear of."""

    event: Name
    channel: Channel


class OptOut(Body):
    """All that one does not want to hear of; the rest is told."""

    off: Annotated[list[Unwanted], Field(max_length=200)]


@endpoint("GET", "/notices/table", scope="notices:write", answers={200: Table})
def show_notice_table(identity: Identity) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Tell which events are told to whom by which channel."""
    return 200, _table()


@endpoint("PATCH", "/notices/table", scope="notices:write", body=Switches, answers={200: Table})
def switch_notices(identity: Identity, body: Switches) -> tuple[int, Any]:
    """Switch channels on and off."""
    wanted: dict[Cell, bool] = {(one.event, one.role, one.channel): one.on for one in body.items}
    choices.switch(wanted=wanted, now=utc_now(), actor=identity.actor.name)
    return 200, _table()


@endpoint("GET", TEXT, scope="notices:write", answers={200: NoticeText})
def show_notice_text(
    identity: Identity,  # noqa: ARG001 - every view gets the identity.
    event: str,
    role: str,
    channel: str,
    language: str,
) -> tuple[int, Any]:
    """Show the words of a channel in a language."""
    return 200, _text(event, texts.text_of(event, role, channel, language))


@endpoint("PUT", TEXT, scope="notices:write", body=Words, answers={200: NoticeText})
def write_notice_text(
    identity: Identity, event: str, role: str, channel: str, language: str, body: Words
) -> tuple[int, Any]:
    """Put other words in the place of those in force."""
    written = texts.write(
        event=event,
        role=role,
        channel=channel,
        language=language,
        subject=body.subject,
        body=body.body,
        now=utc_now(),
        actor=identity.actor.name,
    )
    return 200, _text(event, written)


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


@endpoint("GET", "/messages/preferences", scope="orders:read", roles=PEOPLE, answers={200: Preferences})
def show_preferences(identity: Identity) -> tuple[int, Any]:
    """Tell what one may hear of, and what one wants to."""
    return 200, preferences_of(box(identity))


@endpoint(
    "PUT",
    "/messages/preferences",
    scope="orders:write",
    roles=PEOPLE,
    body=OptOut,
    answers={200: Preferences},
)
def set_preferences(identity: Identity, body: OptOut) -> tuple[int, Any]:
    """Say all that one does not want to hear of."""
    return 200, prefer(box(identity), body)


def prefer(mine: str, body: OptOut) -> Json:
    """Note all that somebody does not want to hear of."""
    choices.prefer(recipient=mine, off=[(one.event, one.channel) for one in body.off])
    return preferences_of(mine)


def _table() -> Json:
    return {
        "items": [
            {
                "event": event,
                "role": role,
                "channel": channel,
                "on": on,
                "always": rules.is_bound(event, channel),
            }
            for (event, role, channel), on in choices.table().items()
        ]
    }


def _text(event: str, text: texts.Text) -> Json:
    placeholders = list(rules.EVENTS[event].samples)
    return {"subject": text.subject, "body": text.body, "own": text.own, "placeholders": placeholders}


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


def preferences_of(mine: str) -> Json:
    """Return what somebody may choose."""
    off = {(event, channel) for _who, event, channel in choices.unwanted([mine])}
    return {
        "items": [
            {"event": event, "channel": channel, "on": (event, channel) not in off}
            for event, channel in choices.offered_to(mine)
        ]
    }
