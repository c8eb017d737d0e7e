"""Claims that are booked beside what an invoice differs by: one that is net of them takes them off itself."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, Select, exists, func, insert, literal, select

from groupbuy.aftersales.models import AfterSaleCase, SupplierClaim
from groupbuy.campaigns.models import Offer
from groupbuy.db import db
from groupbuy.delivery.models import Discrepancy
from groupbuy.kernel.errors import BadInput
from groupbuy.orders.models import Order
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.settlements import matching
from groupbuy.settlements.deducting import is_given_back
from groupbuy.settlements.matching import Difference
from groupbuy.settlements.models import DecisionClaim, InvoiceDecision, SupplierAdjustment
from groupbuy.warehouse.models import StockIssue

# So many of a supplier's latest claims are looked at.
MOST = 500
KINDS = ("claim", "deduction")


@dataclass(frozen=True, slots=True)
class BookedClaim:
    """What is off a supplier's account already, below zero, in fen; ``taken``: the decision counts it."""

    id: int
    kind: str
    amount_fen: int
    note: str
    at: datetime
    taken: bool


# A product and a round, each where it is known.
_About = tuple[int | None, int | None]
_NOTHING: _About = (None, None)
_LAST = select(func.max(InvoiceDecision.id)).group_by(InvoiceDecision.purchase_order_line_id)


def beside(lines: Collection[Difference]) -> Mapping[int, Sequence[BookedClaim]]:
    """Return by line what was claimed of its supplier since its order, the latest first.

    Left out is what is known to be of another product or round, and what the decision about another line
    counts already.
    """
    rows = _rows({one.supplier_id for one in lines})
    about, taken = _about([row.cause for row in rows]), _taken([row.id for row in rows])
    return {
        one.line_id: [
            BookedClaim(row.id, row.kind, row.amount_fen, row.note, row.at, row.id in taken)
            for row in rows
            if _is_beside(row, one, about.get(row.cause, _NOTHING))
            and taken.get(row.id, one.line_id) == one.line_id
        ]
        for one in lines
    }


def fingerprint(found: Difference, claims: Sequence[BookedClaim]) -> str:
    """Return a short digest of a difference and the claims beside it, as somebody looks at them."""
    seen = (found.match.excess_units, found.match.price_fen, *(one.id for one in claims))
    return sha256(repr(seen).encode()).hexdigest()[:16]


def waiting(*, most: int, after: int | None = None) -> Sequence[Difference]:
    """Return the lines about which somebody has to decide, the oldest first, from behind one on."""
    lines = matching.differing(after=after)
    waits = waiting_of(lines)
    return [one for one in lines if one.line_id in waits][:most]


def waiting_of(lines: Collection[Difference]) -> Collection[int]:
    """Return the ids of those lines about which somebody has to decide.

    Undecided ones, and those paid as invoiced for less than agreed of which a claim has come since: the
    invoice may be net of it, which would then be off twice.
    """
    undecided = {one.line_id for one in lines if one.undecided}
    paid = {one.line_id: one for one in lines if one.claims_until and not one.undecided}
    pairs = db.session.execute(_come_since(paid)).all() if paid else []
    about, taken = _about([row.cause for _, row in pairs]), _taken([row.id for _, row in pairs])
    back = {
        line_id
        for line_id, row in pairs
        if row.id not in taken and _is_beside(row, paid[line_id], about.get(row.cause, _NOTHING))
    }
    return undecided | back


