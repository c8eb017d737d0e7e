"""Asking for an invoice, issuing and refusing it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.invoicing import queries, rules
from groupbuy.invoicing.models import InvoiceFile, InvoiceRequest
from groupbuy.invoicing.rules import Buyer
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import RESIDENT
from groupbuy.notices.telling import Notice
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lock_order
from groupbuy.orders.rules import OrderState


def ask(*, order: Order, buyer: Buyer, now: datetime, actor: str) -> InvoiceRequest:
    """Ask for the invoice of an order that was picked up; the same again is the first request.

    Raise RuleBroken ``not_picked_up``, ``nothing_paid`` and ``already_asked``.
    """
    lock_order(order)
    if first := queries.live_request(order.id):
        return _same(first, buyer)
    if refusal := refusal_of(order):
        raise refusal
    request = InvoiceRequest(order_id=order.id, state="asked", asked_at=now, asked_by=actor, **asdict(buyer))
    db.session.add(request)
    db.session.flush()
    log(order, "invoice_asked", now, actor, {"kind": buyer.kind})
    return request


def refusal_of(order: Order) -> RuleBroken | None:
    """Return why no invoice can be asked for yet, None where one can."""
    if order.state != OrderState.PICKED_UP:
        return RuleBroken("not_picked_up", "An invoice can be asked for once the order is picked up.")
    if order.amount_fen <= 0:
        sentence = "All of this order was refunded: nothing is left to make an invoice of."
        return RuleBroken("nothing_paid", sentence)
    if queries.kept_of(order) <= 0:
        return RuleBroken("nothing_paid", "Nothing that was paid for this order is noted yet.")
    return None


def _same(first: InvoiceRequest, buyer: Buyer) -> InvoiceRequest:
    if buyer != Buyer(first.kind, first.title, first.tax_number, first.email):
        raise RuleBroken("already_asked", "The invoice of this order has been asked for already.")
    return first


def issue(
    *, request_id: int, number: str, mime_type: str, content: bytes, now: datetime, actor: str
) -> InvoiceRequest:
    """Note that an invoice was made of what is paid and kept now, with its number and its file.

    Raise NotFound, BadInput, RuleBroken ``already_decided``, ``nothing_paid``, ``number_taken``.
    """
    number = rules.check_number(number)
    request = locked(request_id, "asked")
    if refusal := refusal_of(request.order):
        raise refusal
    amount_fen = queries.kept_of(request.order)
    values = {"invoice_number": number, "amount_fen": amount_fen}
    with taking(number):
        _decide(request, now, actor, state="issued", **values)
    db.session.add(InvoiceFile(request_id=request_id, mime_type=mime_type, content=content))
    log(request.order, "invoice_issued", now, actor, values)
    tell(request, {"amount": format_yuan(amount_fen), "number": number}, now)
    return request


@contextmanager
def taking(number: str) -> Iterator[None]:
    """Give an invoice its number within; raise RuleBroken ``number_taken`` where another one has it."""
    taken = RuleBroken("number_taken", "This number is another invoice's.", param="number")
    if queries.is_used(number):
        raise taken
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError as error:
        raise taken from error


def refuse(*, request_id: int, reason: str, now: datetime, actor: str) -> InvoiceRequest:
    """Refuse an invoice with a reason, which the resident reads.

    Raise NotFound, BadInput ``required``, RuleBroken ``already_decided``.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= rules.MAX_REASON:
        raise BadInput("required", "Say why.", param="reason")
    request = locked(request_id, "asked")
    _decide(request, now, actor, state="refused", reason=reason)
    log(request.order, "invoice_refused", now, actor, {"reason": reason})
    tell(request, {"reason": reason}, now)
    return request


def locked(request_id: int, state: str) -> InvoiceRequest:
    """Return a request in a state, its order locked, so that of two deciders the second is told."""
    request = queries.get_request(request_id)
    lock_order(request.order)
    db.session.refresh(request)
    if request.state != state:
        raise RuleBroken("already_decided", "This request has been decided already.")
    return request


def _decide(request: InvoiceRequest, now: datetime, actor: str, **values: Any) -> None:
    for name, value in (values | {"decided_at": now, "decided_by": actor}).items():
        setattr(request, name, value)
    db.session.flush()


def tell(request: InvoiceRequest, values: dict[str, str], now: datetime) -> None:
    """Tell the resident of the state that a request is in now."""
    order = request.order
    who = recipient(RESIDENT, order.resident_id)
    said = {"order": order.number} | values
    notice = Notice(f"invoice-{request.id}-{request.state}", f"invoice_{request.state}", who, said)
    telling.tell([notice], now=now)


def forget(*, resident_ids: Sequence[int]) -> None:
    """Take the person out of requests whose invoice was never made, and the mail address out of all.

    What was issued stays as it was issued: the books of the tax need it.
    """
    mine = InvoiceRequest.order_id.in_(select(Order.id).where(Order.resident_id.in_(resident_ids)))
    db.session.execute(update(InvoiceRequest).where(mine).values(email=""))
    never = (mine, InvoiceRequest.invoice_number.is_(None), InvoiceRequest.kind == rules.PERSON)
    db.session.execute(update(InvoiceRequest).where(*never).values(title="已注销"))


def log(order: Order, verb: str, now: datetime, actor: str, after: dict[str, Any]) -> None:
    """Write into the log what was done about the invoice of an order."""
    audit.record(at=now, actor=actor, verb=verb, subject_kind="order", subject=order.number, after=after)
