"""What goes back to a supplier, on paper (拒收单): no resident's and no leader's data."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.catalog.models import Product
from groupbuy.documents.languages import said
from groupbuy.documents.sheet import Column, Kind, Row, Sheet, table
from groupbuy.warehouse.counting import shelf_of
from groupbuy.warehouse.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    StockBatch,
    StockIssue,
    StockTransfer,
    StockTransferLine,
)
from groupbuy.warehouse.rules import NEVER, Batch

COLUMNS = (
    Column("序号", Kind.INTEGER, 5),
    Column("商品编码", Kind.CODE, 13),
    Column("品名", Kind.TEXT, 24),
    Column("规格", Kind.TEXT, 11),
    Column("单位", Kind.TEXT, 5, align="center"),
    Column("送货", Kind.INTEGER, 8, total=True),
    Column("拒收", Kind.QUANTITY, 8, total=True),
    Column("实收", Kind.INTEGER, 8, total=True),
    Column("拒收原因", Kind.TEXT, 20),
    Column("批次", Kind.TEXT, 11),
    Column("仓库", Kind.TEXT, 10),
)


def rejection_note(receipt: GoodsReceipt, *, zone: ZoneInfo, printed_at: datetime) -> Sheet:
    """Return what of a delivery was rejected and why; without rows when nothing was."""
    order = receipt.purchase_order
    rejected = [line for line in receipt.lines if line.rejected]
    return Sheet(
        "拒收单",
        COLUMNS,
        table([_row(number, line) for number, line in enumerate(rejected, 1)]),
        head=(
            ("收货单号", receipt.number),
            ("采购单号", order.number),
            ("供应商", f"{order.supplier.code} {order.supplier.name}"),
            ("收货时间", _moment(receipt.received_at, zone)),
        ),
        notes=(receipt.note,) if receipt.note else (),
        signatures=("收货", "质检", "送货司机", "供应商确认"),
        printed=f"{receipt.number} · {_printed(printed_at, zone)}",
    )


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _printed(at: datetime, zone: ZoneInfo) -> str:
    return said(f"打印 {_moment(at, zone)}")


def _row(number: int, line: GoodsReceiptLine) -> Row:
    product = line.line.product
    return (
        number,
        product.code,
        product.name,
        product.spec or "",
        product.unit,
        line.delivered,
        line.rejected,
        line.accepted,
        line.reject_reason or "",
        line.batch or "",
        line.warehouse.name,
    )


ISSUE_COLUMNS = (
    Column("商品编码", Kind.CODE, 13),
    Column("品名", Kind.TEXT, 24),
    Column("规格", Kind.TEXT, 11),
    Column("单位", Kind.TEXT, 5, align="center"),
    Column("数量", Kind.QUANTITY, 8, total=True),
    Column("成本单价", Kind.MONEY, 10),
    Column("金额", Kind.MONEY, 14, total=True),
    Column("批次", Kind.TEXT, 18),
    Column("原因", Kind.TEXT, 20),
)
COUNT_COLUMNS = (
    Column("序号", Kind.INTEGER, 5),
    Column("商品编码", Kind.CODE, 13),
    Column("品名", Kind.TEXT, 24),
    Column("规格", Kind.TEXT, 11),
    Column("单位", Kind.TEXT, 5, align="center"),
    Column("仓库", Kind.TEXT, 11),
    Column("货位", Kind.TEXT, 10),
    Column("批次", Kind.TEXT, 12),
    Column("保质期至", Kind.TEXT, 11),
    Column("账面数量", Kind.QUANTITY, 9, total=True),
    Column("实盘数量", Kind.TEXT, 10),
    Column("差异", Kind.TEXT, 8),
    Column("备注", Kind.TEXT, 14),
)


def issue_note(
    issue: StockIssue, batches: Mapping[Batch, int], *, zone: ZoneInfo, printed_at: datetime
) -> Sheet:
    """Return the note with which goods leave the stock: 退供单 for the supplier, 报损单 for the books.

    Each of its ``batches`` is a row.
    """
    product, supplier = issue.product, issue.supplier
    goods: Row = (product.code, product.name, product.spec or "", product.unit)
    cost = issue.cost_fen
    owner = (("供应商", f"{supplier.code} {supplier.name}"),) if supplier else ()
    return Sheet(
        "退供单" if supplier else "报损单",
        ISSUE_COLUMNS,
        table(
            [
                (*goods, units, cost, units * cost, _batch_text(batch), issue.reason)
                for batch, units in sorted(batches.items())
            ]
        ),
        head=(("单号", issue.number), ("时间", _moment(issue.at, zone)), *owner),
        signatures=("制单", "审核", "供应商确认" if supplier else "见证"),
        printed=f"{issue.number} · {_printed(printed_at, zone)}",
    )


def _batch_text(batch: Batch) -> str:
    day = "" if batch.best_before == NEVER else said(f"至{batch.best_before}")
    return " ".join(part for part in (batch.number, day) if part)


def _counted(place: int, batch: StockBatch, product: Product) -> Row:
    goods = (place, product.code, product.name, product.spec or "", product.unit)
    shelf = shelf_of(batch, product)
    lot = (batch.number, str(batch.good_until or ""))
    return (*goods, batch.warehouse.name, shelf, *lot, batch.units, "", "", "")


def count_sheet(rows: Sequence[tuple[StockBatch, Product]], *, zone: ZoneInfo, printed_at: datetime) -> Sheet:
    """Return the sheet with which somebody counts the stock (盘点表): the books beside an empty column."""
    return Sheet(
        "盘点表",
        COUNT_COLUMNS,
        table([_counted(place, batch, one) for place, (batch, one) in enumerate(rows, 1)]),
        head=(("时间", _moment(printed_at, zone)),),
        signatures=("盘点", "监盘", "审核"),
        printed=f"{said('盘点表')} · {_printed(printed_at, zone)}",
    )


TRANSFER_COLUMNS = (
    Column("序号", Kind.INTEGER, 5),
    Column("商品编码", Kind.CODE, 13),
    Column("品名", Kind.TEXT, 24),
    Column("规格", Kind.TEXT, 11),
    Column("单位", Kind.TEXT, 5, align="center"),
    Column("批次", Kind.TEXT, 18),
    Column("调出数量", Kind.QUANTITY, 9, total=True),
    Column("实收数量", Kind.TEXT, 9, align="center"),
    Column("差异", Kind.TEXT, 8, align="center"),
    Column("备注", Kind.TEXT, 12),
)


def transfer_note(transfer: StockTransfer, *, zone: ZoneInfo, printed_at: datetime) -> Sheet:
    """Return the note that goes with goods to another warehouse (调拨单).

    What arrived is written in by hand until somebody has booked it.
    """
    ends = {"收货时间": transfer.arrived_at, "撤回时间": transfer.called_back_at}
    return Sheet(
        "调拨单",
        TRANSFER_COLUMNS,
        table([_transferred(place, line) for place, line in enumerate(transfer.lines, 1)]),
        head=(
            ("调拨单号", transfer.number),
            ("调出仓库", transfer.origin.name),
            ("调入仓库", transfer.target.name),
            ("发货时间", _moment(transfer.sent_at, zone)),
            *((word, _moment(at, zone)) for word, at in ends.items() if at),
        ),
        notes=(transfer.note,) if transfer.note else (),
        signatures=("调出制单", "司机", "调入收货", "审核"),
        printed=f"{transfer.number} · {_printed(printed_at, zone)}",
    )


def _transferred(place: int, line: StockTransferLine) -> Row:
    batch, product = line.batch, line.batch.product
    goods = (place, product.code, product.name, product.spec or "", product.unit, _batch_text(batch.key))
    if line.arrived is None:
        return (*goods, line.sent, "", "", "")
    differs = line.arrived - line.sent
    return (*goods, line.sent, str(line.arrived), f"{differs:+}" if differs else "", "")
