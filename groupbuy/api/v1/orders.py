"""Orders: place, read, change, cancel, note as paid."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from flask import current_app
from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.order_shapes import ORDER_SQL, OrderShape, order_json
from groupbuy.api.v1.shapes import Code, Quantity
from groupbuy.config import Settings
from groupbuy.flows import delaying, naming_substitutes, naming_tolerances, ordering, taking
from groupbuy.flows.archive.reading import everything
from groupbuy.flows.ordering import MAX_REMARK, Wish
from groupbuy.flows.taking import Unproved
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, NotFound
from groupbuy.kernel.repeats import Key
from groupbuy.members import queries as members
from groupbuy.members.models import Resident
from groupbuy.orders import queries
from groupbuy.orders.models import Order
from groupbuy.orders.queries import OrderView
from groupbuy.orders.quick import QuickOrder
from groupbuy.orders.rules import MAX_LINES

ANSWERING = taking.keyed(ORDER_SQL)
Tolerance = Annotated[int, Field(ge=0, le=naming_tolerances.MOST)]
Remark = Annotated[Text, Field(max_length=MAX_REMARK)]


class LineWish(Body):
    """A product and how many sale units of it are wanted."""

    product_code: Code
    quantity: Quantity


Lines = Annotated[list[LineWish], Field(min_length=1, max_length=MAX_LINES)]


class PlaceOrder(Body):
    """An order; ``resident_code`` names for whom a leader or operator places it.

    ``substitutes`` says by product code what comes instead if it is short: another product's code,
    ``refund`` for the money only, or ``any``. ``tolerances`` says by product code how many units more are
    taken if that fills a case.
    """

    round: Code
    lines: Lines
    remark: Remark | None = None
    resident_code: Code | None = None
    substitutes: Annotated[dict[Code, Code], Field(max_length=MAX_LINES)] | None = None
    tolerances: Annotated[dict[Code, Tolerance], Field(max_length=MAX_LINES)] | None = None


class ChangeOrder(Body):
    """The whole new list of lines."""

    lines: Lines
    remark: Remark | None = None


class CancelOrder(Body):
    """Why an order is cancelled."""

    reason: Annotated[Text, Field(min_length=1, max_length=MAX_REMARK)]


@endpoint(
    "POST", "/orders", scope="orders:write", body=PlaceOrder, answers={201: OrderShape}, looks="resident"
)
def place_order(identity: Identity, body: PlaceOrder, key: Key | None) -> tuple[int, Any]:
    """Place an order in an open round, for oneself or on behalf of a resident."""
    settings: Settings = current_app.extensions["groupbuy_settings"]
    now = utc_now()
    asked = QuickOrder(
        round_name=body.round,
        resident_id=whose_id(identity, body.resident_code),
        product_codes=[line.product_code for line in body.lines],
        quantities=[line.quantity for line in body.lines],
        now=now,
        expires_at=now + timedelta(minutes=settings.order_timeout_minutes),
        placed_by_id=identity.account_id,
        actor=identity.actor.name,
        remark=body.remark,
        proof=identity.proof,
        key=key,
        most_an_hour=settings.most_orders if identity.role == "resident" else None,
    )
    try:
        if body.substitutes or body.tolerances:
            return 201, order_json(_with_choices(identity, asked, body))
        placed = taking.answer_order(asked, ANSWERING)
    except NotFound as error:
        raise NotFound(error.code, error.message, param=error.param or "round") from error
    return 201, order_json(placed) if isinstance(placed, OrderView) else placed


def _with_choices(identity: Identity, asked: QuickOrder, body: PlaceOrder) -> OrderView:
    """Place an order and say what may come instead, or more; only for somebody whose token was looked at."""
    if asked.proof is not None:
        raise Unproved
    placed = taking.take_order(
        round_name=asked.round_name,
        resident_id=asked.resident_id,
        wishes=[Wish(*wish) for wish in zip(asked.product_codes, asked.quantities, strict=True)],
        now=asked.now,
        actor=identity.actor,
        pay_within=asked.expires_at - asked.now,
        remark=asked.remark,
        most_an_hour=asked.most_an_hour,
    )
    order = queries.get_order(placed.number)
    if body.substitutes:
        naming_substitutes.choose(order=order, choices=body.substitutes, now=asked.now, actor=identity.actor)
    if body.tolerances:
        naming_tolerances.allow(order=order, units=body.tolerances, now=asked.now, actor=identity.actor)
    return placed


@endpoint("GET", "/orders/<order_no>", scope="orders:read", answers={200: OrderShape})
def show_order(identity: Identity, order_no: str) -> tuple[int, Any]:
    """Show one of the asker's orders, from the archive where it is not among those that people work with."""
    try:
        return 200, order_json(queries.view_of(own_order(identity, order_no)))
    except NotFound:
        with everything():
            return 200, order_json(queries.view_of(own_order(identity, order_no)))


