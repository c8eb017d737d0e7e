"""Reading what is open with suppliers, their statements and what stands on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, case, cast, or_, select
from sqlalchemy.orm import joinedload

from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.finance import rules as ledger
from groupbuy.finance.models import Posting
from groupbuy.finance.queries import balances
from groupbuy.kernel.errors import NotFound
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.settlements.models import (
    SettlementPosting,
    SupplierAdjustment,
    SupplierPayment,
    SupplierSettlement,
    SupplierTerms,
)
from groupbuy.settlements.rules import Cycle, last_day, start_of
from groupbuy.warehouse.models import GoodsReceipt, GoodsReceiptLine


def get_supplier(code: str) -> Supplier:
    """Return a supplier by its code; raise NotFound."""
    supplier = db.session.scalar(select(Supplier).where(Supplier.code == code))
    if supplier is None:
        raise NotFound("unknown_supplier", f"There is no supplier {code}.")
    return supplier


def terms_of(supplier_id: int) -> SupplierTerms:
    """Return a supplier's terms, the usual ones where none are set: by the month, due after 30 days."""
    terms = db.session.get(SupplierTerms, supplier_id)
    return terms or SupplierTerms(supplier_id=supplier_id, cycle=Cycle.MONTH, due_days=30, rebates=[])


def terms_as_json(terms: SupplierTerms) -> dict[str, Any]:
    """Return a supplier's terms as programs read them."""
    steps = [{"from_fen": start, "rate_bp": rate} for start, rate in terms.rebates]
    return {"cycle": terms.cycle, "due_days": terms.due_days, "rebates": steps}


def open_postings(supplier_id: int) -> Select[*tuple[Any, ...]]:
    """Return a selection of a supplier's postings that are on no statement; payments are never on one."""
    account = ledger.supplier(supplier_id)
    return (
        select(Posting)
        .outerjoin(SettlementPosting, SettlementPosting.posting_id == Posting.id)
        .where(
            or_(Posting.credit_account == account, Posting.debit_account == account),
            Posting.cause_kind != "supplier_payment",
            SettlementPosting.posting_id.is_(None),
        )
    )


def open_sums(supplier_id: int, until: datetime) -> tuple[int, int]:
    """Return in fen what of receipts, and of everything else, is on no statement until a moment."""
    account = ledger.supplier(supplier_id)
    signed = case((Posting.credit_account == account, Posting.amount_fen), else_=-Posting.amount_fen)
    of_receipt = case((Posting.cause_kind == "goods_receipt", signed), else_=0)
    of_other = case((Posting.cause_kind == "goods_receipt", 0), else_=signed)
    sums = open_postings(supplier_id).where(Posting.at < until)
    bought, adjusted = db.session.execute(sums.with_only_columns(total(of_receipt), total(of_other))).one()
    return bought, adjusted


def open_by_account() -> dict[str, int]:
    """Return by supplier's account what is owed on no statement, in fen, in one query."""
    credited = Posting.credit_account.like("payable:supplier:%")
    account = case((credited, Posting.credit_account), else_=Posting.debit_account)
    rows = db.session.execute(
        select(account, total(case((credited, Posting.amount_fen), else_=-Posting.amount_fen)))
        .outerjoin(SettlementPosting, SettlementPosting.posting_id == Posting.id)
        .where(
            or_(credited, Posting.debit_account.like("payable:supplier:%")),
            Posting.cause_kind != "supplier_payment",
            SettlementPosting.posting_id.is_(None),
        )
        .group_by(account)
    )
    return {row[0]: row[1] for row in rows}


def owed() -> Sequence[tuple[Supplier, int, int]]:
    """Return what each supplier with bookings is owed, and what of it is on no statement, in fen."""
    sums, on_none = balances("payable:supplier:"), open_by_account()
    suppliers = db.session.scalars(select(Supplier).order_by(Supplier.code)).all()
    named = [(ledger.supplier(one.id), one) for one in suppliers]
    return [(one, sums[name], on_none.get(name, 0)) for name, one in named if name in sums]


def open_fen(supplier_id: int, until: datetime) -> int:
    """Return in fen what is owed on no statement until a moment."""
    return sum(open_sums(supplier_id, until))


def get_settlement(number: str, supplier_ids: Sequence[int] | None = None) -> SupplierSettlement:
    """Return a statement, of some suppliers only; raise NotFound for any other."""
    statement = select(SupplierSettlement).where(SupplierSettlement.number == number)
    if supplier_ids is not None:
        statement = statement.where(SupplierSettlement.supplier_id.in_(supplier_ids))
    row = db.session.scalar(statement.options(joinedload(SupplierSettlement.supplier)))
    if row is None:
        raise NotFound("unknown_settlement", "There is no such statement.")
    return row


def lock_settlement(number: str) -> SupplierSettlement:
    """Lock a statement until the transaction ends and return it as it is now; raise NotFound."""
    locked = select(SupplierSettlement.id).where(SupplierSettlement.number == number).with_for_update()
    db.session.execute(locked)
    row = get_settlement(number)
    db.session.refresh(row)
    return row


def settlements_of(
    supplier_ids: Sequence[int], *, before: int | None = None, most: int
) -> Sequence[SupplierSettlement]:
    """Return the statements of some suppliers that hold, the newest first, from where a page ended on."""
    statement = holding(supplier_ids).limit(most)
    if before is not None:
        statement = statement.where(SupplierSettlement.id < before)
    return db.session.scalars(statement).all()


def holding(supplier_ids: Sequence[int] | None) -> Select[SupplierSettlement]:
    """Select the statements of some suppliers, or of all, that hold, the newest first."""
    mine = [] if supplier_ids is None else [SupplierSettlement.supplier_id.in_(supplier_ids)]
    return (
        select(SupplierSettlement)
        .where(*mine, SupplierSettlement.state != "cancelled")
        .options(joinedload(SupplierSettlement.supplier))
        .order_by(SupplierSettlement.id.desc())
    )


