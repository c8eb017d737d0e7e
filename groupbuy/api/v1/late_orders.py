"""Orders that staff place after the close."""

from typing import Any

from flask import current_app

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.order_shapes import OrderShape, order_json
from groupbuy.api.v1.orders import Lines, Remark, wishes_of
from groupbuy.api.v1.shapes import Code
from groupbuy.campaigns import queries as campaigns
from groupbuy.config import Settings
from groupbuy.flows import late_orders
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body
from groupbuy.kernel.clock import utc_now
from groupbuy.members.queries import get_resident
from groupbuy.orders import queries as orders


class LateOrder(Body):
    """An order that staff place for a resident in a round that has closed.

    ``confirmed`` says that an unusual quantity is no slip of the keyboard.
    """

    resident_code: Code
    lines: Lines
    remark: Remark | None = None
    confirmed: bool = False


@endpoint(
    "POST",
    "/rounds/<round_name>/late-orders",
    scope="orders:write",
    roles=("operator",),
    body=LateOrder,
    answers={201: OrderShape},
)
def place_late_order(identity: Identity, round_name: str, body: LateOrder) -> tuple[int, Any]:
    """Order for a resident after the close; suppliers who have their order get the difference."""
    settings: Settings = current_app.extensions["groupbuy_settings"]
    order = late_orders.place_late_order(
        round_=campaigns.get_round(round_name),
        resident=get_resident(body.resident_code),
        wishes=wishes_of(body.lines),
        now=utc_now(),
        zone=settings.timezone,
        actor=identity.actor,
        remark=body.remark,
        confirmed=body.confirmed,
    )
    return 201, order_json(orders.view_of(order))
