"""The messages that a resident, a leader or a helper was left."""

from typing import Annotated, Any

from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body
from groupbuy.http.row_ids import MAX_ROW_ID
from groupbuy.kernel.times import iso
from groupbuy.messaging import notes

PEOPLE = ("resident", "leader")


class MessageShape(Shape):
    """A message; ``unread`` until it has been marked."""

    id: int
    subject: str
    body: str
    at: str
    unread: bool


class Messages(Shape):
    """Messages, the latest first, and how many are unread (at most a hundred are counted)."""

    unread: int
    items: list[MessageShape]
    next_cursor: str | None


class Seen(Body):
    """The id of the latest message that was read."""

    until: Annotated[int, Field(ge=0, le=MAX_ROW_ID)]


class Unread(Shape):
    """How many messages are unread still."""

    unread: int


@endpoint("GET", "/messages", scope="orders:read", roles=PEOPLE, query=Page, answers={200: Messages})
def list_messages(identity: Identity, query: Page) -> tuple[int, Any]:
    """List one's own messages, the latest first."""
    return 200, listed(box(identity), query)


def listed(mine: str, query: Page) -> Json:
    """Return a page of somebody's messages."""
    found = notes.notes_to(mine, before=cursors.id_after(query.cursor), most=query.limit + 1)
    shown, cursor = cursors.page(found, limit=query.limit, key=lambda one: (one.id,))
    seen = notes.seen_until(mine)
    items: list[Json] = [
        {
            "id": one.id,
            "subject": one.subject,
            "body": one.body,
            "at": iso(one.created_at),
            "unread": one.id > seen,
        }
        for one in shown
    ]
    return {"unread": notes.unseen(mine), "items": items, "next_cursor": cursor}


@endpoint("POST", "/messages/seen", scope="orders:write", roles=PEOPLE, body=Seen, answers={200: Unread})
def mark_messages(identity: Identity, body: Seen) -> tuple[int, Any]:
    """Mark messages up to one as read; what was read stays read."""
    return 200, marked(box(identity), body)


def marked(mine: str, body: Seen) -> Json:
    """Mark somebody's messages as read; return how many are not."""
    known = notes.notes_to(mine, most=1)
    notes.mark_seen(mine, until=min(body.until, known[0].id if known else 0))
    return {"unread": notes.unseen(mine)}


def box(identity: Identity) -> str:
    """Return whose messages these are: the resident's, or those of the leader that the token acts as."""
    if identity.role == "leader":
        return f"leader:{identity.leader_ids[0]}"
    return f"resident:{identity.resident_ids[0]}"
