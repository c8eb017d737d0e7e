"""Purchases (进货明细表), stock (库存一览表) and products in and out (货品进销一览表).

Purchases are all that changes what suppliers are owed but payments: what came, what went back, and what was
claimed, deducted, given as rebate or paid above or under the agreed price.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    Subquery,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from groupbuy.analytics import trade_sales
from groupbuy.analytics.trade_base import Proof, Report, ReportColumn, Rows, SortedBy, Wanted, booked
from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.finance import queries as ledger
from groupbuy.finance import rules
from groupbuy.finance.models import Posting
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.settlements.models import MovementBooks, StockValue, SupplierAdjustment
from groupbuy.warehouse.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    StockIssue,
    StockMovement,
    Warehouse,
    came_into,
)

_SENT_BACK, _ADJUSTED, _ISSUE = (literal(text) for text in ("sent_back", "adjusted_", "stock_issue:"))
_accepted = GoodsReceiptLine.delivered - GoodsReceiptLine.rejected


def _received() -> Rows:
    return (
        select()
        .select_from(GoodsReceiptLine)
        .join(GoodsReceipt, GoodsReceipt.id == GoodsReceiptLine.goods_receipt_id)
        .join(PurchaseOrderLine, PurchaseOrderLine.id == GoodsReceiptLine.purchase_order_line_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .join(Product, Product.id == PurchaseOrderLine.product_id)
    )


def _came(wanted: Wanted) -> Rows:
    return (
        _received()
        .join(Warehouse, Warehouse.id == came_into())
        .add_columns(
            GoodsReceipt.received_at.label("at"),
            literal("received").label("kind"),
            GoodsReceipt.number.label("receipt"),
            Warehouse.name.label("warehouse"),
            PurchaseOrder.number.label("order"),
            Supplier.name.label("supplier"),
            Product.code.label("code"),
            Product.name.label("product"),
            GoodsReceiptLine.delivered.label("delivered"),
            GoodsReceiptLine.rejected.label("rejected"),
            _accepted.label("accepted"),
            PurchaseOrderLine.cost_fen.label("cost"),
            (_accepted * PurchaseOrderLine.cost_fen).label("amount"),
            GoodsReceiptLine.id.label("line_id"),
        )
        .where(wanted.within(GoodsReceipt.received_at))
        .where(*wanted.chosen(supplier=Supplier.code, product=Product.code, warehouse=Warehouse.code))
    )


def _adjusted(wanted: Wanted) -> Rows:
    """Return what else changed what suppliers are owed; only goods that went back have a product."""
    nothing = literal(0)
    return (
        select(
            SupplierAdjustment.at,
            case((StockIssue.id.is_not(None), _SENT_BACK), else_=_ADJUSTED.concat(SupplierAdjustment.kind)),
            func.coalesce(StockIssue.number, SupplierAdjustment.note),
            literal(""),
            literal(""),
            Supplier.name,
            func.coalesce(Product.code, ""),
            func.coalesce(Product.name, ""),
            nothing,
            nothing,
            func.coalesce(-StockIssue.units, 0),
            cast(case((StockIssue.id.is_(None), null()), else_=StockIssue.cost_fen), BigInteger),
            SupplierAdjustment.amount_fen,
            SupplierAdjustment.id,
        )
        .join(Supplier, Supplier.id == SupplierAdjustment.supplier_id)
        .outerjoin(StockIssue, SupplierAdjustment.cause == _ISSUE.concat(cast(StockIssue.id, String)))
        .outerjoin(Product, Product.id == StockIssue.product_id)
        .where(wanted.within(SupplierAdjustment.at))
        .where(*wanted.chosen(supplier=Supplier.code, product=Product.code))
    )


def _purchases(wanted: Wanted) -> Rows:
    # What is taken off has come into no warehouse.
    parts = [_came(wanted)] if wanted.warehouse else [_came(wanted), _adjusted(wanted)]
    return select(union_all(*parts).subquery())


def _bought_fen(wanted: Wanted) -> int:
    return booked("payable:supplier:%", wanted, "goods_receipt", "supplier_adjustment")


def _received_fen(wanted: Wanted) -> int:
    return booked("payable:supplier:%", wanted, "goods_receipt")


PURCHASES = Report(
    "purchases",
    "进货明细表",
    (
        ReportColumn("at", "时间", "moment", width=17),
        ReportColumn("kind", "类别", "word", width=8),
        ReportColumn("receipt", "单据", width=22),
        ReportColumn("warehouse", "仓库"),
        ReportColumn("order", "采购单", "code", width=20),
        ReportColumn("supplier", "供应商", width=18),
        ReportColumn("code", "商品编码", "code"),
        ReportColumn("product", "商品", width=20),
        ReportColumn("delivered", "送达", "number", summed=True, width=8),
        ReportColumn("rejected", "拒收", "number", summed=True, width=8),
        ReportColumn("accepted", "验收", "number", summed=True, width=8),
        ReportColumn("cost", "进价", "money"),
        ReportColumn("amount", "金额", "money", summed=True, width=14),
    ),
    _purchases,
    (SortedBy("at", datetime), SortedBy("kind", str), SortedBy("line_id", int)),
    ("supplier", "amount"),
    ("supplier", "product", "warehouse"),
    "amount",
    _bought_fen,
)


def _stock(wanted: Wanted) -> Rows:
    """Return what lay in stock at the end of the span: what lies there now less what has moved since."""
    moved = (
        select(
            StockMovement.product_id,
            total(StockMovement.units).label("units"),
            total(MovementBooks.value_fen).label("fen"),
        )
        .join(MovementBooks, MovementBooks.stock_movement_id == StockMovement.id)
        .where(StockMovement.at >= wanted.until)
        .group_by(StockMovement.product_id)
    ).subquery()
    units = StockValue.units - func.coalesce(moved.c.units, 0)
    fen = StockValue.value_fen - func.coalesce(moved.c.fen, 0)
    return (
        select(
            Product.code.label("code"),
            Product.name.label("product"),
            Supplier.name.label("supplier"),
            units.label("units"),
            case((units > 0, fen // units), else_=0).label("cost"),
            fen.label("amount"),
        )
        .select_from(StockValue)
        .outerjoin(moved, moved.c.product_id == StockValue.product_id)
        .join(Product, Product.id == StockValue.product_id)
        .join(Supplier, Supplier.id == Product.supplier_id)
        .where(units != 0)
        .where(*wanted.chosen(supplier=Supplier.code, product=Product.code))
    )


def _stock_fen(wanted: Wanted) -> int:
    """Return the ledger's value of stock at the end of the span, each entry on the day of its movement."""
    return ledger.balance(rules.STOCK) - _stock_moved(StockMovement.at >= wanted.until)