def _come_since(line_ids: Collection[int]) -> Select[int, SupplierAdjustment]:
    """Select lines with the claims on their suppliers that the decision in force did not know."""
    known = exists().where(
        DecisionClaim.invoice_decision_id == InvoiceDecision.id,
        DecisionClaim.supplier_adjustment_id == SupplierAdjustment.id,
    )
    return (
        select(InvoiceDecision.purchase_order_line_id, SupplierAdjustment)
        .join(PurchaseOrderLine, PurchaseOrderLine.id == InvoiceDecision.purchase_order_line_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .join(SupplierAdjustment, SupplierAdjustment.supplier_id == PurchaseOrder.supplier_id)
        .where(InvoiceDecision.purchase_order_line_id.in_(line_ids), InvoiceDecision.id.in_(_LAST))
        .where(*_taken_off(), SupplierAdjustment.at < InvoiceDecision.claims_until, ~known)
    )


def note_known(*, decision: InvoiceDecision, supplier_id: int, since: datetime, net: Collection[int]) -> None:
    """Note what was claimed of a supplier when a decision was made, and of what the invoices are net."""
    known = select(literal(decision.id), SupplierAdjustment.id, SupplierAdjustment.id.in_(net)).where(
        SupplierAdjustment.supplier_id == supplier_id,
        SupplierAdjustment.kind.in_(KINDS),
        SupplierAdjustment.at >= since,
    )
    columns = ["invoice_decision_id", "supplier_adjustment_id", "net"]
    db.session.execute(insert(DecisionClaim).from_select(columns, known))


def check(found: Difference, claim_ids: Collection[int]) -> int:
    """Lock claims and return what they took off, above zero, in fen; raise BadInput ``unknown_claim``."""
    if not claim_ids:
        return 0
    wanted = set(claim_ids)
    chosen = select(SupplierAdjustment.id).where(SupplierAdjustment.id.in_(wanted))
    db.session.execute(chosen.order_by(SupplierAdjustment.id).with_for_update()).all()
    amounts = {one.id: one.amount_fen for one in beside([found])[found.line_id]}
    if not wanted <= amounts.keys():
        raise BadInput(
            "unknown_claim", "One of these claims is not beside this difference (any more).", param="claims"
        )
    return -sum(amounts[id_] for id_ in wanted)


def _rows(supplier_ids: Collection[int]) -> Sequence[SupplierAdjustment]:
    mine = (SupplierAdjustment.supplier_id.in_(supplier_ids), *_taken_off())
    latest = select(SupplierAdjustment).where(*mine).order_by(SupplierAdjustment.id.desc())
    return db.session.scalars(latest.limit(MOST)).all()


def _taken_off() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a row is a claim that still stands, neither given back nor a giving back."""
    return SupplierAdjustment.kind.in_(KINDS), SupplierAdjustment.amount_fen < 0, ~is_given_back()


def _is_beside(row: SupplierAdjustment, line: Difference, about: _About) -> bool:
    of = zip(about, (line.product_id, line.round_id), strict=True)
    same = all(known is None or known == asked for known, asked in of)
    return same and row.supplier_id == line.supplier_id and row.at >= line.ordered_at


def _taken(claim_ids: Collection[int]) -> Mapping[int, int]:
    """Return by claim the line whose decision in force counts it."""
    rows = db.session.execute(
        select(DecisionClaim.supplier_adjustment_id, InvoiceDecision.purchase_order_line_id)
        .join(InvoiceDecision, InvoiceDecision.id == DecisionClaim.invoice_decision_id)
        .where(DecisionClaim.supplier_adjustment_id.in_(claim_ids), DecisionClaim.net)
        .where(InvoiceDecision.id.in_(_LAST))
    )
    return {row[0]: row[1] for row in rows}


def _about(causes: Collection[str]) -> Mapping[str, _About]:
    """Return of what product and round the papers are for which something was claimed."""
    papers = {"supplier_claim": _of_cases, "leader_receipt": _of_stops, "stock_issue": _of_returns}
    found: dict[str, _About] = {}
    for kind, read in papers.items():
        ids = {cause: int(cause.split(":")[1]) for cause in causes if cause.startswith(f"{kind}:")}
        about = read(ids.values()) if ids else {}
        found |= {cause: about[id_] for cause, id_ in ids.items() if id_ in about}
    return found


def _of_cases(ids: Collection[int]) -> Mapping[int, _About]:
    rows = db.session.execute(
        select(SupplierClaim.id, SupplierClaim.product_id, SupplierClaim.cause).where(
            SupplierClaim.id.in_(ids)
        )
    ).all()
    cases = {row.id: int(row.cause.split(":")[1]) for row in rows if row.cause.startswith("after_sale:")}
    rounds: dict[int, int] = dict(
        db.session.execute(
            select(AfterSaleCase.id, Order.round_id)
            .join(Order, Order.id == AfterSaleCase.order_id)
            .where(AfterSaleCase.id.in_(cases.values()))
        )
        .tuples()
        .all()
    )
    return {row.id: (row.product_id, rounds.get(cases.get(row.id, 0))) for row in rows}


def _of_stops(ids: Collection[int]) -> Mapping[int, _About]:
    rows = select(Discrepancy.id, Offer.product_id, Offer.round_id)
    chosen = rows.join(Offer, Offer.id == Discrepancy.offer_id).where(Discrepancy.id.in_(ids))
    return {row[0]: (row[1], row[2]) for row in db.session.execute(chosen)}


def _of_returns(ids: Collection[int]) -> Mapping[int, _About]:
    rows = select(StockIssue.id, StockIssue.product_id).where(StockIssue.id.in_(ids))
    return {row[0]: (row[1], None) for row in db.session.execute(rows)}
