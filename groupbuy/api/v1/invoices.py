"""Invoices for residents: asked for on an order, issued or refused by finance."""

from typing import Annotated, Any, Literal

from flask import Response, request
from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.documents import private_file
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF
from groupbuy.api.v1.orders import own_order
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Query, Text
from groupbuy.invoicing import correcting, queries, rules, service
from groupbuy.invoicing.correcting import File
from groupbuy.invoicing.models import InvoiceRequest
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.times import iso

State = Literal["asked", "issued", "correcting", "reversed", "refused"]


class NewInvoiceRequest(Body):
    """For whom an invoice is; a company has a tax number (18 signs, GB 32100)."""

    kind: Literal["person", "company"]
    title: Annotated[Text, Field(min_length=1, max_length=rules.MAX_TITLE)]
    tax_number: Annotated[Text, Field(max_length=40)] = ""
    email: Annotated[Text, Field(min_length=3, max_length=200)]


class InvoiceRequestShape(Shape):
    """A request; ``kept_fen`` is what is paid and kept now, ``amount_fen`` what was issued."""

    id: int
    order_no: str
    state: State
    kind: Literal["person", "company"]
    title: str
    tax_number: str | None
    email: str
    kept_fen: int
    amount_fen: int | None
    invoice_number: str | None
    red_number: str | None
    reason: str | None
    asked_at: str


class InvoiceRequests(Shape):
    """Requests, the latest first."""

    items: list[InvoiceRequestShape]
    next_cursor: str | None


class InvoiceRequestsQuery(Page):
    """Those in a state only."""

    state: State | None = None


class IssueQuery(Query):
    """The number of the invoice."""

    number: Annotated[str, Field(min_length=1, max_length=40)]


class Reversal(Body):
    """The number of the red-letter invoice; ``again`` asks for a new invoice of what is kept."""

    number: Annotated[Text, Field(min_length=1, max_length=40)]
    again: Annotated[bool, Field(strict=True)] = True


class InvoiceRefusal(Body):
    """Why there is no invoice; the resident reads it."""

    reason: Annotated[Text, Field(min_length=1, max_length=rules.MAX_REASON)]


@endpoint(
    "POST",
    "/orders/<order_no>/invoice-request",
    scope="orders:write",
    roles=("resident",),
    body=NewInvoiceRequest,
    answers={201: InvoiceRequestShape},
)
def ask_for_invoice(identity: Identity, order_no: str, body: NewInvoiceRequest) -> tuple[int, Any]:
    """Ask for the invoice of one's own order that was picked up; the same again is the first request."""
    buyer, order = rules.buyer(**body.model_dump()), own_order(identity, order_no)
    return 201, _json(service.ask(order=order, buyer=buyer, now=utc_now(), actor=identity.actor.name))


@endpoint(
    "GET",
    "/orders/<order_no>/invoice-request",
    scope="orders:read",
    roles=("resident",),
    answers={200: InvoiceRequestShape},
)
def show_invoice_request(identity: Identity, order_no: str) -> tuple[int, Any]:
    """Show how far the invoice of one's own order is."""
    found = queries.latest_request(own_order(identity, order_no).id)
    if found is None:
        raise NotFound("unknown_request", "There is no such request.")
    return 200, _json(found)


@endpoint(
    "GET",
    "/orders/<order_no>/invoice",
    scope="documents:read",
    roles=("operator", "finance", "resident"),
    answers={200: None},
)
def invoice_of_order(identity: Identity, order_no: str) -> Response:
    """Download the invoice of an order."""
    found = queries.live_request(own_order(identity, order_no).id)
    if found is None:
        raise NotFound("unknown_request", "There is no such request.")
    file = queries.file_of(found.id)
    return private_file(
        file.content, f"发票-{found.invoice_number}.{rules.SUFFIXES[file.mime_type]}", file.mime_type
    )


