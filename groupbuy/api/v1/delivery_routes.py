"""Routes changed by hand: new ones, who drives, stops on another place, called back; and their notes."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from flask import Response, current_app
from pydantic import Field

from groupbuy.api.v1.delivery import Deliveries, day_of_path
from groupbuy.api.v1.documents import private_file
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.config import Settings
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import papers, queries, service
from groupbuy.delivery.rules import MAX_NAME
from groupbuy.delivery.service import MAX_TEXT, MAX_UNITS
from groupbuy.delivery.views import day_json
from groupbuy.flows import dispatching
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.http.row_ids import MAX_ROW_ID
from groupbuy.kernel.clock import utc_now

Row = Annotated[int, Field(ge=1, le=MAX_ROW_ID)]
Words = Annotated[Text, Field(max_length=MAX_TEXT)] | None


class NewRoute(Body):
    """A route that no leader has as its usual one."""

    name: Annotated[Text, Field(min_length=1, max_length=MAX_NAME)]


class RouteChange(Body):
    """Who drives and how many sale units fit in; null for nobody knows. ``version`` is the one seen."""

    version: Row
    driver: Words = None
    driver_phone: Words = None
    capacity_units: Annotated[int, Field(ge=1, le=MAX_UNITS)] | None = None


class StopMove(Body):
    """The route that a stop comes onto, and its place there, counted from 1."""

    route: Row
    place: Annotated[int, Field(ge=1, le=MAX_UNITS)]


class CallBack(Body):
    """Why a route has not left after all."""

    reason: Annotated[Text, Field(min_length=1, max_length=MAX_TEXT)]


class NotArrived(Body):
    """Why goods are not at a leader's after all."""

    reason: Annotated[Text, Field(min_length=1, max_length=MAX_TEXT)]


@endpoint(
    "POST", "/deliveries/<day>/routes", scope="warehouse:write", body=NewRoute, answers={201: Deliveries}
)
def add_route(identity: Identity, day: str, body: NewRoute) -> tuple[int, Any]:
    """Make a route without stops on a day."""
    when = day_of_path(day)
    service.add_route(day=when, name=body.name, now=utc_now(), actor=identity.actor.name)
    return 201, day_json(when)


@endpoint(
    "PUT",
    "/delivery-routes/<int:route>",
    scope="warehouse:write",
    body=RouteChange,
    answers={200: Deliveries},
)
def change_route(identity: Identity, route: int, body: RouteChange) -> tuple[int, Any]:
    """Say who drives and what fits in."""
    changed = service.change_route(
        route_id=route,
        version=body.version,
        driver=body.driver,
        driver_phone=body.driver_phone,
        capacity_units=body.capacity_units,
        now=utc_now(),
        actor=identity.actor.name,
    )
    return 200, day_json(changed.day)


@endpoint(
    "POST",
    "/delivery-stops/<int:stop>/move",
    scope="warehouse:write",
    body=StopMove,
    answers={200: Deliveries},
)
def move_stop(identity: Identity, stop: int, body: StopMove) -> tuple[int, Any]:
    """Put a stop to another place, or onto another route of its day, while neither has left."""
    moved = service.move_stop(
        stop_id=stop, route_id=body.route, place=body.place, now=utc_now(), actor=identity.actor.name
    )
    return 200, day_json(moved.day)


@endpoint(
    "POST",
    "/delivery-routes/<int:route>/call-back",
    scope="warehouse:write",
    body=CallBack,
    answers={200: Deliveries},
)
def call_route_back(identity: Identity, route: int, body: CallBack) -> tuple[int, Any]:
    """Note within half an hour that a route has not left after all, while nothing of it has arrived."""
    dispatching.call_back(route_id=route, reason=body.reason, now=utc_now(), actor=identity.actor)
    return 200, day_json(queries.get_route(route).day)


@endpoint(
    "POST",
    "/delivery-stops/<int:stop>/not-arrived",
    scope="warehouse:write",
    body=NotArrived,
    answers={200: Deliveries},
)
def take_arrival_back(identity: Identity, stop: int, body: NotArrived) -> tuple[int, Any]:
    """Note within half an hour that goods are not at a leader's after all, while nobody has signed."""
    found = dispatching.take_arrival_back(
        stop_id=stop, reason=body.reason, now=utc_now(), actor=identity.actor
    )
    return 200, day_json(found.day)


@endpoint(
    "GET",
    "/delivery-routes/<int:route>/notes.<any(xlsx, pdf):suffix>",
    scope="warehouse:read",
    answers={200: None},
)
def delivery_notes(identity: Identity, route: int, suffix: str) -> Response:
    """Download the delivery notes of a route, a sheet for each stop."""
    return _paper(identity, route, papers.NOTES, suffix)


@endpoint(
    "GET",
    "/delivery-routes/<int:route>/loading.<any(xlsx, pdf):suffix>",
    scope="warehouse:read",
    answers={200: None},
)
def loading_list_of_route(identity: Identity, route: int, suffix: str) -> Response:
    """Download how a route's vehicle is loaded: the last stop first, bags and units by temperature zone."""
    return _paper(identity, route, papers.LOADING, suffix)


def _paper(identity: Identity, route_id: int, kind: str, suffix: str) -> Response:
    now = utc_now()
    file = papers.paper_of(route_id, kind, suffix, zone=_zone(), now=now)
    in_transaction(lambda: papers.log_taken(route_id, kind, now=now, actor=identity.actor.name))
    return private_file(file.content, file.name, file.mime_type)


def _zone() -> ZoneInfo:
    settings: Settings = current_app.extensions["groupbuy_settings"]
    return settings.timezone