@endpoint("PATCH", "/orders/<order_no>", scope="orders:write", body=ChangeOrder, answers={200: OrderShape})
def change_order(identity: Identity, order_no: str, body: ChangeOrder) -> tuple[int, Any]:
    """Give an order its whole new list of lines while its round sells."""
    order = ordering.change_order(
        order=own_order(identity, order_no),
        wishes=wishes_of(body.lines),
        now=utc_now(),
        actor=identity.actor,
        remark=body.remark,
    )
    return 200, order_json(queries.view_of(order))


@endpoint(
    "POST", "/orders/<order_no>/cancel", scope="orders:write", body=CancelOrder, answers={200: OrderShape}
)
def cancel_order(identity: Identity, order_no: str, body: CancelOrder) -> tuple[int, Any]:
    """Cancel an order while its round sells; its stock is free again."""
    order = own_order(identity, order_no)
    ordering.cancel_order(order=order, reason=body.reason, now=utc_now(), actor=identity.actor)
    return 200, order_json(queries.view_of(order))


@endpoint("POST", "/orders/<order_no>/free-cancellation", scope="orders:write", answers={200: OrderShape})
def cancel_delayed_order(identity: Identity, order_no: str) -> tuple[int, Any]:
    """Cancel an order of a delayed round free of charge, until its goods are there."""
    order = delaying.cancel_delayed(order=own_order(identity, order_no), now=utc_now(), actor=identity.actor)
    return 200, order_json(queries.view_of(order))


@endpoint(
    "POST",
    "/orders/<order_no>/approve",
    scope="orders:write",
    roles=("operator",),
    answers={200: OrderShape},
)
def approve_order(identity: Identity, order_no: str) -> tuple[int, Any]:
    """Approve an order that waits for a review."""
    order = own_order(identity, order_no)
    ordering.approve_order(order=order, now=utc_now(), actor=identity.actor)
    return 200, order_json(queries.view_of(order))


@endpoint(
    "POST",
    "/orders/<order_no>/mark-paid",
    scope="orders:write",
    roles=("leader", "operator"),
    answers={200: OrderShape},
)
def mark_paid(identity: Identity, order_no: str) -> tuple[int, Any]:
    """Note that an order is paid in full."""
    order = own_order(identity, order_no)
    ordering.mark_paid(order=order, now=utc_now(), actor=identity.actor)
    return 200, order_json(queries.view_of(order))


def own_order(identity: Identity, number: str) -> Order:
    """Return an order that the asker may see; raise NotFound for anybody else's."""
    if identity.role == "resident":
        return queries.get_order(number, resident_ids=identity.resident_ids)
    return queries.get_order(number, leader_ids=identity.seen_leaders)


def whose_id(identity: Identity, code: str | None) -> int:
    """Return for whom to order; raise BadInput ``required`` or NotFound, both at ``resident_code``."""
    if code is not None:
        return _named(identity, code).id
    if identity.role == "resident" and len(identity.resident_ids) == 1:
        return identity.resident_ids[0]
    raise BadInput("required", "Say for which resident this order is.", param="resident_code")


def _named(identity: Identity, code: str) -> Resident:
    try:
        resident = members.get_resident(code, leader_ids=identity.seen_leaders)
    except NotFound as error:
        raise NotFound(error.code, error.message, param="resident_code") from error
    if identity.role == "resident" and resident.id not in identity.resident_ids:
        raise NotFound("unknown_resident", f"There is no resident {code}.", param="resident_code")
    return resident


def wishes_of(lines: Sequence[LineWish]) -> list[Wish]:
    """Return lines as the flow of ordering wants them."""
    return [Wish(line.product_code, line.quantity) for line in lines]
