"""Warehouses, goods receipts, and the stock with its ledger."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import Base
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.warehouse.rules import MAIN, NEVER, Batch


class Warehouse(Base):
    """A place where goods lie: central (中心仓), grid (网格仓), or the way between two of them (在途).

    Nothing new comes into one that is not ``active``; what lies there is used up.
    """

    __tablename__ = "warehouse"
    __table_args__ = (CheckConstraint("kind IN ('central', 'grid', 'transit')", name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    address: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)


class GoodsReceipt(Base):
    """One delivery on a purchase order (收货单); an order may arrive in several."""

    __tablename__ = "goods_receipt"
    __table_args__ = (Index("ix_goods_receipt_purchase_order", "purchase_order_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    purchase_order_id: Mapped[int] = mapped_column(ForeignKey("purchase_order.id"))
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"), default=MAIN)
    received_at: Mapped[datetime]
    note: Mapped[str | None]
    submission_key: Mapped[str | None] = mapped_column(unique=True)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    purchase_order: Mapped[PurchaseOrder] = relationship()
    warehouse: Mapped[Warehouse] = relationship()
    lines: Mapped[list["GoodsReceiptLine"]] = relationship(order_by="GoodsReceiptLine.id")


class GoodsReceiptLine(Base):
    """What came of one product: sale units delivered, and how many of them were sent back and why.

    What was accepted is the difference. It came into the receipt's warehouse where it names none.
    """

    __tablename__ = "goods_receipt_line"
    __table_args__ = (
        CheckConstraint("rejected >= 0 AND rejected <= delivered", name="rejected"),
        Index("ix_goods_receipt_line_receipt", "goods_receipt_id"),
        Index("ix_goods_receipt_line_order_line", "purchase_order_line_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    goods_receipt_id: Mapped[int] = mapped_column(ForeignKey("goods_receipt.id"))
    purchase_order_line_id: Mapped[int] = mapped_column(ForeignKey("purchase_order_line.id"))
    delivered: Mapped[int]
    rejected: Mapped[int] = mapped_column(default=0)
    reject_reason: Mapped[str | None]
    batch: Mapped[str | None]
    best_before: Mapped[date | None]
    warehouse_id: Mapped[int | None] = mapped_column(ForeignKey("warehouse.id"))

    line: Mapped[PurchaseOrderLine] = relationship()
    receipt: Mapped[GoodsReceipt] = relationship(viewonly=True)
    own_warehouse: Mapped[Warehouse | None] = relationship()

    @property
    def accepted(self) -> int:
        """Return the sale units that stay."""
        return self.delivered - self.rejected

    @property
    def warehouse(self) -> Warehouse:
        """Return where it came in."""
        return self.own_warehouse or self.receipt.warehouse


def came_into() -> ColumnElement[int]:
    """Return the id of the warehouse into which a receipt's line came, joined with its receipt."""
    return func.coalesce(GoodsReceiptLine.warehouse_id, GoodsReceipt.warehouse_id)


class RejectionPhoto(Base):
    """A photo of what was rejected of a delivery; ``path`` is that of an uploaded picture."""

    __tablename__ = "rejection_photo"

    id: Mapped[int] = mapped_column(primary_key=True)
    goods_receipt_id: Mapped[int] = mapped_column(ForeignKey("goods_receipt.id"), index=True)
    path: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]


