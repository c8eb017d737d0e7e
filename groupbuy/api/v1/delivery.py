"""Routes of a day: planned, on their way, and signed for by the leaders."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Json, Shape
from groupbuy.delivery import brought, planning, queries, service
from groupbuy.delivery.models import DeliveryStop
from groupbuy.delivery.service import MAX_TEXT, MAX_UNITS
from groupbuy.delivery.views import day_json
from groupbuy.flows import dispatching, signing
from groupbuy.flows.signing import Count
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Query, Text
from groupbuy.http.row_ids import MAX_ROW_ID
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, NotFound
from groupbuy.kernel.times import iso, parse_date

PATH = "/deliveries/<day>"
LEADERS = ("leader",)


class Stop(Shape):
    """A leader's stop; units are sale units of what it brings, times null until it happened.

    ``tour`` counts a leader's stops of a day: what comes after a vehicle has left has one of its own.
    """

    stop: int
    place: int
    leader: str
    tour: int
    units: int
    arrived_at: str | None
    signed_at: str | None


class Route(Shape):
    """A route with its stops in the order of the tour; loaded from the last to the first."""

    route: int
    version: int
    name: str
    driver: str | None
    driver_phone: str | None
    capacity_units: int | None
    left_at: str | None
    units: int
    stops: list[Stop]


class Tour(Shape):
    """A route's proposed leaders in their order; metres as the crow flies, there and back."""

    route: str
    leaders: list[str]
    units: int
    metres: int


class Proposal(Shape):
    """What a solver proposes (``waiting``, ``ready``, ``failed``); ``before_m``: the day's metres as planned.

    ``staying``: leaders whose place nobody knows.
    """

    state: str
    asked_at: str
    before_m: int
    metres: int | None
    tours: list[Tour]
    staying: list[str]
    why: str | None


class Deliveries(Shape):
    """The routes of a day, the codes of leaders with goods but no stop, and what a solver proposes."""

    day: str
    routes: list[Route]
    unplanned: list[str]
    proposal: Proposal | None


class Planned(Shape):
    """How many stops are new."""

    stops: int


class GoodsLine(Shape):
    """What a leader is to get of a product of a round, in sale units."""

    round: str
    product_code: str
    name: str
    units: int


class LeaveWithout(Body):
    """The names of rounds that have closed but are not on the vehicle: a later one brings them."""

    later: Annotated[list[Code], Field(min_length=1, max_length=100)]


class GoodsQuery(Query):
    """The stop that is meant where several vehicles came; else the first that is not signed for."""

    stop: Annotated[int, Field(ge=1, le=MAX_ROW_ID)] | None = None


class Goods(Shape):
    """A leader's goods of a day; ``signed_at`` null: not signed for yet. ``stops``: all of that day."""

    stop: int
    stops: list[int]
    day: str
    route: str
    signed_at: str | None
    lines: list[GoodsLine]


class CountedLine(Body):
    """What came of a product of a round, where that is not what was sent."""

    round: Code
    product_code: Code
    got: Annotated[int, Field(ge=0, le=MAX_UNITS)]
    reason: Literal["missing", "damaged"] | None = None


class Sign(Body):
    """What was not as sent; everything else came as sent.

    With ``later`` these lines showed only after signing, each product once; nothing is signed anew. ``stop``
    says which goods are meant where several vehicles came.
    """

    stop: Annotated[int, Field(ge=1, le=MAX_ROW_ID)] | None = None

    lines: Annotated[list[CountedLine], Field(max_length=2000)]
    later: bool = False
    note: Annotated[Text, Field(max_length=MAX_TEXT)] | None = None