def _moved_fen(wanted: Wanted) -> int:
    return _stock_moved(wanted.within(StockMovement.at))


def _stock_moved(when: ColumnElement[bool]) -> int:
    """Return by how much movements of some days have changed the ledger's value of stock, in fen."""
    came = case((Posting.debit_account == rules.STOCK, Posting.amount_fen), else_=-Posting.amount_fen)
    moved = (
        select(total(came))
        .join(StockMovement, cast(StockMovement.id, String) == Posting.cause_id)
        .where(Posting.cause_kind == "stock_movement", when)
    )
    return db.session.scalar(moved) or 0


STOCK = Report(
    "stock",
    "库存一览表",
    (
        ReportColumn("code", "商品编码", "code"),
        ReportColumn("product", "商品", width=24),
        ReportColumn("supplier", "供应商", width=20),
        ReportColumn("units", "库存数量", "number", summed=True),
        ReportColumn("cost", "平均成本", "money"),
        ReportColumn("amount", "库存金额", "money", summed=True, width=14),
    ),
    _stock,
    (SortedBy("code", str),),
    ("product", "amount"),
    ("supplier", "product"),
    "amount",
    _stock_fen,
    at_end=True,
)


def _flows(wanted: Wanted) -> Subquery:
    """Return what was bought, sold and moved in the stock, each with the zeros of the others.

    Of a supplier it is what it brought and what was sold of that. Goods in stock bear nobody's name any
    more: what moves there is of the product's own supplier.
    """
    zero = literal(0)
    came = (
        _received()
        .add_columns(
            PurchaseOrderLine.product_id.label("product_id"),
            _accepted.label("bought"),
            (_accepted * PurchaseOrderLine.cost_fen).label("bought_fen"),
            zero.label("sold"),
            zero.label("sold_fen"),
            zero.label("stocked"),
            zero.label("stocked_fen"),
        )
        .where(wanted.within(GoodsReceipt.received_at))
        .where(*wanted.chosen(supplier=Supplier.code))
    )
    sold = trade_sales.lines(wanted).subquery()
    went = select(sold.c.product_id, zero, zero, sold.c.units, sold.c.amount, zero, zero)
    moved = (
        select(StockMovement.product_id, zero, zero, zero, zero, StockMovement.units, MovementBooks.value_fen)
        .join(MovementBooks, MovementBooks.stock_movement_id == StockMovement.id)
        .join(Product, Product.id == StockMovement.product_id)
        .join(Supplier, Supplier.id == Product.supplier_id)
        .where(wanted.within(StockMovement.at))
        .where(*wanted.chosen(supplier=Supplier.code))
    )
    return union_all(came, went, moved).subquery()


def _in_and_out(wanted: Wanted) -> Rows:
    flows = _flows(wanted)
    names = ("bought", "bought_fen", "sold", "sold_fen", "stocked", "stocked_fen")
    return (
        select(
            Product.code.label("code"),
            Product.name.label("product"),
            *(total(flows.c[name]).label(name) for name in names),
        )
        .join(Product, Product.id == flows.c.product_id)
        .where(*wanted.chosen(product=Product.code))
        .group_by(Product.code, Product.name)
    )


IN_AND_OUT = Report(
    "in-out",
    "货品进销一览表",
    (
        ReportColumn("code", "商品编码", "code"),
        ReportColumn("product", "商品", width=24),
        ReportColumn("bought", "进货数量", "number", summed=True),
        ReportColumn("bought_fen", "进货金额", "money", summed=True, width=14),
        ReportColumn("sold", "销货数量", "number", summed=True),
        ReportColumn("sold_fen", "销货金额", "money", summed=True, width=14),
        ReportColumn("stocked", "库存增减", "number", summed=True),
        ReportColumn("stocked_fen", "库存金额增减", "money", summed=True, width=14),
    ),
    _in_and_out,
    (SortedBy("code", str),),
    ("product", "sold_fen"),
    ("supplier", "product"),
    "bought_fen",
    _received_fen,
    also=(
        Proof("sold_fen", "账面销货金额", trade_sales.sold_fen),
        Proof("stocked_fen", "账面库存增减", _moved_fen),
    ),
)
