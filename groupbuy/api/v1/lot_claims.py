"""Claims on batches: buyers are asked how many pieces are bad, and all cases are decided."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.aftersales import lots, rules
from groupbuy.aftersales.models import LotClaim
from groupbuy.api.v1.after_sales import zone
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.campaigns.rules import MAX_QUANTITY
from groupbuy.flows import claiming_lots, deciding_lots
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.times import iso, parse_moment
from groupbuy.orders import queries as orders


class NewLotClaim(Body):
    """Who delivered the batch, what buyers read, and until when they answer."""

    supplier_code: Annotated[Text, Field(min_length=1, max_length=64)]
    text: Annotated[Text, Field(min_length=1, max_length=rules.MAX_TEXT)]
    until: Annotated[Text, Field(min_length=1, max_length=40)]


class LotAnswer(Body):
    """How many pieces of an order are bad, 0 for none."""

    order_no: Annotated[Text, Field(min_length=1, max_length=64)]
    bad_units: Annotated[int, Field(ge=0, le=MAX_QUANTITY)]


class LotDecision(Body):
    """What becomes of all cases.

    The supplier has told us that it pays everything (``accepted``); or what it does not pay is paid back at
    our ``own_cost``, or not at all (``refused``).
    """

    decision: Literal["accepted", "own_cost", "refused"]
    words: Annotated[Text, Field(max_length=rules.MAX_TEXT)] = ""


class LotClaimShape(Shape):
    """A claim; ``credit_fen`` is what buyers are credited with until it is decided.

    The supplier answers until ``answer_by`` which of the bad units it takes over.
    """

    claim: str
    product_code: str
    batch: str
    supplier_code: str
    text: str
    state: str
    until: str
    asked: int
    answered: int
    bad_units: int
    taken_units: int
    credit_fen: int
    answer_by: str | None
    supplier_words: str | None


class LotReplyShape(Shape):
    """What somebody said of an order, and the after-sale case of it."""

    claim: str
    order_no: str
    units: int
    bad_units: int
    credit_fen: int
    case: str | None


@endpoint(
    "POST",
    "/stock/batches/<int:batch_id>/claim",
    scope="orders:write",
    roles=("operator",),
    body=NewLotClaim,
    answers={201: LotClaimShape},
)
def open_lot_claim(identity: Identity, batch_id: int, body: NewLotClaim) -> tuple[int, Any]:
    """Ask everybody who has goods of a batch, or may, whether they are bad."""
    claim = claiming_lots.open_claim(
        batch_id=batch_id,
        supplier_code=body.supplier_code,
        text=body.text,
        until=_until(body.until),
        now=utc_now(),
        zone=zone(),
        actor=identity.actor,
    )
    return 201, _json(claim)


@endpoint(
    "GET",
    "/lot-claims/<number>",
    scope="orders:read",
    roles=("operator", "customer_service"),
    answers={200: LotClaimShape},
)
def show_lot_claim(identity: Identity, number: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets it
    """Show how far a claim on a batch is."""
    return 200, _json(lots.get_claim(number))


@endpoint(
    "POST",
    "/lot-claims/<number>/answers",
    scope="orders:write",
    body=LotAnswer,
    answers={200: LotReplyShape},
)
def answer_lot_claim(identity: Identity, number: str, body: LotAnswer) -> tuple[int, Any]:
    """Say how many pieces of an order are bad, once, until the time is over."""
    order = orders.get_order(
        body.order_no,
        resident_ids=identity.resident_ids if identity.role == "resident" else None,
        leader_ids=identity.leader_ids if identity.role == "leader" else None,
    )
    reply = claiming_lots.answer(
        claim=lots.get_claim(number),
        order_number=order.number,
        bad_units=body.bad_units,
        resident_ids=[order.resident_id],
        now=utc_now(),
        actor=identity.actor,
    )
    return 200, {
        "claim": number,
        "order_no": order.number,
        "units": reply.units,
        "bad_units": reply.bad_units,
        "credit_fen": reply.credit_fen,
        "case": reply.case.number if reply.case else None,
    }


@endpoint(
    "POST",
    "/lot-claims/<number>/decide",
    scope="orders:write",
    roles=("operator",),
    body=LotDecision,
    answers={200: LotClaimShape},
)
def decide_lot_claim(identity: Identity, number: str, body: LotDecision) -> tuple[int, Any]:
    """Decide all cases of a claim, once."""
    claim = deciding_lots.decide(
        number=number,
        accepted=body.decision == "accepted",
        pay_back=body.decision == "own_cost",
        words=body.words,
        now=utc_now(),
        zone=zone(),
        actor=identity.actor,
    )
    return 200, _json(claim)


def _until(text: str) -> datetime:
    try:
        return parse_moment(text, zone())
    except ValueError as error:
        raise BadInput("bad_format", "A moment such as 2026-11-23T09:30:00Z.", param="until") from error


def _json(claim: LotClaim) -> Json:
    progress = lots.progress_of(claim.id)
    return {
        "claim": claim.number,
        "product_code": claim.batch.product.code,
        "batch": claim.batch.number,
        "supplier_code": claim.supplier.code,
        "text": claim.text,
        "state": claim.state,
        "until": iso(claim.until),
        "asked": progress.asked,
        "answered": progress.answered,
        "bad_units": progress.bad_units,
        "taken_units": progress.taken_units,
        "credit_fen": progress.credit_fen,
        "answer_by": iso(claim.answer_by) if claim.answer_by else None,
        "supplier_words": claim.supplier_words,
    }
