"""Suppliers' invoices (进项发票): entered, matched with order and receipt, differences decided."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.finance.rules import BOOKS
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.kernel.money import MAX_FEN
from groupbuy.purchasing import queries as purchasing
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.rules import POState
from groupbuy.settlements import adjusting, claims, matching
from groupbuy.settlements.models import InvoiceDecision, SupplierInvoice, SupplierInvoiceLine

MAX_NUMBER = 40
MAX_UNITS = 10**9
# What is claimed later than this after a decision is of other goods.
CLAIMED_WITHIN = timedelta(days=90)
UNSENT = (POState.DRAFT, POState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an invoice asks for a product: sale units, and fen for all of them."""

    product_code: str
    units: int
    amount_fen: int


def enter(
    *,
    order_number: str,
    number: str,
    dated: date,
    lines: Sequence[Asked],
    tax_fen: int,
    now: datetime,
    actor: str,
) -> SupplierInvoice:
    """Enter an invoice for a purchase order; it is matched at once.

    The number of one that was taken back may be entered again. Raise NotFound, BadInput with param
    ``dated`` for a day to come, with ``lines[i].…``, RuleBroken ``not_sent``, ``invoice_known``.
    """
    if dated > now.astimezone(BOOKS).date():
        raise BadInput("out_of_range", "This day has not come yet.", param="dated")
    order = purchasing.lock_purchase_order(order_number)
    if order.state in UNSENT:
        raise RuleBroken("not_sent", "This purchase order has not been given to the supplier.")
    number = _checked_number(number)
    checked = _checked(order, lines)
    amount = sum(line.amount_fen for line in checked)
    if not 0 <= tax_fen <= amount:
        raise BadInput("out_of_range", "The tax is part of the amount.", param="tax_fen")
    sums = {"amount_fen": amount, "tax_fen": tax_fen}
    invoice = _insert(order, number=number, dated=dated, **sums, entered_at=now, entered_by=actor)
    invoice.lines = checked
    db.session.flush()
    _log(invoice, "invoice_entered", now, actor)
    return invoice


def _checked_number(number: str) -> str:
    number = number.strip()
    if not 1 <= len(number) <= MAX_NUMBER or not number.isprintable():
        raise BadInput("required", f"Write 1 to {MAX_NUMBER} characters.", param="number")
    return number


def _insert(order: PurchaseOrder, **values: Any) -> SupplierInvoice:
    values |= {"supplier_id": order.supplier_id, "purchase_order_id": order.id, "state": "entered"}
    row = insert_into(SupplierInvoice).values(**values)
    id_ = db.session.execute(row.on_conflict_do_nothing().returning(SupplierInvoice.id)).scalar()
    if id_ is None:
        raise RuleBroken("invoice_known", "This supplier's invoice has been entered already.", param="number")
    return db.session.get_one(SupplierInvoice, id_)


def _checked(order: PurchaseOrder, lines: Sequence[Asked]) -> list[SupplierInvoiceLine]:
    by_code = {line.product.code: line for line in order.lines}
    asked = [(index, one) for index, one in enumerate(lines) if one.units or one.amount_fen]
    if not asked:
        raise BadInput("required", "The invoice asks for nothing.", param="lines")
    if len({one.product_code for _, one in asked}) != len(asked):
        raise BadInput("twice", "Each product once.", param="lines")
    return [_line(by_code.get(one.product_code), index, one) for index, one in asked]


def _line(line: PurchaseOrderLine | None, index: int, one: Asked) -> SupplierInvoiceLine:
    param = f"lines[{index}]"
    if line is None:
        raise BadInput("unknown_product", "The order has no such product.", param=f"{param}.product_code")
    if not 1 <= one.units <= MAX_UNITS:
        raise BadInput("out_of_range", f"Between 1 and {MAX_UNITS}.", param=f"{param}.units")
    if not 0 <= one.amount_fen <= MAX_FEN:
        raise BadInput("out_of_range", f"Between 0 and {MAX_FEN}.", param=f"{param}.amount_fen")
    return SupplierInvoiceLine(purchase_order_line_id=line.id, units=one.units, amount_fen=one.amount_fen)


def cancel(*, invoice_id: int, now: datetime, actor: str) -> SupplierInvoice:
    """Take an invoice back that was entered wrongly or that the supplier replaces; again changes nothing."""
    invoice = get_invoice(invoice_id)
    purchasing.lock_purchase_order(invoice.purchase_order.number)
    db.session.refresh(invoice, ["state"])
    if invoice.state == "entered":
        invoice.state = "cancelled"
        db.session.flush()
        _log(invoice, "invoice_cancelled", now, actor)
    return invoice


