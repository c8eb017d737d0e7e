"""The statement as a supplier gets it (采购结算单), on the screen's figures."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from groupbuy.documents.capitals import rmb_capitals
from groupbuy.documents.languages import said
from groupbuy.documents.sheet import Column, Kind, Sheet, table
from groupbuy.finance.rules import BOOKS
from groupbuy.settlements.models import SupplierSettlement
from groupbuy.settlements.queries import Item, ReceivedItem

WORDS: Mapping[str, str] = {
    "goods_receipt": "收货",
    "claim": "索赔",
    "deduction": "扣款",
    "rebate": "返利",
    "price": "价差",
}
COLUMNS = (
    Column("序号", Kind.INTEGER, 5),
    Column("入账日期", Kind.CODE, 12),
    Column("事项", Kind.TEXT, 8),
    Column("单据", Kind.TEXT, 30),
    Column("采购单", Kind.TEXT, 26),
    Column("金额", Kind.MONEY, 14, total=True),
)


RECEIVED = (
    Column("序号", Kind.INTEGER, 5),
    Column("收货单", Kind.CODE, 26),
    Column("商品编码", Kind.CODE, 12),
    Column("商品", Kind.TEXT, 24),
    Column("送达", Kind.INTEGER, 8, total=True),
    Column("拒收", Kind.INTEGER, 8, total=True),
    Column("验收", Kind.INTEGER, 8, total=True),
    Column("进价", Kind.MONEY, 12),
    Column("金额", Kind.MONEY, 14, total=True),
)


def received(row: SupplierSettlement, lines: Sequence[ReceivedItem], now: datetime) -> Sheet:
    """Return what came with the receipts on a statement, product by product, as its purchases add up."""
    cells = [
        (
            place,
            one.receipt,
            one.product_code,
            one.product_name,
            one.delivered,
            one.rejected,
            one.accepted,
            one.cost_fen,
            one.amount_fen,
        )
        for place, one in enumerate(lines, 1)
    ]
    return Sheet(
        "收货明细",
        RECEIVED,
        table(cells),
        head=(("单号", row.number), ("供应商", f"{row.supplier.code} {row.supplier.name}")),
        printed=_moment(now),
    )


def settlement(row: SupplierSettlement, items: Sequence[Item], now: datetime) -> Sheet:
    """Return a statement with everything on it; the total also in Chinese capitals."""
    cells = [
        (
            place,
            _day(one.at),
            said(WORDS.get(one.kind, one.kind)),
            said(one.paper),
            one.order or "",
            one.amount_fen,
        )
        for place, one in enumerate(items, 1)
    ]
    return Sheet(
        "采购结算单",
        COLUMNS,
        table(cells),
        head=(
            ("单号", row.number),
            ("供应商", f"{row.supplier.code} {row.supplier.name}"),
            ("结算至", f"{_day(row.until)} 00:00"),
            ("付款期限", row.due_date.isoformat()),
        ),
        closing=(("应付金额（大写）", rmb_capitals(row.total_fen)),),
        signatures=("制单", "审核", "供应商确认"),
        printed=_moment(now),
    )


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(BOOKS):%Y-%m-%d}"


def _moment(now: datetime) -> str:
    return f"{now.astimezone(BOOKS):%Y-%m-%d %H:%M}"
