"""After-sale cases: asked for by residents and leaders, decided by operators."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from flask import current_app, request
from pydantic import Field

from groupbuy.aftersales import listing, queries, rules
from groupbuy.aftersales.models import AfterSaleCase
from groupbuy.aftersales.rules import Goods, Kind, Reason
from groupbuy.api.v1 import cursors
from groupbuy.api.v1.case_shapes import CaseShape, as_json
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.campaigns.rules import MAX_QUANTITY
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.flows import putting_right, showing
from groupbuy.flows.putting_right import Charge, Request
from groupbuy.http import pictures
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.times import iso
from groupbuy.orders import queries as orders
from groupbuy.orders.models import Order
from groupbuy.orders.rules import MAX_LINES


class CaseLine(Body):
    """Sale units of a product that a case is about."""

    product_code: Annotated[Text, Field(min_length=1, max_length=64)]
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)]


class NewCase(Body):
    """What is asked for, about which goods, and why."""

    kind: Literal["refund", "replacement", "exchange", "complaint"]
    reason: Literal["spoiled", "damaged", "wrong", "missing", "not_as_shown", "other"]
    text: Annotated[Text, Field(min_length=1, max_length=rules.MAX_TEXT)]
    lines: Annotated[list[CaseLine], Field(min_length=1, max_length=MAX_LINES)]


class CaseDecision(Body):
    """Approve or reject; ``charge_supplier`` charges the suppliers with the cost of the goods.

    Of products under ``agreed`` only so many units are approved, of all others what was asked for.
    ``goods`` says what becomes of them: ``returned`` puts them into stock, ``written_off`` as a loss.
    An exchange brings the product ``instead`` where a code is given.
    """

    approve: bool
    answer: Annotated[Text, Field(max_length=rules.MAX_TEXT)] = ""
    goods: Literal["kept", "returned", "written_off"] = "kept"
    charge_supplier: bool = False
    instead: Annotated[Text, Field(min_length=1, max_length=64)] | None = None
    agreed: Annotated[list[CaseLine], Field(max_length=MAX_LINES)] | None = None


class AskableShape(Shape):
    """Sale units that nobody has asked for yet, and until when that is taken; null before the pickup."""

    product_code: str
    quantity: int
    until: str | None


class CaseList(Shape):
    """The cases of an order, the latest first, and what can be asked for."""

    items: list[CaseShape]
    askable: list[AskableShape]


class CasesQuery(Page):
    """Which cases are wanted: in one state, or ``open`` for all that are not over; null for all."""

    state: Literal["open", "asked", "approved", "rejected", "withdrawn", "closed"] | None = None


class ListedCase(CaseShape):
    """A case in a list; ``asks`` is what it asks of the leader.

    ``keep`` hands nothing out, ``take_back`` the former goods, ``hand_out`` the promised goods, which another
    leader does with those ``elsewhere``, ``expect`` them with a later round, ``wait`` for the decision.
    """

    round: str
    leader_code: str
    resident_code: str
    asks: list[str]


class Cases(Shape):
    """A page of cases, the latest first."""

    items: list[ListedCase]
    next_cursor: str | None


@endpoint("GET", "/after-sales", scope="orders:read", query=CasesQuery, answers={200: Cases})
def list_cases(identity: Identity, query: CasesQuery) -> tuple[int, Any]:
    """List cases, the latest first: residents see their own, leaders those of their residents."""
    states = listing.OPEN if query.state == "open" else (query.state,) if query.state else ()
    found = listing.cases(
        resident_ids=identity.resident_ids if identity.role == "resident" else None,
        leader_ids=None if identity.role == "resident" else identity.seen_leaders,
        states=states,
    )
    if (before := cursors.id_after(query.cursor)) is not None:
        found = found.where(AfterSaleCase.id < before)
    rows, cursor = cursors.page(
        db.session.scalars(found.limit(query.limit + 1)).all(),
        limit=query.limit,
        key=lambda case: (case.id,),
    )
    return 200, {"items": [_listed(case) for case in rows], "next_cursor": cursor}


def _listed(case: AfterSaleCase) -> Json:
    order = case.order
    return as_json(case) | {
        "round": order.round.name,
        "leader_code": order.leader.code,
        "resident_code": order.resident.code,
        "asks": listing.asks_of(case),
    }


@endpoint("GET", "/orders/<number>/after-sales", scope="orders:read", answers={200: CaseList})
def list_after_sales(identity: Identity, number: str) -> tuple[int, Any]:
    """List the after-sale cases of an order, and what can be asked for until when."""
    order_id = _order(identity, number).id
    askable = [
        {"product_code": code, "quantity": one.units, "until": iso(one.until) if one.until else None}
        for code, one in queries.askable(order_id).items()
    ]
    return 200, {"items": [as_json(case) for case in queries.cases_of(order_id)], "askable": askable}


@endpoint(
    "POST", "/orders/<number>/after-sales", scope="orders:write", body=NewCase, answers={201: CaseShape}
)
def ask_after_sale(identity: Identity, number: str, body: NewCase) -> tuple[int, Any]:
    """Ask for something about an order."""
    units = {line.product_code: line.quantity for line in body.lines}
    if len(units) != len(body.lines):
        raise BadInput("duplicate", "This product is already in the list.", param="lines")
    case = putting_right.ask(
        order=_order(identity, number),
        request=Request(Kind(body.kind), Reason(body.reason), body.text, units),
        now=utc_now(),
        zone=zone(),
        actor=identity.actor,
    )
    return 201, as_json(case)


@endpoint(
    "POST",
    "/after-sales/<number>/photos",
    scope="orders:write",
    uploads=pictures.TYPES,
    answers={201: CaseShape},
)
def add_case_photo(identity: Identity, number: str) -> tuple[int, Any]:
    """Add a picture, sent as the request's body, to a case that nobody has decided yet.

    A case of a claim on a batch is one of them. What is stored is drawn anew, without where it was taken.
    """
    content = request.get_data()
    if not content:
        raise BadInput("required", "Send the picture as the request's body.", param="body")

    case = queries.get_case(number, **_mine(identity))
    store = partial(pictures.store_picture, content)
    showing.add_picture(case=case, store=store, now=utc_now(), actor=identity.actor)
    return 201, as_json(case)


@endpoint(
    "POST",
    "/after-sales/<number>/decide",
    scope="orders:write",
    roles=("operator",),
    body=CaseDecision,
    answers={200: CaseShape},
)
def decide_after_sale(identity: Identity, number: str, body: CaseDecision) -> tuple[int, Any]:
    """Decide a case, once."""
    case = putting_right.decide(
        number=number,
        approve=body.approve,
        answer=body.answer,
        goods=Goods(body.goods),
        charge=Charge() if body.charge_supplier else None,
        instead=body.instead,
        agreed=_agreed(number, body.agreed or ()),
        now=utc_now(),
        zone=zone(),
        actor=identity.actor,
    )
    return 200, as_json(case)


def _agreed(number: str, wanted: Sequence[CaseLine]) -> dict[int, int]:
    """Return the agreed units by order line; raise BadInput for what the case does not ask for."""
    lines = {line.line.offer.product.code: line.order_line_id for line in queries.get_case(number).lines}
    for place, one in enumerate(wanted):
        if one.product_code not in lines:
            param = f"agreed[{place}].product_code"
            raise BadInput("unknown_product", "The case does not ask for this.", param=param)
    return {lines[one.product_code]: one.quantity for one in wanted}


def zone() -> ZoneInfo:
    """Return the operator's zone."""
    settings: Settings = current_app.extensions["groupbuy_settings"]
    return settings.timezone


def _order(identity: Identity, number: str) -> Order:
    """Return an order that the asker may see; raise NotFound."""
    return orders.get_order(number, **_mine(identity))


def _mine(identity: Identity) -> dict[str, Any]:
    """Return what narrows a look-up to what belongs to the asker."""
    return {
        "resident_ids": identity.resident_ids if identity.role == "resident" else None,
        "leader_ids": identity.leader_ids if identity.role == "leader" else None,
    }
