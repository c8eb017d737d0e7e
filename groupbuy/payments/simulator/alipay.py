"""Alipay's gateway on this machine, and ``/control`` for the payer's part and for faults."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from groupbuy.finance.rules import BOOKS
from groupbuy.kernel.money import parse_yuan, plain_yuan
from groupbuy.payments.simulator import alipay_bill, alipay_notices, cashier
from groupbuy.payments.simulator.book import Refused, Return, Trade
from groupbuy.payments.simulator.serving import Answer, Call, Channel

APP, SELLER = "2021000000000001", "2088000000000001"
GATEWAY, FILE = "/gateway.do", "/downloadBillFile.resource"
DONE = {"code": "10000", "msg": "Success"}
KINDS = {"alipay.trade.page.pay": "PAGE", "alipay.trade.wap.pay": "WAP", "alipay.trade.precreate": "QR"}
# What Alipay calls what the book refuses.
CODES = {
    "ORDER_NOT_EXIST": "ACQ.TRADE_NOT_EXIST",
    "ORDERPAID": "ACQ.TRADE_HAS_SUCCESS",
    "ORDER_CLOSED": "ACQ.TRADE_HAS_CLOSE",
    "OUT_TRADE_NO_USED": "ACQ.CONTEXT_INCONSISTENT",
    "NOT_ENOUGH": "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
    "INVALID_REQUEST": "ACQ.TRADE_STATUS_ERROR",
    "PARAM_ERROR": "ACQ.INVALID_PARAMETER",
}


@dataclass
class AlipaySimulator(Channel):
    """Alipay for one app; a trade begins when its payer comes, not when it is asked for."""

    seen: set[str] = field(default_factory=set)

    def settings(self) -> dict[str, str]:
        """Return the settings but for files, by the names of the environment."""
        return {"GROUPBUY_ALIPAY_APP_ID": APP, "GROUPBUY_ALIPAY_BASE_URL": f"{self.url}{GATEWAY}"}

    def headers_of(self, text: str) -> Mapping[str, str]:
        """Return the headers of an answer; the cashier's page is the only one that is no JSON."""
        kind = "text/html" if text.startswith("<") else "application/json"
        return {"Content-Type": f"{kind}; charset=utf-8"}

    def subject_of(self, target: str) -> str:
        """Return the method that is called, or the path of what is none."""
        parts = urlsplit(target)
        return parse_qs(parts.query).get("method", [parts.path])[0]

    def as_json(self) -> dict[str, Any]:
        """Return all payments and refunds as Alipay shows them."""
        return {
            "payments": [self._trade_json(trade) for trade in self.book.trades.values()],
            "refunds": [_refund_json(back) for back in self.book.returns.values()],
        }

    def pay(self, number: str, *, amount_fen: int | None = None) -> Trade:
        """Pay as the payer does, who comes for it."""
        self.seen.add(number)
        return super().pay(number, amount_fen=amount_fen)

    def visit(self, url: str) -> str:
        """Come to the cashier as a payer's browser does; return its page."""
        return str(self.answer("GET", url, {}, "")[1])

    def tell(self, number: str, *, at: datetime | None = None, notice_id: str | None = None) -> Call:
        """Return the call that tells of a payment or, by its number, of a refund."""
        back = self.book.returns.get(number)
        said = self._trade_json(back.trade if back else self.book.trade(number))
        if back is not None:
            said |= {"refund_fee": plain_yuan(self.book.refunded(back.trade.number))}
        url = self.book.trade(said["out_trade_no"]).notify_url
        return alipay_notices.call(
            url, said, app=APP, platform=self.platform, at=at or self.clock(), notice_id=notice_id
        )

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> Answer:  # noqa: ARG002 - Alipay signs what is asked, not headers.
        """Return status and content of a call; bytes are a file."""
        parts = urlsplit(target)
        if parts.path.startswith("/control/"):
            return self.control(parts.path.removeprefix("/control/"), json.loads(body or "{}"))
        if parts.path == FILE:
            day = date.fromisoformat(parse_qs(parts.query)["bizDates"][0])
            return 200, alipay_bill.pack(self.book, day, SELLER)
        if parts.path == "/payer":
            return cashier.take(self, dict(parse_qsl(body)))
        if parts.path != GATEWAY:
            raise Refused(404, "NOT_FOUND")
        return self._gateway({**dict(parse_qsl(parts.query)), **dict(parse_qsl(body))})

    def _gateway(self, asked: dict[str, str]) -> Answer:
        method, signature = asked.get("method", ""), asked.pop("sign", "")
        self.asked.append(method)
        if not self.merchant.signed_text(signature, alipay_notices.signed_content(asked)):
            return 200, self._signed("error_response", _refusal("isv.invalid-signature", "40002"))
        if asked.get("app_id") != APP:
            return 200, self._signed("error_response", _refusal("isv.invalid-app-id", "40002"))
        wish = json.loads(asked.get("biz_content", "{}"))
        if method in ("alipay.trade.page.pay", "alipay.trade.wap.pay"):
            trade = self._open(method, wish, asked)
            return 200, cashier.page(trade, "支付宝", asked.get("return_url", ""))
        return 200, self._signed(f"{method.replace('.', '_')}_response", self._say(method, wish, asked))

    def _signed(self, name: str, said: Mapping[str, Any]) -> str:
        content = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        return f'{{"{name}":{content},"sign":"{self.platform.sign_text(content)}"}}'

    def _say(self, method: str, wish: dict[str, Any], asked: dict[str, str]) -> Mapping[str, Any]:
        methods: dict[str, Callable[[dict[str, Any]], Mapping[str, Any]]] = {
            "alipay.trade.precreate": lambda wish: self._precreate(self._open(method, wish, asked)),
            "alipay.trade.query": self._query,
            "alipay.trade.close": self._close,
            "alipay.trade.refund": self._refund,
            "alipay.trade.fastpay.refund.query": self._query_refund,
            "alipay.data.dataservice.bill.downloadurl.query": self._bill,
        }
        if method not in methods:
            return _refusal("isv.invalid-method", "40002")
        try:
            return {**DONE, **methods[method](wish)}
        except Refused as refused:
            return _refusal(CODES.get(refused.code, refused.code))

    def _precreate(self, trade: Trade) -> Mapping[str, Any]:
        return {"out_trade_no": trade.number, "qr_code": f"https://qr.alipay.com/{trade.number}"}

    def _open(self, method: str, wish: dict[str, Any], asked: dict[str, str]) -> Trade:
        expires = wish.get("time_expire")
        trade = Trade(
            number=wish["out_trade_no"],
            app_id=APP,
            merchant=SELLER,
            amount_fen=parse_yuan(wish["total_amount"]),
            kind=KINDS[method],
            notify_url=asked.get("notify_url", ""),
            expires_at=datetime.fromisoformat(expires).replace(tzinfo=BOOKS) if expires else None,
            title=wish["subject"],
            payer="158****1562",
        )
        if method != "alipay.trade.precreate":
            self.seen.add(trade.number)
        return self.book.open(trade)

    def _come(self, number: str) -> Trade:
        """Return a trade that somebody has come for."""
        if number not in self.seen:
            raise Refused(404, "ORDER_NOT_EXIST")
        return self.book.trade(number)

    def _query(self, wish: dict[str, Any]) -> Mapping[str, Any]:
        return self._trade_json(self._come(wish["out_trade_no"]))

    def _close(self, wish: dict[str, Any]) -> Mapping[str, Any]:
        number = self._come(wish["out_trade_no"]).number
        try:
            self.book.close(number)
        except Refused as refused:
            raise Refused(refused.status, "INVALID_REQUEST") from refused
        return {"out_trade_no": number}

    def _refund(self, wish: dict[str, Any]) -> Mapping[str, Any]:
        number, trade = wish["out_request_no"], self._come(wish["out_trade_no"])
        fresh = number not in self.book.returns
        back = self.book.refund(
            number,
            payment=trade.number,
            amount_fen=parse_yuan(wish["refund_amount"]),
            total_fen=trade.paid_fen,
            now=self.clock(),
        )
        if fresh and self.refunds_end:
            self.book.settle(number, self.refunds_end, now=self.clock())
        fee = plain_yuan(self.book.refunded(trade.number))
        return _refund_json(back) | {"fund_change": "Y" if fresh else "N", "refund_fee": fee}

    def _query_refund(self, wish: dict[str, Any]) -> Mapping[str, Any]:
        # Of a refund that it does not know Alipay says that all went well, and no more.
        back = self.book.returns.get(wish["out_request_no"])
        return _refund_json(back) if back else {}

    def _bill(self, wish: dict[str, Any]) -> Mapping[str, Any]:
        if wish.get("bill_type") != "trade":
            raise Refused(400, "PARAM_ERROR")
        if not alipay_bill.rows_of(self.book, date.fromisoformat(wish["bill_date"])):
            raise Refused(400, "isp.bill_not_exist")
        return {"bill_download_url": f"{self.url}{FILE}?bizType=trade&bizDates={wish['bill_date']}"}

    def _trade_json(self, trade: Trade) -> dict[str, Any]:
        whole = trade.paid_at is not None and self.book.refunded(trade.number) >= trade.paid_fen
        state = "TRADE_SUCCESS" if trade.paid_at and not whole else "TRADE_CLOSED"
        if trade.state == "NOTPAY":
            state = "WAIT_BUYER_PAY"
        said = {
            "out_trade_no": trade.number,
            "trade_no": trade.transaction,
            "trade_status": state,
            "total_amount": plain_yuan(trade.paid_fen if trade.paid_at else trade.amount_fen),
            "buyer_logon_id": trade.payer,
        }
        return said | ({"send_pay_date": alipay_notices.moment(trade.paid_at)} if trade.paid_at else {})


def _refund_json(back: Return) -> dict[str, Any]:
    said = {
        "trade_no": back.trade.transaction,
        "out_trade_no": back.trade.number,
        "out_request_no": back.number,
        "refund_amount": plain_yuan(back.amount_fen),
        "total_amount": plain_yuan(back.trade.paid_fen),
    }
    return said | ({"refund_status": "REFUND_SUCCESS"} if back.done_at else {})


def _refusal(sub_code: str, code: str = "40004") -> dict[str, str]:
    return {"code": code, "msg": "Business Failed", "sub_code": sub_code, "sub_msg": sub_code}