@endpoint("GET", PATH, scope="warehouse:read", answers={200: Deliveries})
def show_deliveries(identity: Identity, day: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets it
    """Show the routes of a day."""
    return 200, day_json(day_of_path(day))


@endpoint("POST", f"{PATH}/plan", scope="warehouse:write", answers={200: Planned})
def plan_deliveries(identity: Identity, day: str) -> tuple[int, Any]:
    """Give each leader with goods of a day a stop on its usual route; who has one keeps it."""
    return 200, {"stops": service.plan_day(day=day_of_path(day), now=utc_now(), actor=identity.actor.name)}


@endpoint("POST", f"{PATH}/proposal", scope="warehouse:write", answers={202: Deliveries})
def propose_tours(identity: Identity, day: str) -> tuple[int, Any]:
    """Ask a solver for short tours of a day; look at the day until they are ready."""
    planning.propose(day=day_of_path(day), now=utc_now(), actor=identity.actor.name)
    return 202, day_json(day_of_path(day))


@endpoint("POST", f"{PATH}/proposal/take", scope="warehouse:write", answers={200: Deliveries})
def take_tours(identity: Identity, day: str) -> tuple[int, Any]:
    """Put the stops of a day onto the routes and into the order proposed."""
    planning.take_over(day=day_of_path(day), now=utc_now(), actor=identity.actor.name)
    return 200, day_json(day_of_path(day))


@endpoint("DELETE", f"{PATH}/proposal", scope="warehouse:write", answers={200: Deliveries})
def drop_tours(identity: Identity, day: str) -> tuple[int, Any]:
    """Throw away what is proposed for a day."""
    planning.throw_away(day=day_of_path(day), now=utc_now(), actor=identity.actor.name)
    return 200, day_json(day_of_path(day))


@endpoint("POST", "/delivery-routes/<int:route>/leave", scope="warehouse:write", answers={200: Deliveries})
def leave_route(identity: Identity, route: int) -> tuple[int, Any]:
    """Note that a route has left; again changes nothing."""
    dispatching.leave(route_id=route, now=utc_now(), actor=identity.actor)
    return 200, day_json(queries.get_route(route).day)


@endpoint(
    "POST",
    "/delivery-routes/<int:route>/leave-without",
    scope="warehouse:write",
    body=LeaveWithout,
    answers={200: Deliveries},
)
def leave_without(identity: Identity, route: int, body: LeaveWithout) -> tuple[int, Any]:
    """Note that a route has left; goods of some rounds wait for a later vehicle. Again changes nothing."""
    dispatching.leave(route_id=route, now=utc_now(), actor=identity.actor, later=body.later)
    return 200, day_json(queries.get_route(route).day)


@endpoint("POST", "/delivery-stops/<int:stop>/arrive", scope="warehouse:write", answers={200: Deliveries})
def arrive_at_stop(identity: Identity, stop: int) -> tuple[int, Any]:
    """Note that goods are at a leader's; again changes nothing."""
    found = service.arrive(stop_id=stop, now=utc_now(), actor=identity.actor.name)
    return 200, day_json(found.day)


@endpoint("GET", f"{PATH}/goods", scope="orders:read", roles=LEADERS, query=GoodsQuery, answers={200: Goods})
def show_goods(identity: Identity, day: str, query: GoodsQuery) -> tuple[int, Any]:
    """Show what a leader is to get on a day."""
    mine = _own_stops(identity, day, query.stop)
    return 200, _goods_json(next((stop for stop in mine if stop.signed_at is None), mine[-1]))


@endpoint("POST", f"{PATH}/sign", scope="pickups:write", roles=LEADERS, body=Sign, answers={200: Goods})
def sign_for_goods(identity: Identity, day: str, body: Sign) -> tuple[int, Any]:
    """Sign for the goods of a day, and say what was not as sent."""
    mine = _own_stops(identity, day, body.stop)
    if len(mine) > 1:
        # Who repeats a signature must not sign for the next vehicle's goods.
        raise BadInput("required", "Several vehicles came on this day; name the stop.", param="stop")
    (stop,) = mine
    offers = {(one.round_name, one.code): one.offer_id for one in brought.goods_of_stop(stop)}
    counts: dict[int, Count] = {}
    for index, line in enumerate(body.lines):
        offer_id = offers.get((line.round, line.product_code))
        if offer_id is None or offer_id in counts:
            raise BadInput(
                "unknown_product", "Nothing of this was sent.", param=f"lines[{index}].product_code"
            )
        counts[offer_id] = Count(line.got, line.reason)
    leaders, now, actor = identity.leader_ids, utc_now(), identity.actor
    if body.later:
        signing.report_later(stop_id=stop.id, leader_ids=leaders, counts=counts, now=now, actor=actor)
    else:
        signing.sign(stop_id=stop.id, leader_ids=leaders, counts=counts, now=now, actor=actor, note=body.note)
    return 200, _goods_json(stop)


def day_of_path(text: str) -> date:
    """Return the day in an address; raise NotFound."""
    try:
        return parse_date(text)
    except ValueError as error:
        raise NotFound("unknown_day", "Write a day as 2026-12-31.") from error


def _own_stops(identity: Identity, day: str, wanted: int | None) -> list[DeliveryStop]:
    """Return what has left for the first of one's leaders with anything, or the one stop that is wanted."""
    for leader_id in identity.leader_ids:
        gone = queries.stops_that_left(day_of_path(day), leader_id)
        mine = [stop for stop in gone if wanted in (None, stop.id)]
        if mine:
            return mine
    raise NotFound("unknown_stop", "Nothing has left for you on this day.")


def _goods_json(stop: DeliveryStop) -> Json:
    return {
        "stop": stop.id,
        "stops": [one.id for one in queries.stops_that_left(stop.day, stop.leader_id)],
        "day": stop.day.isoformat(),
        "route": stop.route.name,
        "signed_at": iso(stop.signed_at) if stop.signed_at else None,
        "lines": [
            {
                "round": one.round_name,
                "product_code": one.code,
                "name": one.name,
                "units": one.units,
            }
            for one in brought.goods_of_stop(stop)
        ],
    }
