"""Claims on batches as their suppliers see and answer them: no buyer is named."""

from typing import Annotated, Any

from pydantic import Field

from groupbuy.aftersales import lots, rules
from groupbuy.aftersales.models import LotClaim, LotReply
from groupbuy.api.v1 import cursors
from groupbuy.api.v1.after_sales import zone
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Json, Page, RowNumber, Shape
from groupbuy.campaigns.rules import MAX_QUANTITY
from groupbuy.db import db
from groupbuy.flows import deciding_lots
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.times import iso

PATH = "/supplier-claims"
SUPPLIER = ("supplier",)
Units = Annotated[int, Field(ge=0, le=MAX_QUANTITY)]


class TakenLine(Body):
    """How many bad units of a line the supplier takes over."""

    line: RowNumber
    units: Units


class SupplierAnswer(Body):
    """What the supplier takes over: ``lines`` names each bad line, null is everything; less needs words."""

    lines: Annotated[list[TakenLine], Field(max_length=5000)] | None = None
    words: Annotated[Text, Field(max_length=rules.MAX_TEXT)] = ""


class BadLineShape(Shape):
    """What one buyer found bad; ``photos`` are paths of pictures."""

    line: int
    units: int
    bad_units: int
    taken_units: int | None
    photos: list[str]


class SupplierClaimHead(Shape):
    """A claim in a supplier's list."""

    claim: str
    product_code: str
    batch: str
    text: str
    state: str
    answer_by: str | None
    answered_at: str | None
    words: str | None


class SupplierClaimShape(SupplierClaimHead):
    """A claim with what each buyer found bad."""

    lines: list[BadLineShape]


class SupplierClaims(Shape):
    """A supplier's claims, the latest first."""

    items: list[SupplierClaimHead]
    next_cursor: str | None


@endpoint("GET", PATH, scope="purchasing:read", roles=SUPPLIER, query=Page, answers={200: SupplierClaims})
def list_supplier_claims(identity: Identity, query: Page) -> tuple[int, Any]:
    """List the claims on batches that this supplier answers or has answered, the latest first."""
    mine = lots.for_suppliers(identity.supplier_ids)
    if (before := cursors.id_after(query.cursor)) is not None:
        mine = mine.where(LotClaim.id < before)
    found = db.session.scalars(mine.limit(query.limit + 1)).all()
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    return 200, {"items": [_head(row) for row in rows], "next_cursor": cursor}


@endpoint(
    "GET", f"{PATH}/<number>", scope="purchasing:read", roles=SUPPLIER, answers={200: SupplierClaimShape}
)
def show_supplier_claim(identity: Identity, number: str) -> tuple[int, Any]:
    """Show a claim with what each buyer found bad; another supplier's does not exist."""
    return 200, _whole(lots.claim_for_suppliers(number, identity.supplier_ids))


@endpoint(
    "POST",
    f"{PATH}/<number>/answer",
    scope="purchasing:write",
    roles=SUPPLIER,
    body=SupplierAnswer,
    answers={200: SupplierClaimShape},
)
def answer_supplier_claim(identity: Identity, number: str, body: SupplierAnswer) -> tuple[int, Any]:
    """Say what of a claim this supplier takes over, once and until its deadline."""
    claim = deciding_lots.take_answer(
        number=number,
        supplier_ids=identity.supplier_ids,
        taken=_taken(body),
        words=body.words,
        now=utc_now(),
        zone=zone(),
        actor=identity.actor,
    )
    return 200, _whole(claim)


def _taken(body: SupplierAnswer) -> dict[int, int] | None:
    if body.lines is None:
        return None
    taken = {one.line: one.units for one in body.lines}
    if len(taken) != len(body.lines):
        raise BadInput("duplicate", "This line is already in the list.", param="lines")
    return taken


def _head(claim: LotClaim) -> Json:
    return {
        "claim": claim.number,
        "product_code": claim.batch.product.code,
        "batch": claim.batch.number,
        "text": claim.text,
        "state": claim.state,
        "answer_by": iso(claim.answer_by) if claim.answer_by else None,
        "answered_at": iso(claim.supplier_answered_at) if claim.supplier_answered_at else None,
        "words": claim.supplier_words,
    }


def _whole(claim: LotClaim) -> Json:
    return _head(claim) | {"lines": [_line(reply) for reply in lots.found_bad(claim)]}


def _line(reply: LotReply) -> Json:
    return {
        "line": reply.order_line_id,
        "units": reply.units,
        "bad_units": reply.bad_units,
        "taken_units": reply.taken_units,
        "photos": reply.case.photos if reply.case else [],
    }
