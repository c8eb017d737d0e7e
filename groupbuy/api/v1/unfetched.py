"""What nobody has fetched: orders kept aside, and perishables that may be disposed of."""

from datetime import date
from typing import Annotated, Any, Literal

from flask import current_app
from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.rest_days import Day, day_of
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.flows import disposing, setting_aside
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso
from groupbuy.orders.models import Order
from groupbuy.orders.queries import get_order
from groupbuy.pickup import unfetched
from groupbuy.pickup.disposals import disposal_json, disposals
from groupbuy.pickup.models import PerishableLine
from groupbuy.pickup.unfetched import Perishable

ROLES = ("operator", "leader")
PATH = "/orders/<number>/aside"


class Aside(Body):
    """Until the end of which day an order is kept aside, and why."""

    day: Day
    note: Annotated[Text, Field(max_length=setting_aside.MAX_NOTE)] | None = None


class DisposalDecision(Body):
    """What became of perishables nobody has fetched: ``disposed`` of, or ``left`` to be fetched."""

    decision: Literal["disposed", "left"]


class AsideShape(Shape):
    """Until when an order is kept aside; null when it is not."""

    order_no: str
    day: str | None
    note: str | None


class PerishableShape(Shape):
    """A line that may be disposed of since ``due_at``; ``refund`` says whether its cost is paid back then."""

    name: str
    quantity: int
    due_at: str
    refund: bool
    decision: str | None
    refund_fen: int


class PerishablesShape(Shape):
    """The perishables of an order that its resident was warned of."""

    order_no: str
    leader_code: str
    lines: list[PerishableShape]


class PerishableOrders(Shape):
    """A page of orders with something to decide about, the oldest first."""

    items: list[PerishablesShape]
    next_cursor: str | None


class DisposalsQuery(Page):
    """Which perishables are wanted; null for all."""

    state: Literal["warned", "due", "disposed", "left", "gone"] | None = None


class DisposalShape(Shape):
    """Perishables that a resident was warned of; ``quantity`` is what was disposed of, or is left.

    ``state`` is ``warned``, ``due`` for a decision, ``disposed``, ``left`` to be fetched, or ``gone``.
    """

    order_no: str
    leader_code: str
    product_code: str
    name: str
    quantity: int
    state: str
    due_at: str
    refund: bool
    refund_fen: int
    decided_at: str | None


class Disposals(Shape):
    """A page of perishables, the first ordered first."""

    items: list[DisposalShape]
    next_cursor: str | None


@endpoint("PUT", PATH, scope="orders:write", roles=ROLES, body=Aside, answers={200: AsideShape})
def set_order_aside(identity: Identity, number: str, body: Aside) -> tuple[int, Any]:
    """Keep an order aside until the end of a day; the resident is told."""
    settings: Settings = current_app.extensions["groupbuy_settings"]
    row = setting_aside.set_aside(
        order=_order(identity, number),
        day=day_of(body.day, "day"),
        note=body.note,
        now=utc_now(),
        zone=settings.timezone,
        actor=identity.actor,
    )
    return 200, _aside(number, row.day, row.note)


@endpoint("DELETE", PATH, scope="orders:write", roles=ROLES, answers={200: AsideShape})
def end_order_aside(identity: Identity, number: str) -> tuple[int, Any]:
    """Keep an order aside no longer."""
    setting_aside.end(order=_order(identity, number), now=utc_now(), actor=identity.actor)
    return 200, _aside(number, None, None)


@endpoint(
    "GET", "/perishables", scope="orders:read", roles=ROLES, query=Page, answers={200: PerishableOrders}
)
def list_perishables(identity: Identity, query: Page) -> tuple[int, Any]:
    """List the orders with perishables that nobody has fetched in time."""
    due = unfetched.to_decide(identity.seen_leaders, utc_now())
    if (after := cursors.id_after(query.cursor)) is not None:
        due = due.where(Order.id > after)
    found = db.session.scalars(due.limit(query.limit + 1)).all()
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda order: (order.id,))
    lines = unfetched.perishables_of([order.id for order in rows])
    items = [_perishables(order, [one for one in lines[order.id] if one.waits]) for order in rows]
    return 200, {"items": items, "next_cursor": cursor}


@endpoint(
    "GET", "/disposals", scope="orders:read", roles=ROLES, query=DisposalsQuery, answers={200: Disposals}
)
def list_disposals(identity: Identity, query: DisposalsQuery) -> tuple[int, Any]:
    """List the perishables whose residents were warned, and what became of them."""
    wanted = disposals(identity.seen_leaders, utc_now(), state=query.state)
    if (after := cursors.id_after(query.cursor)) is not None:
        wanted = wanted.where(PerishableLine.order_line_id > after)
    found = db.session.execute(wanted.order_by(PerishableLine.order_line_id).limit(query.limit + 1)).all()
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.PerishableLine.order_line_id,))
    return 200, {"items": [disposal_json(row) for row in rows], "next_cursor": cursor}


@endpoint(
    "POST",
    "/orders/<number>/perishables",
    scope="orders:write",
    roles=ROLES,
    body=DisposalDecision,
    answers={200: PerishablesShape},
)
def decide_perishables(identity: Identity, number: str, body: DisposalDecision) -> tuple[int, Any]:
    """Dispose of an order's perishables that nobody has fetched in time, or leave them, once."""
    settings: Settings = current_app.extensions["groupbuy_settings"]
    order = _order(identity, number)
    lines = disposing.decide(
        order=order,
        dispose=body.decision == unfetched.DISPOSED,
        now=utc_now(),
        zone=settings.timezone,
        actor=identity.actor,
    )
    return 200, _perishables(order, lines)


def _order(identity: Identity, number: str) -> Order:
    return get_order(number, leader_ids=identity.seen_leaders)


def _aside(number: str, day: date | None, note: str | None) -> Json:
    return {"order_no": number, "day": None if day is None else str(day), "note": note}


def _perishables(order: Order, lines: Any) -> Json:
    shown = [_line(line) for line in lines]
    return {"order_no": order.number, "leader_code": order.leader.code, "lines": shown}


def _line(line: Perishable) -> Json:
    return {
        "name": line.name,
        "quantity": line.left,
        "due_at": iso(line.row.due_at),
        "refund": line.row.refund,
        "decision": line.row.decision,
        "refund_fen": line.row.amount_fen,
    }
