"""Notices: which channels are on."""

from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.notices import choices, rules
from groupbuy.notices.choices import Cell

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
