"""Goods that come on another day than the rest: of one order, or a product of a round for everybody."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Shape
from groupbuy.campaigns.queries import get_round
from groupbuy.flows import splitting
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.times import parse_date
from groupbuy.orders.queries import get_order

Day = Annotated[Text, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class Split(Body):
    """Which products of an order come on which other day."""

    product_codes: Annotated[list[Code], Field(min_length=1, max_length=200)]
    pickup_date: Day


class SplitOrder(Shape):
    """The order and its part of the other day, each with its amount in fen; all of it may have moved."""

    order_no: str
    amount_fen: int
    part_no: str
    part_amount_fen: int
    pickup_date: str
    pickup_code: str


class LaterProduct(Body):
    """Which product of a round comes on which other day; ``check`` only tells what that would do."""

    product_code: Code
    pickup_date: Day
    check: bool = False


class LaterEffect(Shape):
    """Orders that are split, that move as a whole and that stay as they are; sale units that come later."""

    split: int
    moved: int
    kept: int
    units: int


@endpoint("POST", "/orders/<number>/split", scope="warehouse:write", body=Split, answers={200: SplitOrder})
def split_order(identity: Identity, number: str, body: Split) -> tuple[int, Any]:
    """Let products of an order come on another day; the rest does not wait."""
    order = get_order(number, leader_ids=identity.seen_leaders)
    part = splitting.split_order(
        order=order,
        product_codes=body.product_codes,
        day=_day(body.pickup_date),
        now=utc_now(),
        actor=identity.actor,
    )
    return 200, {
        "order_no": order.number,
        "amount_fen": order.amount_fen,
        "part_no": part.number,
        "part_amount_fen": part.amount_fen,
        "pickup_date": part.day.isoformat(),
        "pickup_code": part.pickup_code,
    }


@endpoint(
    "POST",
    "/rounds/<round_name>/later-products",
    scope="warehouse:write",
    body=LaterProduct,
    answers={200: LaterEffect},
)
def deliver_product_later(identity: Identity, round_name: str, body: LaterProduct) -> tuple[int, Any]:
    """Let a product of a closed round come on another day for everybody who ordered it."""
    what: dict[str, Any] = {
        "round_": get_round(round_name),
        "product_code": body.product_code,
        "day": _day(body.pickup_date),
    }
    if body.check:
        later = splitting.preview(**what)
    else:
        later = splitting.deliver_later(**what, now=utc_now(), actor=identity.actor)
    return 200, {"split": later.split, "moved": later.moved, "kept": later.kept, "units": later.units}


def _day(text: str) -> date:
    try:
        return parse_date(text)
    except ValueError as error:
        raise BadInput("not_a_date", "Write a day as 2026-12-31.", param="pickup_date") from error
