"""Pickups: a code is verified and its goods are handed out."""

from typing import Annotated, Any

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.order_shapes import OrderLineShape, line_json
from groupbuy.api.v1.shapes import Shape
from groupbuy.flows import collecting
from groupbuy.http.code_limits import trying_a_code
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.queries import lines_of


class VerifyPickup(Body):
    """The code of an order or a bag."""

    code: Annotated[Text, Field(min_length=1, max_length=32)]


class HandedOut(Shape):
    """What is handed out now; a bag holds several orders, ``order_no`` is its first."""

    order_no: str
    lines: list[OrderLineShape]
    order_nos: list[str]
    resident_name: str


@endpoint("POST", "/pickups/verify", scope="pickups:write", body=VerifyPickup, answers={200: HandedOut})
def verify_pickup(identity: Identity, body: VerifyPickup) -> tuple[int, Any]:
    """Hand out what a pickup code stands for, once."""
    now = utc_now()
    with trying_a_code(identity.account_id, now=now):
        orders = collecting.verify_pickup(
            code=body.code, leader_ids=identity.leader_ids, now=now, actor=identity.actor
        )
    lines = lines_of([order.id for order in orders])
    return 200, {
        "order_no": orders[0].number,
        "lines": [line_json(line) for line in lines if line.delivered],
        "order_nos": [order.number for order in orders],
        "resident_name": orders[0].resident.name,
    }
