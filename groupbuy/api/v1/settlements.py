"""What suppliers are owed: invoices with their differences, statements, payments, in fen."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF, Fen, Key
from groupbuy.api.v1.shapes import Code, Json, Page, RowNumber, Shape
from groupbuy.api.v1.warehouse import MAX_LINES, Day
from groupbuy.finance import queries as ledger
from groupbuy.finance.rules import supplier as account_of
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import MAX_FEN
from groupbuy.kernel.times import iso
from groupbuy.settlements import adjusting, claims, invoices, making, matching, paying, queries, rules
from groupbuy.settlements.claims import MOST as MOST_CLAIMS
from groupbuy.settlements.invoices import MAX_UNITS, Asked

Words = Annotated[Text, Field(max_length=paying.MAX_WORDS)]


class SettlementShape(Shape):
    """A statement; ``total_fen`` is purchases and everything else on it."""

    number: str
    supplier_code: str
    state: Literal["made", "approved", "cancelled"]
    bought_fen: int
    adjusted_fen: int
    total_fen: int
    paid_fen: int
    due_date: str
    answer: str | None


class OwedShape(Shape):
    """What a supplier is owed in all, what of it is on no statement, and its statements, the latest first."""

    owed_fen: int
    open_fen: int
    settlements: list[SettlementShape]
    next_cursor: str | None


class NewSettlement(Body):
    """The last day of a statement."""

    day: Day


class SettlementDecision(Body):
    """Approve a statement or take it back."""

    deed: Literal["approve", "cancel"]


class SettlementPayment(Body):
    """Money paid on a statement, with its reference; the same ``submission_key`` is the same payment."""

    amount_fen: Fen
    proof: Words
    submission_key: Key | None = None


class NewDeduction(Body):
    """Something off what a supplier is owed; the same ``submission_key`` again changes nothing."""

    kind: Literal["claim", "deduction"]
    amount_fen: Fen
    note: Words
    submission_key: Key


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
    """

    how: Literal["as_agreed", "as_invoiced"]
    note: Words = ""
    claims: Annotated[list[RowNumber], Field(max_length=MOST_CLAIMS)] = Field(default_factory=list)


@endpoint(
    "GET",
    "/suppliers/<code>/settlements",
    scope="money:read",
    roles=STAFF,
    query=Page,
    answers={200: OwedShape},
)
def show_supplier_settlements(identity: Identity, code: str, query: Page) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show what a supplier is owed, and its statements, the newest first."""
    supplier = queries.get_supplier(code)
    before = cursors.id_after(query.cursor)
    found = queries.settlements_of([supplier.id], before=before, most=query.limit + 1)
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    return 200, {
        "owed_fen": ledger.balance(account_of(supplier.id)),
        "open_fen": queries.open_fen(supplier.id, utc_now()),
        "settlements": [queries.as_json(row) for row in rows],
        "next_cursor": cursor,
    }


@endpoint(
    "POST",
    "/suppliers/<code>/settlements",
    scope="money:write",
    roles=STAFF,
    body=NewSettlement,
    answers={201: SettlementShape},
)
def make_settlement(identity: Identity, code: str, body: NewSettlement) -> tuple[int, Any]:
    """Make a statement of everything booked up to and including a day that is on no other one."""
    until = rules.start_of(day_of(body.day, "day") + timedelta(days=1))
    row = making.make(
        supplier=queries.get_supplier(code), until=until, now=utc_now(), actor=identity.actor.name
    )
    return 201, queries.as_json(row)


@endpoint(
    "POST",
    "/suppliers/<code>/deductions",
    scope="money:write",
    roles=STAFF,
    body=NewDeduction,
    answers={201: OwedShape},
)
def deduct_from_supplier(identity: Identity, code: str, body: NewDeduction) -> tuple[int, Any]:
    """Take something off what a supplier is owed."""
    adjusting.adjust(
        supplier_id=queries.get_supplier(code).id,
        kind=body.kind,
        amount_fen=-body.amount_fen,
        cause=f"api:{code}:{body.submission_key}",
        note=body.note,
        now=utc_now(),
        actor=identity.actor.name,
    )
    return 201, show_supplier_settlements(identity, code, Page())[1]


@endpoint(
    "POST",
    "/settlements/<number>/decide",
    scope="money:write",
    roles=STAFF,
    body=SettlementDecision,
    answers={200: SettlementShape},
)
def decide_settlement(identity: Identity, number: str, body: SettlementDecision) -> tuple[int, Any]:
    """Approve a statement for payment, or take it back: then its postings go onto the next one."""
    deed = paying.approve if body.deed == "approve" else making.cancel
    return 200, queries.as_json(deed(number=number, now=utc_now(), actor=identity.actor.name))


@endpoint(
    "POST",
    "/settlements/<number>/payments",
    scope="money:write",
    roles=STAFF,
    body=SettlementPayment,
    answers={201: SettlementShape},
)
def pay_settlement(identity: Identity, number: str, body: SettlementPayment) -> tuple[int, Any]:
    """Note money paid on an approved statement, in part or whole, never more than is due."""
    paying.pay(number=number, **body.model_dump(), now=utc_now(), actor=identity.actor.name)
    return 201, queries.as_json(queries.get_settlement(number))


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
        now=utc_now(),
        actor=identity.actor.name,
    )
    found = matching.difference_of(line)
    return 200, {"lines": _differences([found] if found else [])}


def day_of(text: str, name: str) -> date:
    """Return the day of a text; raise BadInput with the name of the field."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput("bad_format", "There is no such day.", param=name) from error


def _differences(rows: Sequence[matching.Difference]) -> list[Json]:
    found, waits = claims.beside(rows), claims.waiting_of(rows)
    return [
        _difference(one)
        | {"waits": one.line_id in waits, "claims": [_claim(claim) for claim in found[one.line_id]]}
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
