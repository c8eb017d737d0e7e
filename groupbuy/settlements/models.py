"""What the books hold of receipts and stock, and what is settled with suppliers."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.catalog.models import Supplier
from groupbuy.db import Base
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine


class ReceiptBooks(Base):
    """How much of a goods receipt the ledger has booked as payable, in fen; ``version`` counts bookings."""

    __tablename__ = "receipt_books"

    goods_receipt_id: Mapped[int] = mapped_column(
        ForeignKey("goods_receipt.id"), primary_key=True, autoincrement=False
    )
    payable_fen: Mapped[int]
    version: Mapped[int]


class StockValue(Base):
    """What the units of a product in stock have cost together: a moving average, exact to the fen."""

    __tablename__ = "stock_value"

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True, autoincrement=False)
    units: Mapped[int]
    value_fen: Mapped[int]


class MovementBooks(Base):
    """By how much a movement of stock has changed its product's value in the ledger, in fen."""

    __tablename__ = "movement_books"

    stock_movement_id: Mapped[int] = mapped_column(
        ForeignKey("stock_movement.id"), primary_key=True, autoincrement=False
    )
    value_fen: Mapped[int]


class SupplierTerms(Base):
    """When a supplier's purchases are settled, when a statement is due, and what comes back as rebate.

    ``rebates`` are steps: from how much of a statement's purchases in fen, at which rate in basis points.
    """

    __tablename__ = "supplier_terms"
    __table_args__ = (CheckConstraint("cycle IN ('week', 'half_month', 'month')", name="cycle"),)

    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"), primary_key=True, autoincrement=False)
    cycle: Mapped[str]
    due_days: Mapped[int]
    rebates: Mapped[list[list[int]]] = mapped_column(JSON)


class SupplierAdjustment(Base):
    """What else changes what a supplier is owed, in fen: below zero is owed less. Append-only.

    ``cause`` is unique, so that a claim from elsewhere is taken over once.
    """

    __tablename__ = "supplier_adjustment"
    __table_args__ = (
        CheckConstraint("kind IN ('claim', 'deduction', 'rebate', 'price')", name="kind"),
        CheckConstraint("amount_fen <> 0", name="amount"),
        Index("ix_supplier_adjustment_supplier", "supplier_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"))
    kind: Mapped[str]
    amount_fen: Mapped[int]
    cause: Mapped[str] = mapped_column(unique=True)
    note: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]


class SupplierInvoice(Base):
    """A supplier's invoice for one purchase order (进项发票); an order may have several."""

    __tablename__ = "supplier_invoice"
    __table_args__ = (
        # One that was taken back leaves its number to the right one.
        Index(
            "uq_supplier_invoice_entered",
            "supplier_id",
            "number",
            unique=True,
            postgresql_where=text("state = 'entered'"),
            sqlite_where=text("state = 'entered'"),
        ),
        CheckConstraint("state IN ('entered', 'cancelled')", name="state"),
        CheckConstraint("amount_fen >= 0 AND tax_fen >= 0 AND tax_fen <= amount_fen", name="amounts"),
        Index("ix_supplier_invoice_purchase_order", "purchase_order_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"))
    purchase_order_id: Mapped[int] = mapped_column(ForeignKey("purchase_order.id"))
    number: Mapped[str]
    dated: Mapped[date]
    state: Mapped[str] = mapped_column(default="entered")
    amount_fen: Mapped[int]
    tax_fen: Mapped[int]
    entered_at: Mapped[datetime]
    entered_by: Mapped[str]

    supplier: Mapped[Supplier] = relationship()
    purchase_order: Mapped[PurchaseOrder] = relationship()
    lines: Mapped[list["SupplierInvoiceLine"]] = relationship(order_by="SupplierInvoiceLine.id")


