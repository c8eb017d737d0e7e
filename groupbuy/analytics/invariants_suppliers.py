"""The books agree with what suppliers delivered, what was settled with them, and what lies in stock."""

from typing import Any

from sqlalchemy import Select, String, case, cast, literal, or_, select

from groupbuy.analytics.invariants_base import Check, Equal, Figured
from groupbuy.db.totals import total
from groupbuy.delivery.models import Discrepancy
from groupbuy.delivery.rules import Payer
from groupbuy.finance import rules
from groupbuy.finance.models import Posting
from groupbuy.purchasing.models import PurchaseOrderLine
from groupbuy.settlements.models import (
    MovementBooks,
    ReceiptBooks,
    SettlementPosting,
    StockValue,
    SupplierAdjustment,
    SupplierPayment,
    SupplierSettlement,
)
from groupbuy.warehouse.models import GoodsReceiptLine, StockMovement

Rows = Select[*tuple[Any, ...]]
_PAYABLE = "payable:supplier:%"
_signed = case((Posting.credit_account.like(_PAYABLE), Posting.amount_fen), else_=-Posting.amount_fen)


def _sum(column: Any, *conditions: Any) -> Select[int]:
    return select(total(column)).where(*conditions)


def _booked(kind: str) -> Rows:
    """Return by cause what one kind of cause has credited suppliers less debited them."""
    touched = or_(Posting.credit_account.like(_PAYABLE), Posting.debit_account.like(_PAYABLE))
    rows = select(Posting.cause_id, total(_signed)).where(Posting.cause_kind == kind, touched)
    return rows.group_by(Posting.cause_id)


def _once(name: str, says: str, key: str, id_: Any, column: Any, kind: str, sign: int = 1) -> Check:
    check = Equal(name, f"I1: {says}", (key,), select(cast(id_, String), column * sign), _booked(kind))
    return Figured(check, _sum(column))


_stock_moved = case((Posting.debit_account == rules.STOCK, Posting.amount_fen), else_=-Posting.amount_fen)

CHECKS: tuple[Check, ...] = (
    _once(
        "ledger_receipts",
        "what the books say of receipts is owed to suppliers",
        "receipt",
        ReceiptBooks.goods_receipt_id,
        ReceiptBooks.payable_fen,
        "goods_receipt",
    ),
    _once(
        "ledger_adjustments",
        "every claim, rebate and deduction is booked once",
        "adjustment",
        SupplierAdjustment.id,
        SupplierAdjustment.amount_fen,
        "supplier_adjustment",
    ),
    _once(
        "ledger_suppliers_paid",
        "every payment to a supplier is booked once",
        "payment",
        SupplierPayment.id,
        SupplierPayment.amount_fen,
        "supplier_payment",
        -1,
    ),
    Equal(
        "missing_goods_charged",
        "what a supplier pays of what leaders missed is what was taken off and not given back",
        ("payer",),
        select(literal("supplier"), total(Discrepancy.charge_fen)).where(Discrepancy.payer == Payer.SUPPLIER),
        select(literal("supplier"), -total(SupplierAdjustment.amount_fen)).where(
            SupplierAdjustment.cause.startswith("leader_receipt:")
        ),
    ),
    Figured(
        Equal(
            "ledger_settlements",
            "I1: a supplier's statement is the sum of its postings",
            ("statement",),
            select(SupplierSettlement.id, SupplierSettlement.total_fen).where(
                SupplierSettlement.state != "cancelled"
            ),
            select(SettlementPosting.settlement_id, total(_signed))
            .join(Posting, Posting.id == SettlementPosting.posting_id)
            .group_by(SettlementPosting.settlement_id),
        ),
        _sum(SupplierSettlement.total_fen, SupplierSettlement.state != "cancelled"),
    ),
    Figured(
        Equal(
            "ledger_stock",
            "I1: the value of stock in the books is that of its products, each of its movements",
            ("account",),
            select(literal(rules.STOCK), total(StockValue.value_fen)),
            select(literal(rules.STOCK), total(_stock_moved)).where(
                or_(Posting.debit_account == rules.STOCK, Posting.credit_account == rules.STOCK)
            ),
        ),
        _sum(StockValue.value_fen),
    ),
    Figured(
        Equal(
            "ledger_stock_products",
            "I1: what a product in stock is worth is the sum of its movements",
            ("product",),
            select(StockValue.product_id, StockValue.value_fen),
            select(StockMovement.product_id, total(MovementBooks.value_fen))
            .join(MovementBooks, MovementBooks.stock_movement_id == StockMovement.id)
            .group_by(StockMovement.product_id),
        ),
        _sum(StockValue.value_fen),
    ),
)

_accepted = (GoodsReceiptLine.delivered - GoodsReceiptLine.rejected) * PurchaseOrderLine.cost_fen
_on_order_line = PurchaseOrderLine.id == GoodsReceiptLine.purchase_order_line_id

AT_REST: tuple[Check, ...] = (
    Figured(
        Equal(
            "ledger_receipts_due",
            "I1: what suppliers are owed is what was accepted at the agreed cost, reckoned anew",
            ("receipt",),
            select(ReceiptBooks.goods_receipt_id, ReceiptBooks.payable_fen),
            select(GoodsReceiptLine.goods_receipt_id, total(_accepted))
            .join(PurchaseOrderLine, _on_order_line)
            .group_by(GoodsReceiptLine.goods_receipt_id),
        ),
        select(total(_accepted)).join_from(GoodsReceiptLine, PurchaseOrderLine, _on_order_line),
    ),
    Figured(
        Equal(
            "ledger_stock_units",
            "I1: the units whose value is booked are the units moved, reckoned anew",
            ("product",),
            select(StockValue.product_id, StockValue.units),
            select(StockMovement.product_id, total(StockMovement.units)).group_by(StockMovement.product_id),
        ),
        _sum(StockValue.value_fen),
    ),
)
