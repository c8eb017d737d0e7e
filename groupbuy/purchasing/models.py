"""Demand of a closed round and the purchase orders made from it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import Base


class Demand(Base):
    """What one leader's residents ordered of one offer, in sale units and fen, at the close."""

    __tablename__ = "demand"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), primary_key=True)
    units: Mapped[int]
    amount_fen: Mapped[int]


class DeliveryPlace(Base):
    """Where suppliers deliver to: one row, absent until an operator has set it.

    The day's tours begin and end there; the coordinates are millionths of a degree.
    """

    __tablename__ = "delivery_place"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("(latitude_e6 IS NULL) = (longitude_e6 IS NULL)", name="place"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str]
    latitude_e6: Mapped[int | None]
    longitude_e6: Mapped[int | None]


class PurchasingDials(Base):
    """How orders leave: one row, absent until an operator has changed something.

    With ``approve_first`` every order waits as a draft until somebody has approved it.
    """

    __tablename__ = "purchasing_dials"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    approve_first: Mapped[bool]


class PurchaseOrder(Base):
    """What one supplier is to deliver for one round (采购单).

    ``held`` waits for a person's decision, because the order is below the supplier's minimum.
    ``promised_date`` is the day the supplier has confirmed, where that is another one than was asked.
    ``deliver_to`` and ``terms`` are the warehouse's address and the supplier's terms when the order was
    made; None where nobody had set them then.
    """

    __tablename__ = "purchase_order"
    __table_args__ = (
        UniqueConstraint("round_id", "supplier_id"),
        CheckConstraint(
            "state IN ('draft', 'approved', 'sent', 'confirmed', 'part_received', 'received', 'closed',"
            " 'cancelled')",
            name="state",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"), index=True)
    state: Mapped[str] = mapped_column(default="approved")
    below_minimum: Mapped[bool] = mapped_column(default=False)
    held: Mapped[bool] = mapped_column(default=False)
    units: Mapped[int]
    cost_fen: Mapped[int]
    due_date: Mapped[date]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    promised_date: Mapped[date | None]
    confirm_note: Mapped[str | None]
    deliver_to: Mapped[str | None]
    terms: Mapped[str | None]

    supplier: Mapped[Supplier] = relationship()
    lines: Mapped[list["PurchaseOrderLine"]] = relationship(order_by="PurchaseOrderLine.id")


class PurchaseOrderLine(Base):
    """One product of a purchase order, in sale units; ``cost_fen`` is per sale unit.

    ``confirmed`` is how much of ``purchased`` the supplier says will come, None until it has answered.
    """

    __tablename__ = "purchase_order_line"
    __table_args__ = (
        UniqueConstraint("purchase_order_id", "offer_id"),
        CheckConstraint("ordered + surplus = from_stock + purchased + shortfall", name="balance"),
        CheckConstraint("purchased = cases * case_size", name="cases"),
        CheckConstraint("amount_fen = purchased * cost_fen", name="amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    purchase_order_id: Mapped[int] = mapped_column(ForeignKey("purchase_order.id"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    ordered: Mapped[int]
    from_stock: Mapped[int]
    case_size: Mapped[int]
    cases: Mapped[int]
    purchased: Mapped[int]
    surplus: Mapped[int]
    shortfall: Mapped[int]
    cost_fen: Mapped[int]
    amount_fen: Mapped[int]
    confirmed: Mapped[int | None]

    product: Mapped[Product] = relationship()

    @property
    def known_short(self) -> int:
        """Return the sale units of which it is known before the delivery that they will not come."""
        return 0 if self.confirmed is None else max(self.purchased - self.confirmed, 0)

    @property
    def known_missed(self) -> int:
        """Return the sale units of those that residents have ordered; the rest was surplus to fill cases."""
        return max(self.known_short - self.surplus, 0)


class PurchaseAmendment(Base):
    """What changed on an order after it had left (采购变更); ``cause`` names what changed it.

    ``told_at`` is when the supplier got it: its mail was accepted, or somebody said so.
    """

    __tablename__ = "purchase_amendment"
    __table_args__ = (Index("ix_purchase_amendment_order", "purchase_order_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    purchase_order_id: Mapped[int] = mapped_column(ForeignKey("purchase_order.id"))
    cause: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    told_at: Mapped[datetime | None]

    lines: Mapped[list["PurchaseAmendmentLine"]] = relationship()


class PurchaseAmendmentLine(Base):
    """One product of an amendment: the sale units before and after."""

    __tablename__ = "purchase_amendment_line"
    __table_args__ = (CheckConstraint("former != purchased", name="changed"),)

    amendment_id: Mapped[int] = mapped_column(ForeignKey("purchase_amendment.id"), primary_key=True)
    purchase_order_line_id: Mapped[int] = mapped_column(
        ForeignKey("purchase_order_line.id"), primary_key=True
    )
    former: Mapped[int]
    purchased: Mapped[int]

    line: Mapped[PurchaseOrderLine] = relationship()
