"""Invoices of suppliers, several per purchase order: what does not agree, and what was decided, in fen."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF
from groupbuy.api.v1.settlements import Words, day_of
from groupbuy.api.v1.shapes import Code, Json, Page, RowNumber, Shape
from groupbuy.api.v1.warehouse import MAX_LINES, Day
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import MAX_FEN
from groupbuy.kernel.times import iso
from groupbuy.purchasing import queries as purchasing
from groupbuy.settlements import claims, invoices, matching
from groupbuy.settlements.claims import MOST as MOST_CLAIMS
from groupbuy.settlements.invoices import MAX_UNITS, Asked
from groupbuy.settlements.models import SupplierInvoice


class InvoicedLine(Body):
    """What an invoice asks for a product: sale units and fen for all of them."""

    product_code: Code
    units: Annotated[int, Field(strict=True, ge=1, le=MAX_UNITS)]
    amount_fen: Annotated[int, Field(strict=True, ge=0, le=MAX_FEN)]


class NewInvoice(Body):
    """A supplier's invoice for a purchase order; the tax is part of the amounts."""

    number: Annotated[Text, Field(min_length=1, max_length=invoices.MAX_NUMBER)]
    dated: Day
    tax_fen: Annotated[int, Field(strict=True, ge=0, le=MAX_FEN)] = 0
    lines: Annotated[list[InvoicedLine], Field(min_length=1, max_length=MAX_LINES)]


class SupplierInvoiceLineShape(Shape):
    """What an invoice asks for a product: sale units and fen for all of them."""

    product_code: str
    units: int
    amount_fen: int


class SupplierInvoiceShape(Shape):
    """A supplier's invoice; the tax is part of the amount."""

    invoice: int
    number: str
    dated: str
    state: Literal["entered", "cancelled"]
    amount_fen: int
    tax_fen: int
    lines: list[SupplierInvoiceLineShape]


class SupplierInvoicesShape(Shape):
    """The invoices of one purchase order, the first entered first."""

    invoices: list[SupplierInvoiceShape]


class BookedClaimShape(Shape):
    """What is off the supplier's account already, below zero; ``taken``: the decision counts it."""

    id: int
    kind: Literal["claim", "deduction"]
    amount_fen: int
    note: str
    at: str
    taken: bool


class DifferenceShape(Shape):
    """What of a line's invoices does not agree; ``waits`` for a decision.

    ``claims`` are those booked on the supplier since the order that may be of this line, the latest first.
    ``fingerprint`` is another one as soon as the figures or the claims are.
    """

    line: int
    purchase_order: str
    product_code: str
    purchased: int
    accepted: int
    rejected: int
    invoiced: int
    excess_units: int
    price_fen: int
    difference_fen: int
    waits: bool
    fingerprint: str
    claims: list[BookedClaimShape]


class DifferencesShape(Shape):
    """Lines of purchase orders with their invoices."""

    lines: list[DifferenceShape]


class DifferencePage(Shape):
    """A page of lines of purchase orders with their invoices, the oldest first."""

    items: list[DifferenceShape]
    next_cursor: str | None


class DifferenceDecision(Body):
    """Pay as agreed, or as invoiced, which books the difference.

    ``claims`` are those that the invoice is net of: they are booked already and not taken off again.
    With the ``fingerprint`` of what was looked at, changed figures are refused with ``changed_meanwhile``.
    """

    how: Literal["as_agreed", "as_invoiced"]
    note: Words = ""
    claims: Annotated[list[RowNumber], Field(max_length=MOST_CLAIMS)] = Field(default_factory=list)
    fingerprint: Annotated[Text, Field(max_length=64)] | None = None


