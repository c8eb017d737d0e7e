"""What comes in the place of an order's goods if they are short."""

from typing import Annotated, Any

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.orders import own_order
from groupbuy.api.v1.shapes import Code, Shape
from groupbuy.flows import naming_substitutes
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body
from groupbuy.kernel.clock import utc_now
from groupbuy.orders import substitutes
from groupbuy.orders.models import Order
from groupbuy.orders.rules import MAX_LINES

PATH = "/orders/<order_no>/substitutes"


class NameSubstitutes(Body):
    """By product code of the order another product's code, ``refund`` for the money only, or ``any``."""

    substitutes: Annotated[dict[Code, Code], Field(min_length=1, max_length=MAX_LINES)]


class ReplacedShape(Shape):
    """Sale units that came in the place of a product; ``own`` the resident had named."""

    product_code: str
    name: str
    units: int
    own: bool


class Substitutes(Shape):
    """What was chosen by product code, and what came in the place of what was short."""

    substitutes: dict[str, str]
    replaced: list[ReplacedShape]


@endpoint("GET", PATH, scope="orders:read", answers={200: Substitutes})
def show_substitutes(identity: Identity, order_no: str) -> tuple[int, Any]:
    """Show what was chosen for an order's goods, and what came instead."""
    return 200, _shown(own_order(identity, order_no))


@endpoint("PUT", PATH, scope="orders:write", body=NameSubstitutes, answers={200: Substitutes})
def name_substitutes(identity: Identity, order_no: str, body: NameSubstitutes) -> tuple[int, Any]:
    """Choose what comes instead, until the cut-off; products that are left out stay as they are."""
    order = own_order(identity, order_no)
    naming_substitutes.choose(order=order, choices=body.substitutes, now=utc_now(), actor=identity.actor)
    return 200, _shown(order)


def _shown(order: Order) -> dict[str, Any]:
    codes = substitutes.offer_codes([line.offer_id for line in order.lines])
    lines = {line.id: codes[line.offer_id] for line in order.lines}
    replaced = [
        {"product_code": lines[line_id], "name": one.name, "units": one.units, "own": one.own}
        for line_id, some in substitutes.replaced_of([order.id]).items()
        for one in some
    ]
    return {"substitutes": naming_substitutes.choices_of(order), "replaced": replaced}
