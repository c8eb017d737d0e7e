"""The file by which a batch of withdrawals is paid at the bank, WeChat or Alipay."""

from collections.abc import Sequence

from groupbuy.commissions.models import PayoutBatch, Withdrawal
from groupbuy.documents.sheet import Column, Kind, Sheet, table

METHOD_NAMES = {"wechat": "微信", "alipay": "支付宝", "bank": "银行卡"}
COLUMNS = (
    Column("提现单号", Kind.CODE, 16),
    Column("团长编号", Kind.CODE, 12),
    Column("收款人", Kind.TEXT, 16),
    Column("收款方式", Kind.TEXT, 10),
    Column("收款账号", Kind.CODE, 26),
    Column("提现金额", Kind.MONEY, 13, total=True),
    Column("手续费", Kind.MONEY, 11, total=True),
    Column("代扣税", Kind.MONEY, 11, total=True),
    Column("实付金额", Kind.MONEY, 13, total=True),
)


def payout_sheet(batch: PayoutBatch, rows: Sequence[Withdrawal]) -> Sheet:
    """Return a batch as a table, a row for each withdrawal."""
    return Sheet(
        f"打款批次 {batch.id}",
        COLUMNS,
        table(
            [
                (
                    row.number,
                    row.leader.code,
                    row.payee_name,
                    METHOD_NAMES[row.method],
                    row.payee,
                    row.amount_fen,
                    row.fee_fen,
                    row.tax_fen,
                    row.net_fen,
                )
                for row in rows
            ]
        ),
        landscape=True,
    )