def decide(
    *,
    line_id: int,
    how: str,
    note: str,
    now: datetime,
    actor: str,
    claim_ids: Collection[int] = (),
    seen: str | None = None,
) -> InvoiceDecision:
    """Decide about a difference as it is now: pay as agreed, or as invoiced, which books the difference.

    The invoices are net of ``claim_ids``, which are booked already and so are taken off once. A later
    invoice that changes the difference brings it back, and so does a later claim where less than agreed
    is paid as invoiced. ``seen`` is the fingerprint of what was looked at. Raise NotFound, BadInput,
    RuleBroken ``no_difference``, ``changed_meanwhile``.
    """
    purchasing.lock_purchase_order(_order_number(line_id))
    found = matching.difference_of(line_id)
    if found is None or not claims.waiting_of([found]):
        raise RuleBroken("no_difference", "Nothing waits for a decision here (any more).")
    if seen is not None and seen != claims.fingerprint(found, claims.beside([found])[line_id]):
        raise RuleBroken("changed_meanwhile", "This difference has changed; look at its figures again.")
    if how not in ("as_agreed", "as_invoiced"):
        raise BadInput("unknown_decision", "Choose as_agreed or as_invoiced.", param="how")
    due = _due(found, how, claim_ids)
    row = InvoiceDecision(
        purchase_order_line_id=line_id,
        excess_units=found.match.excess_units,
        price_fen=found.match.price_fen,
        how=how,
        adjusted_fen=due,
        note=note.strip()[: adjusting.MAX_NOTE],
        at=now,
        actor=actor,
        claims_until=now + CLAIMED_WITHIN if how == "as_invoiced" and found.match.price_fen < 0 else None,
    )
    db.session.add(row)
    db.session.flush()
    claims.note_known(decision=row, supplier_id=found.supplier_id, since=found.ordered_at, net=claim_ids)
    _adjust(row, found, due - found.adjusted_fen, claim_ids)
    return row


def _due(found: matching.Difference, how: str, claim_ids: Collection[int]) -> int:
    """Return by how much what is owed changes, in fen: what was claimed and is off already not once more."""
    if how == "as_invoiced":
        return found.match.difference_fen + claims.check(found, claim_ids)
    if claim_ids:
        raise BadInput("inconsistent", "Only what is paid as invoiced is net of a claim.", param="claims")
    return 0


def _order_number(line_id: int) -> str:
    number = db.session.scalar(
        select(PurchaseOrder.number)
        .join(PurchaseOrderLine, PurchaseOrderLine.purchase_order_id == PurchaseOrder.id)
        .where(PurchaseOrderLine.id == line_id)
    )
    if number is None:
        raise NotFound("unknown_line", "There is no such line.")
    return number


def _adjust(
    row: InvoiceDecision, found: matching.Difference, change_fen: int, claim_ids: Collection[int]
) -> None:
    """Book what a decision changes, and log it."""
    if change_fen:
        adjusting.adjust(
            supplier_id=found.supplier_id,
            kind="price",
            amount_fen=change_fen,
            cause=f"invoice_decision:{row.id}",
            note=f"{found.order} {found.product_code} {row.note}".strip()[: adjusting.MAX_NOTE],
            now=row.at,
            actor=row.actor,
        )
    audit.record(
        at=row.at,
        actor=row.actor,
        verb="invoice_difference_decided",
        subject_kind="purchase_order",
        subject=found.order,
        after={"product": found.product_code, "how": row.how, "difference_fen": found.match.difference_fen}
        | ({"net_of_claims": sorted(set(claim_ids))} if claim_ids else {}),
    )


def invoices_of(purchase_order_id: int) -> Sequence[SupplierInvoice]:
    """Return the invoices of a purchase order with their lines, the first entered first."""
    chosen = _statement().where(SupplierInvoice.purchase_order_id == purchase_order_id)
    return db.session.scalars(chosen.order_by(SupplierInvoice.id)).all()


def _statement() -> Select[SupplierInvoice]:
    line = selectinload(SupplierInvoice.lines).joinedload(SupplierInvoiceLine.line)
    return select(SupplierInvoice).options(
        line.joinedload(PurchaseOrderLine.product),
        joinedload(SupplierInvoice.purchase_order),
        joinedload(SupplierInvoice.supplier),
    )


def get_invoice(invoice_id: int) -> SupplierInvoice:
    """Return an invoice with its order, supplier and lines; raise NotFound."""
    invoice = db.session.scalar(_statement().where(SupplierInvoice.id == invoice_id))
    if invoice is None:
        raise NotFound("unknown_invoice", "There is no such invoice.")
    return invoice


def _log(invoice: SupplierInvoice, verb: str, now: datetime, actor: str) -> None:
    audit.record(
        at=now,
        actor=actor,
        verb=verb,
        subject_kind="supplier_invoice",
        subject=invoice.number,
        after={"amount_fen": invoice.amount_fen, "state": invoice.state},
    )
