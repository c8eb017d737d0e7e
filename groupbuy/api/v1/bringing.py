"""How goods are brought: to leaders in their hours, to the door for a fee, by a courier with a number."""

from typing import Annotated, Any

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.rest_days import own_leader
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.flows import bringing
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.leaders import managing
from groupbuy.leaders.rules import check_goods_hours
from groupbuy.orders import carriage, fees
from groupbuy.orders.models import Order
from groupbuy.orders.queries import get_order


class DoorFee(Body):
    """What a leader takes for bringing an order to the door; null: this leader does not."""

    fee_fen: Annotated[int, Field(ge=0, le=bringing.MAX_DOOR_FEE_FEN)] | None


class GoodsHours(Body):
    """Between which minutes of the day a leader takes goods from a route; null for any time."""

    from_min: Annotated[int, Field(ge=0, le=1440)] | None = None
    until_min: Annotated[int, Field(ge=1, le=1440)] | None = None


class WayChoice(Body):
    """Whether an order is brought to the door."""

    to_door: bool


class Parcel(Body):
    """Which courier has an order under which number."""

    carrier: Annotated[Text, Field(min_length=1, max_length=carriage.MAX_CARRIER)]
    tracking_no: Annotated[Text, Field(min_length=1, max_length=carriage.MAX_TRACKING)]


class DoorFeeShape(Shape):
    """A leader's fee, null where the leader does not bring orders."""

    leader_code: str
    fee_fen: int | None


class GoodsHoursShape(Shape):
    """A leader's hours, in minutes of the day."""

    leader_code: str
    from_min: int | None
    until_min: int | None


class CarriageShape(Shape):
    """How an order is brought: ``door``, ``courier`` or null (fetched); ``fee_fen`` is for the door."""

    order_no: str
    way: str | None
    fee_fen: int
    carrier: str | None
    tracking_no: str | None


@endpoint("PUT", "/leaders/<code>/door-fee", scope="leaders:write", body=DoorFee, answers={200: DoorFeeShape})
def set_door_fee(identity: Identity, code: str, body: DoorFee) -> tuple[int, Any]:
    """Set what a leader takes for bringing an order to the door."""
    leader = own_leader(identity, code)
    bringing.set_door_fee(leader=leader, fee_fen=body.fee_fen, now=utc_now(), actor=identity.actor)
    return 200, {"leader_code": leader.code, "fee_fen": leader.door_fee_fen}


@endpoint(
    "PUT",
    "/leaders/<code>/goods-hours",
    scope="leaders:write",
    body=GoodsHours,
    answers={200: GoodsHoursShape},
)
def set_goods_hours(identity: Identity, code: str, body: GoodsHours) -> tuple[int, Any]:
    """Set between which times a leader takes goods; proposed tours arrive then."""
    leader = own_leader(identity, code)
    check_goods_hours(body.from_min, body.until_min)
    values = {"goods_from_min": body.from_min, "goods_until_min": body.until_min}
    managing.edit_leader(leader=leader, values=values, now=utc_now(), actor=identity.actor.name)
    return 200, {"leader_code": leader.code, "from_min": body.from_min, "until_min": body.until_min}


@endpoint("GET", "/orders/<number>/carriage", scope="orders:read", answers={200: CarriageShape})
def show_carriage(identity: Identity, number: str) -> tuple[int, Any]:
    """Show how an order is brought."""
    return 200, _json(_order(identity, number))


@endpoint(
    "PUT", "/orders/<number>/carriage", scope="orders:write", body=WayChoice, answers={200: CarriageShape}
)
def choose_carriage(identity: Identity, number: str, body: WayChoice) -> tuple[int, Any]:
    """Let an order be brought to the door, or fetched, while its round sells."""
    order = _order(identity, number)
    bringing.choose(order=order, to_door=body.to_door, now=utc_now(), actor=identity.actor)
    return 200, _json(order)


@endpoint(
    "PUT",
    "/orders/<number>/parcel",
    scope="warehouse:write",
    body=Parcel,
    answers={200: CarriageShape},
)
def set_parcel(identity: Identity, number: str, body: Parcel) -> tuple[int, Any]:
    """Note which courier has an order under which number; the resident is told."""
    order = get_order(number, leader_ids=identity.seen_leaders)
    bringing.hand_to_courier(
        order=order, carrier=body.carrier, tracking_no=body.tracking_no, now=utc_now(), actor=identity.actor
    )
    return 200, _json(order)


def _order(identity: Identity, number: str) -> Order:
    return get_order(
        number,
        resident_ids=identity.resident_ids if identity.role == "resident" else None,
        leader_ids=identity.leader_ids if identity.role == "leader" else identity.seen_leaders,
    )


def _json(order: Order) -> Json:
    row = carriage.carriage_of(order.id)
    return {
        "order_no": order.number,
        "way": row.way if row else None,
        "fee_fen": fees.fees_of(order.id).get(fees.DOOR, 0),
        "carrier": (row.carrier or None) if row else None,
        "tracking_no": (row.tracking_no or None) if row else None,
    }
