"""What WeChat Pay knows: payments, refunds, and the bill of a day."""

import csv
import gzip
import hashlib
import io
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from threading import RLock
from typing import Any

from groupbuy.finance.rules import BOOKS
from groupbuy.kernel import ids
from groupbuy.kernel.money import plain_yuan

# The columns of a bill of all trades (交易账单), as WeChat documents them.
BILL_HEAD = (
    "交易时间",
    "公众账号ID",
    "商户号",
    "特约商户号",
    "设备号",
    "微信订单号",
    "商户订单号",
    "用户标识",
    "交易类型",
    "交易状态",
    "付款银行",
    "货币种类",
    "应结订单金额",
    "代金券金额",
    "微信退款单号",
    "商户退款单号",
    "退款金额",
    "充值券退款金额",
    "退款类型",
    "退款状态",
    "商品名称",
    "商户数据包",
    "手续费",
    "费率",
    "订单金额",
    "申请退款金额",
    "费率备注",
)
TOTALS_HEAD = (
    "总交易单数",
    "应结订单总金额",
    "退款总金额",
    "充值券退款总金额",
    "手续费总金额",
    "订单总金额",
    "申请退款总金额",
)


class Refused(Exception):
    """Say no with WeChat's status and code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass
class Trade:
    """A payment as WeChat keeps it, in fen."""

    number: str
    app_id: str
    merchant: str
    amount_fen: int
    kind: str
    notify_url: str
    expires_at: datetime | None
    title: str
    payer: str
    state: str = "NOTPAY"
    transaction: str = field(default_factory=lambda: "42" + ids.order_number().zfill(26))
    paid_at: datetime | None = None
    paid_fen: int = 0


@dataclass
class Return:
    """A refund as WeChat keeps it, in fen."""

    number: str
    trade: Trade
    amount_fen: int
    asked_at: datetime
    state: str = "PROCESSING"
    refund_id: str = field(default_factory=lambda: "50" + ids.order_number().zfill(26))
    done_at: datetime | None = None


class Book:
    """All payments and refunds of one merchant."""

    def __init__(self) -> None:
        self.trades: dict[str, Trade] = {}
        self.returns: dict[str, Return] = {}
        # What bills say instead, None leaves it out; and payments and refunds that only bills know.
        self.misprints: dict[str, int | None] = {}
        self.strangers: list[Trade | Return] = []
        self.lock = RLock()

    def open(self, trade: Trade) -> Trade:
        """Keep a payment; the same number again must ask for the same."""
        with self.lock:
            known = self.trades.setdefault(trade.number, trade)
            if known.state not in ("NOTPAY",):
                raise Refused(400, "ORDERPAID" if known.paid_at else "ORDER_CLOSED")
            if (known.amount_fen, known.merchant) != (trade.amount_fen, trade.merchant):
                raise Refused(403, "OUT_TRADE_NO_USED")
            return known

    def trade(self, number: str) -> Trade:
        """Return a payment."""
        if number not in self.trades:
            raise Refused(404, "ORDER_NOT_EXIST")
        return self.trades[number]

    def close(self, number: str) -> None:
        """Close a payment that nobody has paid."""
        with self.lock:
            trade = self.trade(number)
            if trade.paid_at:
                raise Refused(400, "ORDERPAID")
            trade.state = "CLOSED"

    def pay(self, number: str, *, now: datetime, amount_fen: int | None = None) -> Trade:
        """Let the payer pay, another amount if a fault is wanted."""
        with self.lock:
            trade = self.trade(number)
            if trade.state != "NOTPAY":
                raise Refused(409, f"ORDER_IS_{trade.state}")
            trade.state, trade.paid_at = "SUCCESS", now
            trade.paid_fen = trade.amount_fen if amount_fen is None else amount_fen
            return trade

    def refund(self, number: str, *, payment: str, amount_fen: int, total_fen: int, now: datetime) -> Return:
        """Give money back once for each number, never more than was paid."""
        with self.lock:
            trade = self.trade(payment)
            if number in self.returns:
                known = self.returns[number]
                if (known.trade.number, known.amount_fen) != (payment, amount_fen):
                    raise Refused(400, "PARAM_ERROR")
                return known
            if not trade.paid_at or total_fen != trade.paid_fen:
                raise Refused(400, "INVALID_REQUEST")
            if not 0 < amount_fen <= trade.paid_fen - self.refunded(payment):
                raise Refused(403, "NOT_ENOUGH")
            trade.state = "REFUND"
            self.returns[number] = Return(number, trade, amount_fen, now)
            return self.returns[number]

    def refunded(self, payment: str) -> int:
        """Return what has gone back, or is on its way back, of a payment."""
        return sum(
            one.amount_fen
            for one in self.returns.values()
            if one.trade.number == payment and one.state != "CLOSED"
        )

    def settle(self, number: str, state: str, *, now: datetime) -> Return:
        """End a refund: SUCCESS, ABNORMAL or CLOSED."""
        with self.lock:
            if number not in self.returns:
                raise Refused(404, "RESOURCE_NOT_EXISTS")
            found = self.returns[number]
            found.state = state
            found.done_at = now if state == "SUCCESS" else None
            return found

    def misprint(self, number: str, amount_fen: int | None, *, like: str | None = None) -> None:
        """Let bills say another amount of a payment or refund; None leaves it out.

        ``like`` names a payment or refund of the day on which bills have a number that is nobody's.
        """
        with self.lock:
            if like is not None:
                self.strangers.append(replace(self.returns.get(like) or self.trade(like), number=number))
            self.misprints[number] = amount_fen

    def paid_on(self, day: date) -> list[Trade]:
        """Return what was paid on a day of China, as the bill has it."""
        known = (one for one in (*self.trades.values(), *self.strangers) if isinstance(one, Trade))
        said = ((one, self.misprints.get(one.number, one.paid_fen)) for one in known if _on(one.paid_at, day))
        return [replace(one, paid_fen=fen) for one, fen in said if fen is not None]

    def returned_on(self, day: date) -> list[Return]:
        """Return what has gone back on a day of China, as the bill has it."""
        known = (one for one in (*self.returns.values(), *self.strangers) if isinstance(one, Return))
        said = (
            (one, self.misprints.get(one.number, one.amount_fen)) for one in known if _on(one.done_at, day)
        )
        return [replace(one, amount_fen=fen) for one, fen in said if fen is not None]

    def bill(self, day: date) -> bytes:
        """Return the bill of a day of China, packed; raise Refused where there is none."""
        rows = [*self._paid_rows(day), *self._refund_rows(day)]
        if not rows:
            raise Refused(400, "NO_STATEMENT_EXIST")
        paid = sum(trade.paid_fen for trade in self.paid_on(day))
        back = sum(one.amount_fen for one in self.returned_on(day))
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(BILL_HEAD)
        writer.writerows([[f"`{row.get(name, '')}" for name in BILL_HEAD] for row in rows])
        writer.writerow(TOTALS_HEAD)
        sums = [
            len(rows),
            plain_yuan(paid),
            plain_yuan(back),
            "0.00",
            "0.00",
            plain_yuan(paid),
            plain_yuan(back),
        ]
        writer.writerow([f"`{value}" for value in sums])
        return gzip.compress(("\ufeff" + text.getvalue()).encode(), mtime=0)

    def _paid_rows(self, day: date) -> list[dict[str, Any]]:
        return [
            _trade_row(trade) | {"交易时间": _local(trade.paid_at), "交易状态": "SUCCESS"}
            for trade in self.paid_on(day)
        ]

    def _refund_rows(self, day: date) -> list[dict[str, Any]]:
        return [
            _trade_row(one.trade)
            | {
                "交易时间": _local(one.done_at),
                "交易状态": "REFUND",
                "应结订单金额": "0.00",
                "订单金额": "0.00",
                "微信退款单号": one.refund_id,
                "商户退款单号": one.number,
                "退款金额": plain_yuan(one.amount_fen),
                "申请退款金额": plain_yuan(one.amount_fen),
                "退款类型": "ORIGINAL",
                "退款状态": one.state,
            }
            for one in self.returned_on(day)
        ]


def _trade_row(trade: Trade) -> dict[str, Any]:
    return {
        "公众账号ID": trade.app_id,
        "商户号": trade.merchant,
        "微信订单号": trade.transaction,
        "商户订单号": trade.number,
        "用户标识": trade.payer,
        "交易类型": trade.kind,
        "付款银行": "OTHERS",
        "货币种类": "CNY",
        "应结订单金额": plain_yuan(trade.paid_fen),
        "订单金额": plain_yuan(trade.paid_fen),
        "商品名称": trade.title,
        "退款金额": "0.00",
        "申请退款金额": "0.00",
        "手续费": "0.00000",
        "费率": "0.00%",
    }


def _on(moment: datetime | None, day: date) -> bool:
    return moment is not None and moment.astimezone(BOOKS).date() == day


def _local(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(BOOKS):%Y-%m-%d %H:%M:%S}"


def digest(content: bytes) -> str:
    """Return the SHA-1 that WeChat gives with a bill."""
    return hashlib.sha1(gzip.decompress(content), usedforsecurity=False).hexdigest()
