"""Pickups: a code is verified and its goods are handed out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from flask import current_app
from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.order_shapes import OrderLineShape, line_json
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.campaigns.rules import MAX_QUANTITY
from groupbuy.config import Settings
from groupbuy.flows import collecting, undoing
from groupbuy.flows.collecting import Handed
from groupbuy.flows.taking import Unproved
from groupbuy.http.code_limits import limit_of, trying_a_code
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.repeats import Key
from groupbuy.orders.queries import LineView, get_order, lines_of
from groupbuy.orders.rules import MAX_LINES, part_of
from groupbuy.pickup.parts import LineLeft, Part
from groupbuy.pickup.quick import Gone, Shown


class PickupLine(Body):
    """Sale units of a line that are handed out now."""

    order_no: Annotated[Text, Field(min_length=1, max_length=32)]
    product_code: Annotated[Text, Field(min_length=1, max_length=64)]
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)]


Lines = Annotated[list[PickupLine], Field(min_length=1, max_length=MAX_LINES)] | None


class VerifyPickup(Body):
    """The code of an order or a bag; with ``lines`` only those are handed out, the rest stays open."""

    code: Annotated[Text, Field(min_length=1, max_length=32)]
    lines: Lines = None


class PickupByName(Body):
    """Who comes without the code, and why; the reason is kept in the audit log."""

    phone_tail: Annotated[Text, Field(min_length=4, max_length=4)]
    name: Annotated[Text, Field(min_length=1, max_length=60)]
    reason: Annotated[Text, Field(min_length=1, max_length=collecting.MAX_REASON)]
    lines: Lines = None


class UndoPickup(Body):
    """Which order was handed out by mistake, and what went wrong; the reason is kept in the audit log."""

    order_no: Annotated[Text, Field(min_length=1, max_length=32)]
    reason: Annotated[Text, Field(min_length=1, max_length=undoing.MAX_REASON)]


class UndoneOrder(Shape):
    """An order that waits to be fetched again."""

    order_no: str
    state: str
    pickup_code: str


class UndonePickup(Shape):
    """What waits to be fetched again, with its state and code: all of a bag that went at one moment."""

    items: list[UndoneOrder]


class HandedOutLine(OrderLineShape):
    """Sale units handed out now, and what they cost."""

    order_no: str


class HandedOut(Shape):
    """What is handed out now; a bag holds several orders, ``order_no`` is its first."""

    order_no: str
    lines: list[HandedOutLine]
    order_nos: list[str]
    resident_name: str


@endpoint(
    "POST",
    "/pickups/verify",
    scope="pickups:write",
    body=VerifyPickup,
    answers={200: HandedOut},
    looks="leader",
)
def verify_pickup(identity: Identity, body: VerifyPickup, key: Key | None) -> tuple[int, Any]:
    """Hand out what a pickup code stands for, once; or some lines of it."""
    now = utc_now()
    if body.lines is None and (gone := _quickly(identity, body.code, key, now)):
        return 200, _gone_json(gone)
    if identity.proof is not None:
        raise Unproved
    with trying_a_code(identity.account_id, now=now):
        handed = collecting.verify_pickup(
            code=body.code,
            leader_ids=identity.leader_ids,
            now=now,
            actor=identity.actor,
            parts=_parts(body.lines),
        )
    return 200, _handed_json(handed)


@endpoint("POST", "/pickups/by-name", scope="pickups:write", body=PickupByName, answers={200: HandedOut})
def pickup_by_name(identity: Identity, body: PickupByName) -> tuple[int, Any]:
    """Hand out without the code to who tells the last four digits of the phone and the name."""
    now = utc_now()
    with trying_a_code(identity.account_id, now=now):
        handed = collecting.hand_out_known(
            phone_tail=body.phone_tail,
            name=body.name,
            reason=body.reason,
            leader_ids=identity.leader_ids,
            now=now,
            actor=identity.actor,
            parts=_parts(body.lines),
        )
    return 200, _handed_json(handed)


@endpoint("POST", "/pickups/undo", scope="pickups:write", body=UndoPickup, answers={200: UndonePickup})
def undo_pickup(identity: Identity, body: UndoPickup) -> tuple[int, Any]:
    """Take back a hand-out of the last half hour that was a mistake, while nothing has followed from it."""
    settings: Settings = current_app.extensions["groupbuy_settings"]
    order = get_order(body.order_no, leader_ids=identity.leader_ids)
    undone = undoing.undo(
        orders=undoing.handed_with(order) or [order],
        reason=body.reason,
        now=utc_now(),
        zone=settings.timezone,
        actor=identity.actor,
    )
    items = [{"order_no": one.number, "state": one.state, "pickup_code": one.pickup_code} for one in undone]
    return 200, {"items": items}


def _quickly(identity: Identity, code: str, key: Key | None, now: datetime) -> Gone | None:
    """Hand out a whole order of the asker's only pickup point; None where it is not as simple as that."""
    if len(identity.leader_ids) != 1:
        return None
    shown = Shown(
        code=code,
        leader_id=identity.leader_ids[0],
        now=now,
        actor=identity.actor.name,
        guesser=limit_of(identity.account_id).key,
        proof=identity.proof,
        key=key,
    )
    return collecting.hand_out_quickly(shown)


def _parts(lines: list[PickupLine] | None) -> list[Part] | None:
    if lines is None:
        return None
    return [Part(line.order_no, line.product_code, line.quantity) for line in lines]


def _gone_json(gone: Gone) -> Json:
    return {
        "order_no": gone.order_no,
        "lines": [{**line_json(line), "order_no": gone.order_no} for line in gone.lines],
        "order_nos": [gone.order_no],
        "resident_name": gone.resident_name,
    }


def _handed_json(handed: Sequence[Handed]) -> Json:
    views = {(view.order_id, view.product_code): view for view in lines_of([one.order.id for one in handed])}
    return {
        "order_no": handed[0].order.number,
        "lines": [
            _line_json(line, views[line.order_id, line.product_code]) for one in handed for line in one.lines
        ],
        "order_nos": [one.order.number for one in handed],
        "resident_name": handed[0].order.resident.name,
    }


def _line_json(line: LineLeft, view: LineView) -> Json:
    now = {
        "order_no": line.order_no,
        "quantity": line.units,
        "amount_fen": part_of(view.amount_fen, line.units, view.quantity),
    }
    return {**line_json(view), **now}
