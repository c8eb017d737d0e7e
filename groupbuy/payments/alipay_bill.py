"""Alipay's bill of a day (业务明细): fetched from the address that Alipay has signed, and read."""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from groupbuy.finance.rules import BOOKS
from groupbuy.kernel.money import parse_yuan
from groupbuy.payments.gateways import BillLine, ChannelAway

HOSTS = (".alipay.com", ".alipaydev.com")
MOST_BYTES = 256 * 1024 * 1024
TIMEOUT_S = 30
REQUEST = "退款批次号/请求号"


def download(url: str, *, base_url: str) -> bytes:
    """Return the file at an address of Alipay's, or of the host that stands in for it; raise ChannelAway."""
    parts, known = urlsplit(url), urlsplit(base_url)
    connection: HTTPConnection
    if base_url and (parts.scheme, parts.netloc) == (known.scheme, known.netloc) and known.scheme == "http":
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    elif (parts.hostname or "").endswith(HOSTS) or (base_url and parts.netloc == known.netloc):
        # Alipay may write http; the file is fetched over https all the same.
        connection = HTTPSConnection(parts.hostname or "", timeout=TIMEOUT_S)
    else:
        raise ChannelAway("bad_answer", "Alipay's bill lies at an address that is not Alipay's.")
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        content = answer.read(MOST_BYTES)
    except (OSError, HTTPException) as error:
        raise ChannelAway("channel_away", "Alipay cannot be reached just now.") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise ChannelAway("channel_away", f"Alipay answered {answer.status}.")
    return content


def read_bill(content: bytes) -> list[BillLine]:
    """Read a bill: of the tables in the zip the one that names trades; raise ChannelAway for what is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as files:
            tables = [_table(files.open(one).read(MOST_BYTES)) for one in files.infolist()]
    except (zipfile.BadZipFile, OSError, UnicodeDecodeError) as error:
        raise ChannelAway("bad_answer", "Alipay's bill cannot be read.") from error
    for head, rows in tables:
        if REQUEST in head:
            return [_line(row) for row in rows]
    raise ChannelAway("bad_answer", "Alipay's bill has no table of trades.")


def _table(content: bytes) -> tuple[list[str], list[Mapping[str, str]]]:
    """Return head and rows of a table between its lines of comment."""
    rows = csv.reader(_between_comments(content.decode("gbk")))
    head = [name.strip() for name in next(rows, [])]
    return head, [dict(zip(head, (value.strip() for value in row), strict=False)) for row in rows]


def _between_comments(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def _line(row: Mapping[str, str]) -> BillLine:
    refund = row["业务类型"] == "退款"
    at = datetime.strptime(row["完成时间"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BOOKS)
    return BillLine(
        kind="refund" if refund else "pay",
        number=row[REQUEST] if refund else row["商户订单号"],
        payment_number=row["商户订单号"],
        amount_fen=parse_yuan(row["订单金额（元）"].removeprefix("-")),
        transaction=row["支付宝交易号"],
        at=at.astimezone(UTC),
    )
