"""After-sale cases with their lines, and what suppliers are charged for."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import Base
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order, OrderLine
from groupbuy.warehouse.models import StockBatch


class AfterSaleCase(Base):
    """What somebody asks for after the sale (售后单); ``photos`` are paths of pictures.

    ``refund_fen`` is what the decision took off the order, which is then owed back; ``goods`` what it says
    of them: nothing, back into stock (``returned``), or back and ``written_off``.
    """

    __tablename__ = "after_sale_case"
    __table_args__ = (
        CheckConstraint("kind IN ('refund', 'replacement', 'exchange', 'complaint')", name="kind"),
        CheckConstraint("state IN ('asked', 'approved', 'rejected', 'withdrawn', 'closed')", name="state"),
        CheckConstraint("goods IN ('kept', 'returned', 'written_off')", name="goods"),
        CheckConstraint("refund_fen >= 0", name="refund"),
        Index("ix_after_sale_case_order", "order_id", "state"),
        Index("ix_after_sale_case_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"))
    kind: Mapped[str]
    reason: Mapped[str]
    text: Mapped[str]
    photos: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(default="asked")
    goods: Mapped[str] = mapped_column(default="kept")
    refund_fen: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    answer: Mapped[str | None]
    submission_key: Mapped[str | None] = mapped_column(unique=True)

    order: Mapped[Order] = relationship()
    lines: Mapped[list["AfterSaleLine"]] = relationship(
        back_populates="case", order_by="AfterSaleLine.order_line_id"
    )
    replacements: Mapped[list["Replacement"]] = relationship(back_populates="case", order_by="Replacement.id")


class AfterSaleLine(Base):
    """Sale units of an order line that a case is about."""

    __tablename__ = "after_sale_line"
    __table_args__ = (CheckConstraint("units > 0", name="units"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("after_sale_case.id"), primary_key=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), primary_key=True, index=True)
    units: Mapped[int]

    case: Mapped[AfterSaleCase] = relationship(back_populates="lines")
    line: Mapped[OrderLine] = relationship()


class Replacement(Base):
    """Goods that are promised for a line of a case, in a later round (补发、换货).

    ``placed`` is an order of its own over there, ``order_id``, that costs nothing and earns nothing. What
    came short over there is a row of its own, which waits again. Another product costs what it costs there:
    ``credit_fen`` was then taken off the line; what comes short of it is paid back over there.
    """

    __tablename__ = "after_sale_replacement"
    __table_args__ = (
        CheckConstraint("units > 0", name="units"),
        CheckConstraint("state IN ('waiting', 'placed', 'handed_out', 'refunded')", name="state"),
        CheckConstraint("state <> 'placed' OR order_id IS NOT NULL", name="order"),
        CheckConstraint("credit_fen >= 0", name="credit"),
        Index("ix_after_sale_replacement_state", "state", "id"),
        Index("ix_after_sale_replacement_case", "case_id"),
        Index("ix_after_sale_replacement_line", "order_line_id"),
        Index("ix_after_sale_replacement_order", "order_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("after_sale_case.id"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    units: Mapped[int]
    state: Mapped[str] = mapped_column(default="waiting")
    order_id: Mapped[int | None] = mapped_column(ForeignKey("order.id"))
    credit_fen: Mapped[int | None]
    promised_at: Mapped[datetime]

    case: Mapped[AfterSaleCase] = relationship(back_populates="replacements")
    line: Mapped[OrderLine] = relationship()
    product: Mapped[Product] = relationship()
    order: Mapped[Order | None] = relationship()


class LotClaim(Base):
    """A batch that somebody found bad: all its buyers are asked ``until`` a moment, then the supplier.

    ``text`` is what buyers read, ``answer`` what they read of its end. The supplier has until ``answer_by``
    to answer with ``supplier_words``. A batch has one claim at most.
    """

    __tablename__ = "lot_claim"
    __table_args__ = (
        CheckConstraint(
            "state IN ('asking', 'with_supplier', 'accepted', 'part_accepted', 'refused', 'unfounded')",
            name="state",
        ),
        Index("ix_lot_claim_state", "state", "until"),
        Index("ix_lot_claim_supplier", "supplier_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    stock_batch_id: Mapped[int] = mapped_column(ForeignKey("stock_batch.id"), unique=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"))
    text: Mapped[str]
    state: Mapped[str] = mapped_column(default="asking")
    until: Mapped[datetime]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    answer_by: Mapped[datetime | None]
    supplier_answered_at: Mapped[datetime | None]
    supplier_answered_by: Mapped[str | None]
    supplier_words: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    answer: Mapped[str | None]

    batch: Mapped[StockBatch] = relationship()
    supplier: Mapped[Supplier] = relationship()


class LotReply(Base):
    """A line that holds goods of a batch under claim, or may, and what its buyer says of them.

    ``bad_units`` is None until there is an answer, ``taken_units`` until the supplier has said how many of
    them it takes over. ``credit_fen`` is what is credited until the claim is decided; the case carries it
    from there, and the pictures.
    """

    __tablename__ = "lot_reply"
    __table_args__ = (
        CheckConstraint("units > 0 AND bad_units >= 0 AND bad_units <= units", name="units"),
        CheckConstraint("credit_fen >= 0", name="credit"),
        CheckConstraint("taken_units >= 0 AND taken_units <= bad_units", name="taken"),
        Index("ix_lot_reply_resident", "resident_id"),
        Index("ix_lot_reply_line", "order_line_id"),
    )

    claim_id: Mapped[int] = mapped_column(ForeignKey("lot_claim.id"), primary_key=True, autoincrement=False)
    order_line_id: Mapped[int] = mapped_column(
        ForeignKey("order_line.id"), primary_key=True, autoincrement=False
    )
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"))
    units: Mapped[int]
    bad_units: Mapped[int | None]
    answered_at: Mapped[datetime | None]
    taken_units: Mapped[int | None]
    credit_fen: Mapped[int] = mapped_column(default=0)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("after_sale_case.id"), unique=True)

    claim: Mapped[LotClaim] = relationship()
    line: Mapped[OrderLine] = relationship()
    resident: Mapped[Resident] = relationship()
    case: Mapped[AfterSaleCase | None] = relationship()


class SupplierClaim(Base):
    """What a supplier is charged with for goods that were not as they should be, at cost. Append-only."""

    __tablename__ = "supplier_claim"
    __table_args__ = (
        UniqueConstraint("cause", "product_id"),
        CheckConstraint("amount_fen > 0", name="amount"),
        Index("ix_supplier_claim_supplier", "supplier_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    amount_fen: Mapped[int]
    cause: Mapped[str]
    at: Mapped[datetime]

    supplier: Mapped[Supplier] = relationship()
    product: Mapped[Product] = relationship()
