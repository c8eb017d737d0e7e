"""Orders that are brought: to the door by the leader for a fee, or by a courier with a number."""

from typing import Annotated, Any

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.rest_days import own_leader
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.flows import bringing
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import MAX_FEN
from groupbuy.orders import carriage, fees
from groupbuy.orders.models import Order
from groupbuy.orders.queries import get_order


class DoorFee(Body):
    """What a leader takes for bringing an order to the door; null: this leader does not."""

    fee_fen: Annotated[int, Field(ge=0, le=MAX_FEN)] | None


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
