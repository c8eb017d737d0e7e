"""Requests for invoices, and the invoices as files."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.db import Base
from groupbuy.orders.models import Order

_LIVE = text("state NOT IN ('refused', 'reversed')")


class InvoiceRequest(Base):
    """An invoice that a resident wants for an order; once refused it may be asked for again.

    ``amount_fen`` is what the invoice is of, None until it is issued. ``tax_number`` is a company's.
    An issued invoice of another amount than is kept since is ``correcting`` until a red-letter invoice
    (红字发票), ``red_number``, has taken it back: ``reversed``; then there may be another one.
    """

    __tablename__ = "invoice_request"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'issued', 'correcting', 'reversed', 'refused')", name="state"),
        CheckConstraint("(kind = 'company') = (tax_number IS NOT NULL)", name="tax_number"),
        CheckConstraint("kind IN ('person', 'company')", name="kind"),
        CheckConstraint(
            "(state IN ('issued', 'correcting', 'reversed')) "
            "= (amount_fen IS NOT NULL AND invoice_number IS NOT NULL)",
            name="issued",
        ),
        CheckConstraint("(state = 'reversed') = (red_number IS NOT NULL)", name="reversed"),
        CheckConstraint("amount_fen > 0", name="amount"),
        Index("uq_invoice_request_live", "order_id", unique=True, postgresql_where=_LIVE, sqlite_where=_LIVE),
        Index("ix_invoice_request_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"))
    state: Mapped[str] = mapped_column(default="asked")
    kind: Mapped[str]
    title: Mapped[str]
    tax_number: Mapped[str | None]
    email: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
    invoice_number: Mapped[str | None] = mapped_column(unique=True)
    amount_fen: Mapped[int | None]
    red_number: Mapped[str | None] = mapped_column(unique=True)
    reversed_at: Mapped[datetime | None]
    reversed_by: Mapped[str | None]

    order: Mapped[Order] = relationship()


class InvoiceFile(Base):
    """An invoice as it was brought back: PDF, OFD, XML, or a picture that was drawn anew."""

    __tablename__ = "invoice_file"

    request_id: Mapped[int] = mapped_column(
        ForeignKey("invoice_request.id"), primary_key=True, autoincrement=False
    )
    mime_type: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class RedInvoiceFile(Base):
    """A red-letter invoice as it was brought back from the tax system."""

    __tablename__ = "red_invoice_file"

    request_id: Mapped[int] = mapped_column(
        ForeignKey("invoice_request.id"), primary_key=True, autoincrement=False
    )
    mime_type: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)