class StockLevel(Base):
    """How many sale units of a product lie in all warehouses and between them, reserved for no round."""

    __tablename__ = "stock_level"
    __table_args__ = (CheckConstraint("units >= 0", name="units"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True, autoincrement=False)
    units: Mapped[int]

    product: Mapped[Product] = relationship()


class StockMovement(Base):
    """One change of a stock level, with its cause. Append-only: the level is the sum of its movements.

    ``units`` is negative for what leaves; ``cost_fen`` is per sale unit. What was caused by one thing is
    booked once; a count (``stock_take``) has no cause but itself. A ``transfer`` is of no units in all:
    its batches say what left one warehouse for another.
    """

    __tablename__ = "stock_movement"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('receipt_surplus', 'allocated', 'stock_take', 'write_off', 'supplier_return',"
            " 'customer_return', 'transfer', 'transfer_difference')",
            name="kind",
        ),
        CheckConstraint("units != 0 OR kind = 'transfer'", name="units"),
        CheckConstraint("cost_fen >= 0", name="cost"),
        UniqueConstraint("product_id", "kind", "cause_kind", "cause_id"),
        Index("ix_stock_movement_product", "product_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    units: Mapped[int]
    cost_fen: Mapped[int]
    kind: Mapped[str]
    cause_kind: Mapped[str | None]
    cause_id: Mapped[int | None]
    at: Mapped[datetime]
    actor: Mapped[str]


class StockBatch(Base):
    """What lies of one batch of a product in one warehouse; its level is the sum of them.

    ``number`` is empty for goods that came without one, ``best_before`` NEVER for those without a day.
    A batch of which all was handed out at once stands here too, with nothing left.
    """

    __tablename__ = "stock_batch"
    __table_args__ = (
        CheckConstraint("units >= 0", name="units"),
        UniqueConstraint("product_id", "number", "best_before", "warehouse_id"),
        Index("ix_stock_batch_best_before", "best_before"),
        Index("ix_stock_batch_warehouse", "warehouse_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"), default=MAIN)
    number: Mapped[str]
    best_before: Mapped[date]
    units: Mapped[int]

    product: Mapped[Product] = relationship()
    warehouse: Mapped[Warehouse] = relationship(lazy="joined", innerjoin=True)

    @property
    def key(self) -> Batch:
        """Return what tells it from the other batches of its product."""
        return Batch(self.best_before, self.number, self.warehouse_id)

    @property
    def good_until(self) -> date | None:
        """Return the best-before day, None for goods without one."""
        return None if self.best_before == NEVER else self.best_before


class BatchMovement(Base):
    """How much of a stock movement was of one batch. Append-only: they add up to the movement."""

    __tablename__ = "batch_movement"
    __table_args__ = (
        CheckConstraint("units != 0", name="units"),
        Index("ix_batch_movement_batch", "stock_batch_id"),
    )

    stock_movement_id: Mapped[int] = mapped_column(ForeignKey("stock_movement.id"), primary_key=True)
    stock_batch_id: Mapped[int] = mapped_column(ForeignKey("stock_batch.id"), primary_key=True)
    units: Mapped[int]


class StockTransfer(Base):
    """Goods on their way to another warehouse (调拨单): ``sent``, then ``arrived`` or ``called_back``."""

    __tablename__ = "stock_transfer"
    __table_args__ = (
        CheckConstraint("state IN ('sent', 'arrived', 'called_back')", name="state"),
        CheckConstraint("(state = 'called_back') = (called_back_at IS NOT NULL)", name="called_back"),
        CheckConstraint("from_id != to_id", name="places"),
        Index("ix_stock_transfer_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"))
    state: Mapped[str]
    note: Mapped[str | None]
    submission_key: Mapped[str | None] = mapped_column(unique=True)
    sent_at: Mapped[datetime]
    sent_by: Mapped[str]
    arrived_at: Mapped[datetime | None]
    arrived_by: Mapped[str | None]
    called_back_at: Mapped[datetime | None]
    called_back_by: Mapped[str | None]

    origin: Mapped[Warehouse] = relationship(foreign_keys=[from_id])
    target: Mapped[Warehouse] = relationship(foreign_keys=[to_id])
    lines: Mapped[list["StockTransferLine"]] = relationship(order_by="StockTransferLine.id")


class StockTransferLine(Base):
    """What was sent of a batch and what of it arrived, in sale units; ``batch`` is where it came from."""

    __tablename__ = "stock_transfer_line"
    __table_args__ = (
        CheckConstraint("sent > 0 AND arrived >= 0", name="units"),
        UniqueConstraint("stock_transfer_id", "stock_batch_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stock_transfer_id: Mapped[int] = mapped_column(ForeignKey("stock_transfer.id"))
    stock_batch_id: Mapped[int] = mapped_column(ForeignKey("stock_batch.id"))
    sent: Mapped[int]
    arrived: Mapped[int | None]

    batch: Mapped[StockBatch] = relationship()


class StockIssue(Base):
    """Goods that leave the stock for no round: written off (报损) or returned to the supplier (退供).

    ``cost_fen`` is per sale unit.
    """

    __tablename__ = "stock_issue"
    __table_args__ = (
        CheckConstraint("kind IN ('write_off', 'supplier_return')", name="kind"),
        CheckConstraint("units > 0 AND cost_fen >= 0", name="units"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("supplier.id"))
    units: Mapped[int]
    cost_fen: Mapped[int]
    reason: Mapped[str]
    submission_key: Mapped[str | None] = mapped_column(unique=True)
    at: Mapped[datetime]
    actor: Mapped[str]

    product: Mapped[Product] = relationship()
    supplier: Mapped[Supplier | None] = relationship()


class StockAlert(Base):
    """The sale units of a product below which its stock in all is low; without a row it never is."""

    __tablename__ = "stock_alert"
    __table_args__ = (CheckConstraint("least > 0", name="least"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True, autoincrement=False)
    least: Mapped[int]


class WarehouseAlert(Base):
    """The sale units of a product below which its stock in a warehouse is low; no row means never."""

    __tablename__ = "warehouse_alert"
    __table_args__ = (CheckConstraint("least > 0", name="least"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouse.id"), primary_key=True)
    least: Mapped[int]