@endpoint(
    "GET",
    "/orders/<order_no>/red-invoices/<red_number>",
    scope="documents:read",
    roles=("operator", "finance", "resident"),
    answers={200: None},
)
def red_invoice_of_order(identity: Identity, order_no: str, red_number: str) -> Response:
    """Download a red-letter invoice, which took an invoice of an order back, by its number."""
    found = queries.taken_back_by(own_order(identity, order_no).id, red_number)
    file = queries.red_file_of(found.id)
    return private_file(
        file.content, f"红字发票-{red_number}.{rules.SUFFIXES[file.mime_type]}", file.mime_type
    )


@endpoint(
    "GET",
    "/invoice-requests",
    scope="money:read",
    roles=STAFF,
    query=InvoiceRequestsQuery,
    answers={200: InvoiceRequests},
)
def list_invoice_requests(identity: Identity, query: InvoiceRequestsQuery) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List requests for invoices, the latest first."""
    before = cursors.id_after(query.cursor)
    found = queries.requests_in(query.state, before=before, most=query.limit + 1)
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    return 200, {"items": [_json(row) for row in rows], "next_cursor": cursor}


@endpoint(
    "POST",
    "/invoice-requests/<int:request_id>/issue",
    scope="money:write",
    roles=STAFF,
    query=IssueQuery,
    uploads=rules.TYPES,
    answers={200: InvoiceRequestShape},
)
def issue_invoice(identity: Identity, request_id: int, query: IssueQuery) -> tuple[int, Any]:
    """Note that an invoice was made: its number, and the PDF, OFD or XML as the request's body."""
    file = _sent()
    found = service.issue(
        request_id=request_id,
        number=query.number,
        mime_type=file.mime_type,
        content=file.content,
        now=utc_now(),
        actor=identity.actor.name,
    )
    return 200, _json(found)


@endpoint(
    "POST",
    "/invoice-requests/<int:request_id>/refuse",
    scope="money:write",
    roles=STAFF,
    body=InvoiceRefusal,
    answers={200: InvoiceRequestShape},
)
def refuse_invoice(identity: Identity, request_id: int, body: InvoiceRefusal) -> tuple[int, Any]:
    """Refuse an invoice with a reason."""
    found = service.refuse(
        request_id=request_id, reason=body.reason, now=utc_now(), actor=identity.actor.name
    )
    return 200, _json(found)


@endpoint(
    "POST",
    "/invoice-requests/<int:request_id>/reverse",
    scope="money:write",
    roles=STAFF,
    body=Reversal,
    answers={200: InvoiceRequestShape},
)
def reverse_invoice(identity: Identity, request_id: int, body: Reversal) -> tuple[int, Any]:
    """Note the red-letter invoice that took an issued one back."""
    actor = identity.actor.name
    correcting.reverse(request_id=request_id, **body.model_dump(), now=utc_now(), actor=actor)
    return 200, _json(queries.get_request(request_id))


@endpoint(
    "POST",
    "/invoice-requests/<int:request_id>/red-file",
    scope="money:write",
    roles=STAFF,
    uploads=rules.TYPES,
    answers={200: InvoiceRequestShape},
)
def add_red_file(identity: Identity, request_id: int) -> tuple[int, Any]:
    """Keep the file of a red-letter invoice, the request's body; the same again changes nothing."""
    actor = identity.actor.name
    found = correcting.add_file(request_id=request_id, file=_sent(), now=utc_now(), actor=actor)
    return 200, _json(found)


def _sent() -> File:
    content = request.get_data()
    return File(rules.check_file(content), content)


def _json(row: InvoiceRequest) -> Json:
    names = (
        "id",
        "state",
        "kind",
        "title",
        "tax_number",
        "email",
        "amount_fen",
        "invoice_number",
        "red_number",
    )
    values = {"reason": row.reason} | {name: getattr(row, name) for name in names}
    order = row.order
    return values | {
        "order_no": order.number,
        "kept_fen": queries.kept_of(order),
        "asked_at": iso(row.asked_at),
    }
