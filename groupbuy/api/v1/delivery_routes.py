"""Routes changed by hand: new ones, who drives, stops on another place, called back; and their notes."""

from collections.abc import Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from flask import Response, current_app
from pydantic import Field

from groupbuy.api.v1.delivery import Deliveries, day_of_path
from groupbuy.api.v1.documents import private_file
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.audit import service as audit
from groupbuy.config import Settings
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import brought, queries, service
from groupbuy.delivery.loading import loads_of
from groupbuy.delivery.models import DeliveryRoute
from groupbuy.delivery.rules import MAX_NAME
from groupbuy.delivery.service import MAX_TEXT, MAX_UNITS
from groupbuy.delivery.sheets import loading_list, notes_of
from groupbuy.delivery.views import day_json
from groupbuy.documents import pdf, xlsx
from groupbuy.documents.sheet import Sheet
from groupbuy.flows import dispatching
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.http.row_ids import MAX_ROW_ID
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound

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
    found, now = queries.get_route(route), utc_now()
    goods = brought.goods_of_stops(found.stops)
    sheets = notes_of(found, goods, zone=_zone(), printed_at=now)
    return _paper(identity, found, sheets, "配送单", "delivery_note", suffix)


@endpoint(
    "GET",
    "/delivery-routes/<int:route>/loading.<any(xlsx, pdf):suffix>",
    scope="warehouse:read",
    answers={200: None},
)
def loading_list_of_route(identity: Identity, route: int, suffix: str) -> Response:
    """Download how a route's vehicle is loaded: the last stop first, bags and units by temperature zone."""
    found, now = queries.get_route(route), utc_now()
    loads = loads_of(found)
    sheets = [loading_list(found, loads, zone=_zone(), printed_at=now)] if loads else []
    return _paper(identity, found, sheets, "装车单", "loading_list", suffix)


def _paper(
    identity: Identity, route: DeliveryRoute, sheets: Sequence[Sheet], title: str, kind: str, suffix: str
) -> Response:
    if not sheets:
        raise NotFound("unknown_document", "Nothing is delivered on this route.")
    name, route_id, now = f"{title}-{route.day}-{route.name}.{suffix}", route.id, utc_now()
    content = pdf.write_pdf(sheets) if suffix == "pdf" else xlsx.write_xlsx(sheets)
    in_transaction(
        lambda: audit.record(
            at=now,
            actor=identity.actor.name,
            verb="document_taken",
            subject_kind="delivery_route",
            subject=str(route_id),
            after={"kind": kind},
        )
    )
    return private_file(content, name, pdf.CONTENT_TYPE if suffix == "pdf" else xlsx.CONTENT_TYPE)


def _zone() -> ZoneInfo:
    settings: Settings = current_app.extensions["groupbuy_settings"]
    return settings.timezone
