"""A resident's several doors; bags of later orders go to the default one."""

from typing import Annotated, Any

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.flows import doors
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.members import addresses
from groupbuy.members.models import Resident
from groupbuy.members.queries import get_resident_by_id
from groupbuy.members.service import MAX_ROOM

ONE = "/addresses/<int(max=2147483647):address_id>"


class Door(Body):
    """A building and room."""

    room: Annotated[Text, Field(min_length=1, max_length=MAX_ROOM)]


class AddressShape(Shape):
    """A door; bags go to the default one."""

    id: int
    room: str
    is_default: bool


class Addresses(Shape):
    """A resident's doors, the default first; ``items`` is empty before a second one is kept."""

    room: str | None
    items: list[AddressShape]


@endpoint("GET", "/addresses", scope="orders:read", roles=("resident",), answers={200: Addresses})
def list_addresses(identity: Identity) -> tuple[int, Any]:
    """List one's own doors."""
    return 200, _all(_me(identity))


@endpoint(
    "POST", "/addresses", scope="orders:write", roles=("resident",), body=Door, answers={201: Addresses}
)
def add_address(identity: Identity, body: Door) -> tuple[int, Any]:
    """Keep another door beside the default."""
    me = _me(identity)
    addresses.add_address(resident=me, room=body.room, now=utc_now(), actor=identity.actor.name)
    return 201, _all(me)


@endpoint("PUT", ONE, scope="orders:write", roles=("resident",), body=Door, answers={200: Addresses})
def edit_address(identity: Identity, address_id: int, body: Door) -> tuple[int, Any]:
    """Write a door anew; orders placed before keep theirs."""
    me, now, who = _me(identity), utc_now(), identity.actor.name
    doors.edit_address(resident=me, address_id=address_id, room=body.room, now=now, actor=who)
    return 200, _all(me)


@endpoint("POST", f"{ONE}/choose", scope="orders:write", roles=("resident",), answers={200: Addresses})
def choose_address(identity: Identity, address_id: int) -> tuple[int, Any]:
    """Let the bags of later orders go to a door."""
    me = _me(identity)
    doors.choose_address(resident=me, address_id=address_id, now=utc_now(), actor=identity.actor.name)
    return 200, _all(me)


@endpoint("DELETE", ONE, scope="orders:write", roles=("resident",), answers={200: Addresses})
def remove_address(identity: Identity, address_id: int) -> tuple[int, Any]:
    """Forget a door; the default one stays."""
    me = _me(identity)
    addresses.remove_address(resident=me, address_id=address_id, now=utc_now(), actor=identity.actor.name)
    return 200, _all(me)


def _me(identity: Identity) -> Resident:
    """Return the resident that asks; raise BadInput for an account that is several."""
    if len(identity.resident_ids) != 1:
        raise BadInput("inconsistent", "Issue a token for one of your profiles.", param="profile")
    return get_resident_by_id(identity.resident_ids[0])


def _all(resident: Resident) -> Json:
    rows = addresses.addresses_of(resident)
    items = [{"id": row.id, "room": row.room, "is_default": row.is_default} for row in rows]
    return {"room": resident.room, "items": items}
