"""Reading requests for invoices."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, case, select
from sqlalchemy.orm import contains_eager, joinedload

from groupbuy.db import db
from groupbuy.invoicing.models import InvoiceFile, InvoiceRequest, RedInvoiceFile
from groupbuy.invoicing.rules import kept_fen
from groupbuy.kernel.errors import NotFound
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order

_KEPT = case((Order.paid_fen < Order.amount_fen, Order.paid_fen), else_=Order.amount_fen)


def kept_of(order: Order) -> int:
    """Return what was paid for an order and is not to be given back, in fen."""
    return kept_fen(paid_fen=order.paid_fen, amount_fen=order.amount_fen)


def differs() -> ColumnElement[bool]:
    """Return the condition that an issued invoice is of another amount than is kept now."""
    return InvoiceRequest.state.in_(("issued", "correcting")) & (InvoiceRequest.amount_fen != _KEPT)


def to_correct(*, most: int) -> Sequence[int]:
    """Return issued invoices of another amount than is kept now, the oldest first."""
    found = select(InvoiceRequest.id).join(Order, Order.id == InvoiceRequest.order_id)
    wrong = found.where(InvoiceRequest.state == "issued", differs())
    return db.session.scalars(wrong.order_by(InvoiceRequest.id).limit(most)).all()


def queue() -> Select[InvoiceRequest]:
    """Return the statement of all requests with their orders and residents, the latest first."""
    return (
        select(InvoiceRequest)
        .join(Order, Order.id == InvoiceRequest.order_id)
        .join(Resident, Resident.id == Order.resident_id)
        .options(contains_eager(InvoiceRequest.order).contains_eager(Order.resident))
        .order_by(InvoiceRequest.id.desc())
    )


def requests_in(state: str | None, *, before: int | None, most: int) -> Sequence[InvoiceRequest]:
    """Return the latest requests, of a state where one is named; ``before`` is where a page ended."""
    wanted = [] if state is None else [InvoiceRequest.state == state]
    wanted += [] if before is None else [InvoiceRequest.id < before]
    return db.session.scalars(queue().where(*wanted).limit(most)).all()


def requests_of(resident_ids: Sequence[int]) -> Sequence[InvoiceRequest]:
    """Return all requests of residents, the latest first."""
    return db.session.scalars(queue().where(Order.resident_id.in_(resident_ids))).all()


def get_request(request_id: int) -> InvoiceRequest:
    """Return a request with its order; raise NotFound."""
    row = db.session.get(InvoiceRequest, request_id, options=[joinedload(InvoiceRequest.order)])
    if row is None:
        raise NotFound("unknown_request", "There is no such request.")
    return row


def live_request(order_id: int) -> InvoiceRequest | None:
    """Return the request of an order that waits or is issued, also one to be corrected."""
    over = InvoiceRequest.state.in_(("refused", "reversed"))
    live = (InvoiceRequest.order_id == order_id, ~over)
    return db.session.scalar(select(InvoiceRequest).where(*live))


def latest_request(order_id: int) -> InvoiceRequest | None:
    """Return the latest request of an order, also one that is over."""
    mine = select(InvoiceRequest).where(InvoiceRequest.order_id == order_id)
    return db.session.scalar(mine.order_by(InvoiceRequest.id.desc()).limit(1))


def is_used(number: str) -> bool:
    """Tell whether a number is that of an invoice or of a red-letter invoice already."""
    named = (InvoiceRequest.invoice_number == number) | (InvoiceRequest.red_number == number)
    return db.session.scalar(select(InvoiceRequest.id).where(named).limit(1)) is not None


def file_of(request_id: int) -> InvoiceFile:
    """Return the file of an issued invoice; raise NotFound."""
    row = db.session.get(InvoiceFile, request_id)
    if row is None:
        raise NotFound("unknown_file", "This invoice has no file.")
    return row


def red_file_of(request_id: int) -> RedInvoiceFile:
    """Return the file of a red-letter invoice; raise NotFound."""
    row = db.session.get(RedInvoiceFile, request_id)
    if row is None:
        raise NotFound("unknown_file", "This invoice has no file.")
    return row


def with_red_file(request_ids: Collection[int]) -> set[int]:
    """Return those requests whose red-letter invoice has a file."""
    found = select(RedInvoiceFile.request_id).where(RedInvoiceFile.request_id.in_(request_ids))
    return set(db.session.scalars(found))


def reversed_of(order_id: int) -> Sequence[InvoiceRequest]:
    """Return the invoices of an order that were taken back, the latest first."""
    mine = (InvoiceRequest.order_id == order_id, InvoiceRequest.state == "reversed")
    return db.session.scalars(select(InvoiceRequest).where(*mine).order_by(InvoiceRequest.id.desc())).all()


def taken_back_by(order_id: int, red_number: str) -> InvoiceRequest:
    """Return the invoice of an order that a red-letter one took back; raise NotFound."""
    mine = (InvoiceRequest.order_id == order_id, InvoiceRequest.red_number == red_number)
    row = db.session.scalar(select(InvoiceRequest).where(*mine))
    if row is None:
        raise NotFound("unknown_request", "There is no such request.")
    return row
