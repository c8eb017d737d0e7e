"""Alipay's bill of a day (业务明细): two tables in GBK, in a zip."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime

from groupbuy.kernel.money import plain_yuan
from groupbuy.payments.simulator.alipay_notices import moment
from groupbuy.payments.simulator.book import Book, Trade

HEAD = (
    "支付宝交易号",
    "商户订单号",
    "业务类型",
    "商品名称",
    "创建时间",
    "完成时间",
    "门店编号",
    "门店名称",
    "操作员",
    "终端号",
    "对方账户",
    "订单金额（元）",
    "商家实收（元）",
    "退款批次号/请求号",
    "服务费（元）",
    "备注",
)
SUMMARY_HEAD = (
    "门店编号",
    "门店名称",
    "交易订单总笔数",
    "退款订单总笔数",
    "订单金额（元）",
    "商家实收（元）",
)
RULER = "-" * 40

Row = Sequence[str]


def rows_of(book: Book, day: date) -> list[Row]:
    """Return what was paid and given back on a day of China."""
    paid = [
        _row(trade, "交易", trade.paid_at, trade.paid_fen, "")
        for trade in book.paid_on(day)
        if trade.paid_at is not None
    ]
    back = [
        _row(one.trade, "退款", one.done_at, -one.amount_fen, one.number)
        for one in book.returned_on(day)
        if one.done_at is not None
    ]
    return [*paid, *back]


def _row(trade: Trade, kind: str, at: datetime, fen: int, request: str) -> Row:
    values = {
        "支付宝交易号": trade.transaction,
        "商户订单号": trade.number,
        "业务类型": kind,
        "商品名称": trade.title,
        "创建时间": moment(at),
        "完成时间": moment(at),
        "对方账户": trade.payer,
        "订单金额（元）": _yuan(fen),
        "商家实收（元）": _yuan(fen),
        "退款批次号/请求号": request,
        "服务费（元）": "0.00",
    }
    # Each value ends with a tab, so that spreadsheets leave long numbers alone.
    return [f"{values.get(name, '')}\t" for name in HEAD]


def _yuan(fen: int) -> str:
    return plain_yuan(fen) if fen >= 0 else f"-{plain_yuan(-fen)}"


def pack(book: Book, day: date, seller: str) -> bytes:
    """Return the zip of a day's bill and its summary."""
    rows = rows_of(book, day)
    title = f"{seller}_{day:%Y%m%d}_业务明细"
    with io.BytesIO() as packed:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
            files.writestr(f"{title}(汇总).csv", _table("业务汇总列表", seller, SUMMARY_HEAD, []))
            files.writestr(f"{title}.csv", _table("业务明细列表", seller, HEAD, rows))
        return packed.getvalue()


def _table(name: str, seller: str, head: Row, rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    text.write(f"#支付宝业务明细查询\r\n#账号：[{seller}]\r\n#{RULER}{name}{RULER}\r\n")
    csv.writer(text).writerows([head, *rows])
    text.write(f"#{RULER}{name}结束{RULER}\r\n#导出时间\r\n")
    return text.getvalue().encode("gbk", errors="replace")