@endpoint(
    "GET",
    "/purchase-orders/<number>/invoices",
    scope="money:read",
    roles=STAFF,
    answers={200: SupplierInvoicesShape},
)
def list_supplier_invoices(identity: Identity, number: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List the invoices of a purchase order, those taken back too."""
    order = purchasing.purchase_order_of_number(number)
    return 200, {"invoices": [_invoice(one) for one in invoices.invoices_of(order.id)]}


@endpoint(
    "POST",
    "/supplier-invoices/<int:invoice>/cancellation",
    scope="money:write",
    roles=STAFF,
    answers={200: SupplierInvoiceShape},
)
def cancel_supplier_invoice(identity: Identity, invoice: int) -> tuple[int, Any]:
    """Take an invoice back; its differences are reckoned anew. Again changes nothing."""
    return 200, _invoice(invoices.cancel(invoice_id=invoice, now=utc_now(), actor=identity.actor.name))


@endpoint(
    "POST",
    "/purchase-orders/<number>/invoices",
    scope="money:write",
    roles=STAFF,
    body=NewInvoice,
    answers={201: DifferencesShape},
)
def enter_invoice(identity: Identity, number: str, body: NewInvoice) -> tuple[int, Any]:
    """Enter an invoice and match it with order and receipt; the answer has every line of the order."""
    invoices.enter(
        order_number=number,
        number=body.number,
        dated=day_of(body.dated, "dated"),
        lines=[Asked(line.product_code, line.units, line.amount_fen) for line in body.lines],
        tax_fen=body.tax_fen,
        now=utc_now(),
        actor=identity.actor.name,
    )
    return 201, {"lines": _differences(matching.lines_of(number))}


@endpoint(
    "GET",
    "/invoice-differences",
    scope="money:read",
    roles=STAFF,
    query=Page,
    answers={200: DifferencePage},
)
def list_invoice_differences(identity: Identity, query: Page) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List what waits for a decision, the oldest first."""
    found = claims.waiting(most=query.limit + 1, after=cursors.id_after(query.cursor))
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda one: (one.line_id,))
    return 200, {"items": _differences(rows), "next_cursor": cursor}


@endpoint(
    "POST",
    "/invoice-differences/<int:line>/decide",
    scope="money:write",
    roles=STAFF,
    body=DifferenceDecision,
    answers={200: DifferencesShape},
)
def decide_invoice_difference(identity: Identity, line: int, body: DifferenceDecision) -> tuple[int, Any]:
    """Decide about a difference as it is now."""
    invoices.decide(
        line_id=line,
        how=body.how,
        note=body.note,
        claim_ids=body.claims,
        seen=body.fingerprint,
        now=utc_now(),
        actor=identity.actor.name,
    )
    found = matching.difference_of(line)
    return 200, {"lines": _differences([found] if found else [])}


def _differences(rows: Sequence[matching.Difference]) -> list[Json]:
    found, waits = claims.beside(rows), claims.waiting_of(rows)
    return [
        _difference(one)
        | {"waits": one.line_id in waits, "fingerprint": claims.fingerprint(one, found[one.line_id])}
        | {"claims": [_claim(claim) for claim in found[one.line_id]]}
        for one in rows
    ]


def _claim(one: claims.BookedClaim) -> Json:
    names = ("id", "kind", "amount_fen", "note", "taken")
    return {name: getattr(one, name) for name in names} | {"at": iso(one.at)}


def _difference(one: matching.Difference) -> Json:
    match = one.match
    return {
        "line": one.line_id,
        "purchase_order": one.order,
        "product_code": one.product_code,
        "purchased": one.purchased,
        "accepted": one.accepted,
        "rejected": one.rejected,
        "invoiced": one.units,
        "excess_units": match.excess_units,
        "price_fen": match.price_fen,
        "difference_fen": match.difference_fen,
    }


def _invoice(one: SupplierInvoice) -> Json:
    return {
        "invoice": one.id,
        "number": one.number,
        "dated": one.dated.isoformat(),
        "state": one.state,
        "amount_fen": one.amount_fen,
        "tax_fen": one.tax_fen,
        "lines": [
            {"product_code": line.line.product.code, "units": line.units, "amount_fen": line.amount_fen}
            for line in one.lines
        ],
    }
