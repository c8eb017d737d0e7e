"""How many units more an order takes if that fills a case."""

from typing import Annotated, Any

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.orders import Tolerance, own_order
from groupbuy.api.v1.shapes import Code, Shape
from groupbuy.flows import naming_tolerances
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.models import Order
from groupbuy.orders.rules import MAX_LINES

PATH = "/orders/<order_no>/tolerances"


class NameTolerances(Body):
    """By product code of the order how many sale units more it takes to fill a case; 0 is none."""

    tolerances: Annotated[dict[Code, Tolerance], Field(min_length=1, max_length=MAX_LINES)]


class Tolerances(Shape):
    """What was named by product code, and what of it the close gave, in sale units."""

    tolerances: dict[str, int]
    given: dict[str, int]


@endpoint("GET", PATH, scope="orders:read", answers={200: Tolerances})
def show_tolerances(identity: Identity, order_no: str) -> tuple[int, Any]:
    """Show how many units more an order takes to fill a case, and what came of it."""
    return 200, _shown(own_order(identity, order_no))


@endpoint("PUT", PATH, scope="orders:write", body=NameTolerances, answers={200: Tolerances})
def name_tolerances(identity: Identity, order_no: str, body: NameTolerances) -> tuple[int, Any]:
    """Say what an order takes more, until the cut-off; products that are left out stay as they are."""
    order = own_order(identity, order_no)
    naming_tolerances.allow(order=order, units=body.tolerances, now=utc_now(), actor=identity.actor)
    return 200, _shown(order)


def _shown(order: Order) -> dict[str, Any]:
    named = naming_tolerances.named_by(order)
    return {
        "tolerances": {code: one.units for code, one in named.items()},
        "given": {code: one.given for code, one in named.items() if one.given},
    }