class SupplierInvoiceLine(Base):
    """What an invoice asks for a line of its purchase order: sale units and fen."""

    __tablename__ = "supplier_invoice_line"
    __table_args__ = (
        UniqueConstraint("supplier_invoice_id", "purchase_order_line_id"),
        CheckConstraint("units > 0 AND amount_fen >= 0", name="amounts"),
        Index("ix_supplier_invoice_line_order_line", "purchase_order_line_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    supplier_invoice_id: Mapped[int] = mapped_column(ForeignKey("supplier_invoice.id"))
    purchase_order_line_id: Mapped[int] = mapped_column(ForeignKey("purchase_order_line.id"))
    units: Mapped[int]
    amount_fen: Mapped[int]

    line: Mapped[PurchaseOrderLine] = relationship()


class InvoiceDecision(Base):
    """What was decided about a difference between invoices, order and receipt; the latest one holds.

    A claim booked before ``claims_until`` that nobody knew of brings the difference back; none where null.
    """

    __tablename__ = "invoice_decision"
    __table_args__ = (
        CheckConstraint("how IN ('as_agreed', 'as_invoiced')", name="how"),
        Index("ix_invoice_decision_line", "purchase_order_line_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    purchase_order_line_id: Mapped[int] = mapped_column(ForeignKey("purchase_order_line.id"))
    excess_units: Mapped[int]
    price_fen: Mapped[int]
    how: Mapped[str]
    adjusted_fen: Mapped[int]
    note: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    claims_until: Mapped[datetime | None]


class DecisionClaim(Base):
    """A claim that was booked when invoices were decided about.

    The invoices are ``net`` of it: their decision does not take it off again.
    """

    __tablename__ = "invoice_decision_claim"

    invoice_decision_id: Mapped[int] = mapped_column(
        ForeignKey("invoice_decision.id"), primary_key=True, autoincrement=False
    )
    supplier_adjustment_id: Mapped[int] = mapped_column(
        ForeignKey("supplier_adjustment.id"), primary_key=True, autoincrement=False, index=True
    )
    net: Mapped[bool] = mapped_column(server_default=text("true"))


class SupplierSettlement(Base):
    """A statement for a supplier (采购结算单): everything booked until a moment that is on no other one.

    ``total_fen`` is ``bought_fen`` (receipts) plus ``adjusted_fen`` (claims, rebates and the like).
    """

    __tablename__ = "supplier_settlement"
    __table_args__ = (
        CheckConstraint("state IN ('made', 'approved', 'cancelled')", name="state"),
        CheckConstraint("total_fen = bought_fen + adjusted_fen", name="total"),
        CheckConstraint("paid_fen >= 0 AND paid_fen <= total_fen", name="paid"),
        Index("ix_supplier_settlement_supplier", "supplier_id", "until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"))
    state: Mapped[str] = mapped_column(default="made")
    until: Mapped[datetime]
    due_date: Mapped[date]
    bought_fen: Mapped[int]
    adjusted_fen: Mapped[int]
    total_fen: Mapped[int]
    paid_fen: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    answer: Mapped[str | None]
    answer_words: Mapped[str | None]
    answered_at: Mapped[datetime | None]

    supplier: Mapped[Supplier] = relationship()


class SettlementPosting(Base):
    """That a posting is on a statement; it is on one at most."""

    __tablename__ = "settlement_posting"

    posting_id: Mapped[int] = mapped_column(ForeignKey("posting.id"), primary_key=True, autoincrement=False)
    settlement_id: Mapped[int] = mapped_column(ForeignKey("supplier_settlement.id"), index=True)


class SupplierPayment(Base):
    """Money paid on a statement, in fen, with its reference."""

    __tablename__ = "supplier_payment"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        Index("ix_supplier_payment_settlement", "settlement_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    settlement_id: Mapped[int] = mapped_column(ForeignKey("supplier_settlement.id"))
    amount_fen: Mapped[int]
    proof: Mapped[str]
    submission_key: Mapped[str | None] = mapped_column(unique=True)
    at: Mapped[datetime]
    actor: Mapped[str]
