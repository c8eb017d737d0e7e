"""Correcting issued invoices (红冲): of an amount that is not kept any more, taken back by a red-letter one.

The whole invoice is taken back, and another one made of what is kept, where anything is.
"""

from dataclasses import dataclass
from datetime import datetime

from groupbuy.audit.service import SCHEDULER
from groupbuy.db import db
from groupbuy.invoicing import queries, rules, service
from groupbuy.invoicing.models import InvoiceRequest, RedInvoiceFile
from groupbuy.kernel.errors import RuleBroken
from groupbuy.kernel.money import format_yuan

MOST_AT_ONCE = 500


def find_wrong(*, now: datetime) -> int:
    """Ask for the correction of invoices of orders refunded since, each once; return how many."""
    found = queries.to_correct(most=MOST_AT_ONCE)
    return sum(_ask(request_id, now) for request_id in found)


def _ask(request_id: int, now: datetime) -> bool:
    try:
        request = service.locked(request_id, "issued")
    except RuleBroken:
        return False
    kept_fen = queries.kept_of(request.order)
    if kept_fen == request.amount_fen:
        return False
    request.state = "correcting"
    db.session.flush()
    values = {"invoice_number": request.invoice_number, "kept_fen": kept_fen}
    service.log(request.order, "invoice_correction_asked", now, SCHEDULER, values)
    service.tell(request, {"number": request.invoice_number or "", "kept": format_yuan(kept_fen)}, now)
    return True


@dataclass(frozen=True, slots=True)
class File:
    """A file that was brought: its media type and what it holds."""

    mime_type: str
    content: bytes


def reverse(
    *, request_id: int, number: str, again: bool, now: datetime, actor: str, file: File | None = None
) -> InvoiceRequest | None:
    """Note the red-letter invoice that took an issued one back; ``again`` asks for one of what is kept.

    Its file may follow (``add_file``). Return the new request, None where nothing is kept or none is wanted.
    Raise NotFound, BadInput, RuleBroken ``already_decided``, ``number_taken``.
    """
    number = rules.check_number(number)
    request = service.locked(request_id, "correcting")
    with service.taking(number):
        request.state, request.red_number = "reversed", number
        request.reversed_at, request.reversed_by = now, actor
        db.session.flush()
    service.log(request.order, "invoice_reversed", now, actor, {"red_number": number})
    if file is not None:
        _store(request, file, now, actor)
    service.tell(request, {"number": request.invoice_number or "", "red": number}, now)
    if not again or service.refusal_of(request.order):
        return None
    buyer = rules.Buyer(request.kind, request.title, request.tax_number, request.email)
    return service.ask(order=request.order, buyer=buyer, now=now, actor=actor)


def add_file(*, request_id: int, file: File, now: datetime, actor: str) -> InvoiceRequest:
    """Keep the file of a red-letter invoice that was noted without one; the same again changes nothing.

    Raise NotFound, RuleBroken ``already_decided`` for what was not taken back, ``file_stored``.
    """
    request = service.locked(request_id, "reversed")
    first = db.session.get(RedInvoiceFile, request_id)
    if first is None:
        _store(request, file, now, actor)
    elif first.content != file.content:
        raise RuleBroken(
            "file_stored", "The file of this red-letter invoice is stored already.", param="file"
        )
    return request


def _store(request: InvoiceRequest, file: File, now: datetime, actor: str) -> None:
    row = RedInvoiceFile(request_id=request.id, mime_type=file.mime_type, content=file.content)
    db.session.add(row)
    db.session.flush()
    values = {"red_number": request.red_number, "bytes": len(file.content)}
    service.log(request.order, "red_invoice_stored", now, actor, values)
