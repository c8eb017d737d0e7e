"""Leaders and residents; phones are masked in every list."""

from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Json, Page, Shape
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.phones import mask_phone
from groupbuy.leaders import managing
from groupbuy.leaders import queries as leaders
from groupbuy.leaders.models import Leader
from groupbuy.members import queries as members
from groupbuy.members.models import Resident
from groupbuy.members.queries import WantedResidents

MAX_BAGS = 10**6
Search = Annotated[Text, Field(min_length=1, max_length=100)]


class LeaderSearch(Page):
    """Which leaders are wanted; ``search`` is part of a code, name, route or community, or a phone's tail."""

    state: Literal["applied", "reviewed", "active", "suspended", "exited", "rejected"] | None = None
    search: Search | None = None


class ResidentSearch(Page):
    """Which residents are wanted; ``search`` is a code, a phone's tail, part of a name or of a door."""

    leader_code: Code | None = None
    active: bool | None = None
    search: Search | None = None


class LeaderShape(Shape):
    """A leader; ``address`` is the pickup point."""

    code: str
    name: str
    phone: str
    community: str | None
    address: str | None
    route: str | None
    state: str


class Leaders(Shape):
    """A page of leaders, by code."""

    items: list[LeaderShape]
    next_cursor: str | None


class ResidentShape(Shape):
    """A resident, bound to a leader."""

    code: str
    name: str
    phone: str
    leader_code: str
    building: str | None
    room: str | None
    active: bool


class Residents(Shape):
    """A page of residents, by code."""

    items: list[ResidentShape]
    next_cursor: str | None


class Capacity(Body):
    """How many residents' bags a pickup point takes on a day; null for any number."""

    bags: Annotated[int, Field(ge=1, le=MAX_BAGS)] | None


class CapacityShape(Shape):
    """The capacity of a leader's pickup point."""

    code: str
    bags: int | None


@endpoint(
    "PUT",
    "/leaders/<code>/capacity",
    scope="leaders:write",
    roles=("operator",),
    body=Capacity,
    answers={200: CapacityShape},
)
def set_capacity(identity: Identity, code: str, body: Capacity) -> tuple[int, Any]:
    """Bound how many residents' bags a leader's pickup point takes on a day."""
    leader = leaders.get_leader(code)
    managing.edit_leader(
        leader=leader, values={"bag_capacity": body.bags}, now=utc_now(), actor=identity.actor.name
    )
    return 200, {"code": leader.code, "bags": leader.bag_capacity}


@endpoint("GET", "/leaders", scope="people:read", query=LeaderSearch, answers={200: Leaders})
def list_leaders(identity: Identity, query: LeaderSearch) -> tuple[int, Any]:
    """List leaders by code; a leader sees itself."""
    rows = leaders.leaders_page(
        leader_ids=identity.seen_leaders,
        state=query.state,
        text=query.search,
        after=cursors.code_after(query.cursor),
        most=query.limit + 1,
    )
    rows, cursor = cursors.page(rows, limit=query.limit, key=lambda row: (row.code,))
    return 200, {"items": [_leader(row) for row in rows], "next_cursor": cursor}


@endpoint("GET", "/residents", scope="people:read", query=ResidentSearch, answers={200: Residents})
def list_residents(identity: Identity, query: ResidentSearch) -> tuple[int, Any]:
    """List residents by code; a leader sees its own."""
    rows = members.residents_page(
        WantedResidents(query.leader_code, query.active, query.search),
        leader_ids=identity.seen_leaders,
        after=cursors.code_after(query.cursor),
        most=query.limit + 1,
    )
    rows, cursor = cursors.page(rows, limit=query.limit, key=lambda row: (row.code,))
    return 200, {"items": [_resident(row) for row in rows], "next_cursor": cursor}


def _leader(leader: Leader) -> Json:
    return {
        "code": leader.code,
        "name": leader.name,
        "phone": mask_phone(leader.phone),
        "community": leader.community.name if leader.community else None,
        "address": leader.address,
        "route": leader.route,
        "state": leader.state,
    }


def _resident(resident: Resident) -> Json:
    return {
        "code": resident.code,
        "name": resident.name,
        "phone": mask_phone(resident.phone),
        "leader_code": resident.leader.code,
        "building": resident.building,
        "room": resident.room,
        "active": resident.active,
    }
