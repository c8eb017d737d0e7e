"""Purchases (进货明细表), stock (库存一览表) and products in and out (货品进销一览表)."""

from sqlalchemy import String, Subquery, case, cast, func, literal, select, union_all

from groupbuy.analytics import trade_sales
from groupbuy.analytics.trade_base import Report, ReportColumn, Rows, SortedBy, Wanted, booked
from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.finance import queries as ledger
from groupbuy.finance import rules
from groupbuy.finance.models import Posting
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.settlements.models import MovementBooks, StockValue
from groupbuy.warehouse.models import GoodsReceipt, GoodsReceiptLine, StockMovement, Warehouse, came_into

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


def _purchases(wanted: Wanted) -> Rows:
    return (
        _received()
        .join(Warehouse, Warehouse.id == came_into())
        .add_columns(
            GoodsReceipt.received_at.label("at"),
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


def _bought_fen(wanted: Wanted) -> int:
    return booked("payable:supplier:%", wanted, "goods_receipt")


PURCHASES = Report(
    "purchases",
    "进货明细表",
    (
        ReportColumn("at", "收货时间", "moment", width=17),
        ReportColumn("receipt", "收货单", "code", width=22),
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
    (SortedBy("line_id", int),),
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
    came = case((Posting.debit_account == rules.STOCK, Posting.amount_fen), else_=-Posting.amount_fen)
    since = (
        select(total(came))
        .join(StockMovement, cast(StockMovement.id, String) == Posting.cause_id)
        .where(Posting.cause_kind == "stock_movement", StockMovement.at >= wanted.until)
    )
    return ledger.balance(rules.STOCK) - (db.session.scalar(since) or 0)


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
    _bought_fen,
)
