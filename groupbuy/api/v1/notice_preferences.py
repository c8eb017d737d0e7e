"""Notices: what somebody does not want to hear of."""

from typing import Annotated, Any

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.messages import PEOPLE, box
from groupbuy.api.v1.notices import Channel, Name
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body
from groupbuy.notices import choices


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


def preferences_of(mine: str) -> Json:
    """Return what somebody may choose."""
    off = {(event, channel) for _who, event, channel in choices.unwanted([mine])}
    return {
        "items": [
            {"event": event, "channel": channel, "on": (event, channel) not in off}
            for event, channel in choices.offered_to(mine)
        ]
    }