def selected(
    *, state: str | None, supplier_id: int | None, paid: str | None, since: date | None, until: date | None
) -> Select[SupplierSettlement]:
    """Select statements of all suppliers, the newest first; ``since`` and ``until`` bound their last day."""
    one = SupplierSettlement
    parts = {"unpaid": one.paid_fen == 0, "part": (one.paid_fen > 0) & is_unpaid(), "paid": ~is_unpaid()}
    found = select(one).options(joinedload(one.supplier)).order_by(one.id.desc())
    if paid is not None:
        found = found.where(parts[paid], one.state != "cancelled")
    # The first day there is begins before the first moment there is in UTC.
    if since is not None and since > date.min:
        found = found.where(one.until > start_of(since))
    if until is not None and until < date.max:
        found = found.where(one.until <= start_of(until + timedelta(days=1)))
    for column, wanted in ((one.state, state), (one.supplier_id, supplier_id)):
        found = found if wanted is None else found.where(column == wanted)
    return found


def is_unpaid() -> ColumnElement[bool]:
    """Return the condition that something of a statement is still to be paid."""
    return SupplierSettlement.paid_fen < SupplierSettlement.total_fen


def as_json(row: SupplierSettlement) -> dict[str, Any]:
    """Return a statement as programs get it, in fen."""
    names = ("number", "state", "bought_fen", "adjusted_fen", "total_fen", "paid_fen", "answer")
    values = {name: getattr(row, name) for name in names}
    days = {"due_date": row.due_date.isoformat(), "last_day": last_day(row.until).isoformat()}
    return values | {"supplier_code": row.supplier.code} | days


def rebates_of(row: SupplierSettlement) -> Sequence[SupplierAdjustment]:
    """Return the rebates that a statement has booked."""
    cause = SupplierAdjustment.cause == f"rebate:{row.id}"
    return db.session.scalars(select(SupplierAdjustment).where(cause)).all()


def payments_of(row: SupplierSettlement) -> Sequence[SupplierPayment]:
    """Return what was paid on a statement, the first payment first."""
    paid = select(SupplierPayment).where(SupplierPayment.settlement_id == row.id)
    return db.session.scalars(paid.order_by(SupplierPayment.id)).all()


@dataclass(frozen=True, slots=True)
class Item:
    """What stands on a statement: a receipt of a purchase order, or another change with its note."""

    at: datetime
    kind: str
    paper: str
    order: str | None
    amount_fen: int


def items_of(row: SupplierSettlement) -> Sequence[Item]:
    """Return the postings on a statement in the order in which they were booked; they add up to its total."""
    account = ledger.supplier(row.supplier_id)
    signed = case((Posting.credit_account == account, Posting.amount_fen), else_=-Posting.amount_fen)
    rows = db.session.execute(
        select(
            Posting.at,
            Posting.cause_kind,
            SupplierAdjustment.kind,
            GoodsReceipt.number,
            SupplierAdjustment.note,
            PurchaseOrder.number,
            signed,
        )
        .join(SettlementPosting, SettlementPosting.posting_id == Posting.id)
        .outerjoin(GoodsReceipt, GoodsReceipt.id == _cause("goods_receipt"))
        .outerjoin(PurchaseOrder, PurchaseOrder.id == GoodsReceipt.purchase_order_id)
        .outerjoin(SupplierAdjustment, SupplierAdjustment.id == _cause("supplier_adjustment"))
        .where(SettlementPosting.settlement_id == row.id)
        .order_by(Posting.id)
    )
    return [
        Item(at, kind or cause, receipt or note, order, fen)
        for at, cause, kind, receipt, note, order, fen in rows
    ]


@dataclass(frozen=True, slots=True)
class ReceivedItem:
    """A product of a receipt on a statement: sale units, what one costs and all that are owed, in fen."""

    receipt: str
    product_code: str
    product_name: str
    delivered: int
    rejected: int
    cost_fen: int

    @property
    def accepted(self) -> int:
        """Return how many are owed."""
        return self.delivered - self.rejected

    @property
    def amount_fen(self) -> int:
        """Return what they come to."""
        return self.accepted * self.cost_fen


def received_on(row: SupplierSettlement) -> Sequence[ReceivedItem]:
    """Return what came with the receipts on a statement, line by line; it adds up to its purchases."""
    posted = (
        select(cast(Posting.cause_id, BigInteger))
        .join(SettlementPosting, SettlementPosting.posting_id == Posting.id)
        .where(SettlementPosting.settlement_id == row.id, Posting.cause_kind == "goods_receipt")
    )
    rows = db.session.execute(
        select(
            GoodsReceipt.number,
            Product.code,
            Product.name,
            GoodsReceiptLine.delivered,
            GoodsReceiptLine.rejected,
            PurchaseOrderLine.cost_fen,
        )
        .select_from(GoodsReceiptLine)
        .join(GoodsReceipt, GoodsReceipt.id == GoodsReceiptLine.goods_receipt_id)
        .join(PurchaseOrderLine, PurchaseOrderLine.id == GoodsReceiptLine.purchase_order_line_id)
        .join(Product, Product.id == PurchaseOrderLine.product_id)
        .where(GoodsReceipt.id.in_(posted))
        .order_by(GoodsReceipt.id, Product.code, GoodsReceiptLine.id)
    )
    return [ReceivedItem(*one) for one in rows]


def _cause(kind: str) -> ColumnElement[int | None]:
    """Return the id that a posting names as its cause if that is of a kind: only then it is a number."""
    return case((Posting.cause_kind == kind, cast(Posting.cause_id, BigInteger)))
