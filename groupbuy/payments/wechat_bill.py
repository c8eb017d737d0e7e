"""WeChat Pay's own book of a day, as a file (交易账单)."""

import csv
import gzip
import io
from collections.abc import Mapping
from datetime import UTC, datetime

from groupbuy.finance.rules import BOOKS
from groupbuy.kernel.money import parse_yuan
from groupbuy.payments.gateways import BillLine

MOST_BILL_BYTES = 256 * 1024 * 1024


def read_bill(content: bytes) -> list[BillLine]:
    """Read a trade bill (交易账单, all trades): packed or plain CSV, each value behind a backquote."""
    if content[:2] == b"\x1f\x8b":
        with gzip.open(io.BytesIO(content)) as packed:
            content = packed.read(MOST_BILL_BYTES)
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    head = next(rows, [])
    lines = []
    for row in rows:
        # The totals follow under a head of their own.
        if not row or not row[0].startswith("`"):
            break
        lines.append(_bill_line(dict(zip(head, (value.lstrip("`") for value in row), strict=False))))
    return lines


def _bill_line(row: Mapping[str, str]) -> BillLine:
    refund = row["交易状态"] == "REFUND"
    at = datetime.strptime(row["交易时间"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BOOKS)
    return BillLine(
        kind="refund" if refund else "pay",
        number=row["商户退款单号"] if refund else row["商户订单号"],
        payment_number=row["商户订单号"],
        amount_fen=parse_yuan(row["申请退款金额"] if refund else row["订单金额"]),
        transaction=row["微信退款单号"] if refund else row["微信订单号"],
        at=at.astimezone(UTC),
    )
