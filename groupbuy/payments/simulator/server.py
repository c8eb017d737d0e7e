"""WeChat Pay's addresses on this machine, and ``/control`` for the payer's part and for faults."""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from groupbuy.payments.simulator import book as books
from groupbuy.payments.simulator import cashier, notices, transfers
from groupbuy.payments.simulator.book import Refused, Return, Trade
from groupbuy.payments.simulator.keys import encrypt
from groupbuy.payments.simulator.serving import Answer, Call, Channel
from groupbuy.payments.simulator.transfers import Transfer, Transfers

MERCHANT, APP = "1900000001", "wxsimulated0000001"
# Commissions (佣金报酬).
SCENE = "1005"
KINDS = {"jsapi": "JSAPI", "native": "NATIVE", "h5": "MWEB"}
_TOKEN = re.compile(
    r'WECHATPAY2-SHA256-RSA2048 mchid="(?P<mchid>[^"]+)",nonce_str="(?P<nonce>[^"]+)",'
    r'signature="(?P<signature>[^"]+)",timestamp="(?P<time>\d+)",serial_no="(?P<serial>[^"]+)"'
)


@dataclass
class Simulator(Channel):
    """WeChat Pay for one merchant."""

    apiv3_key: str = field(default_factory=lambda: secrets.token_hex(16))
    transfers: Transfers = field(default_factory=Transfers)

    def settings(self) -> dict[str, str]:
        """Return the settings but for files, by the names of the environment."""
        return {
            "GROUPBUY_WECHAT_PAY_MERCHANT": MERCHANT,
            "GROUPBUY_WECHAT_PAY_APP_ID": APP,
            "GROUPBUY_WECHAT_PAY_SERIAL": self.merchant.serial,
            "GROUPBUY_WECHAT_PAY_APIV3_KEY": self.apiv3_key,
            "GROUPBUY_WECHAT_PAY_BASE_URL": self.url,
            "GROUPBUY_WECHAT_TRANSFER_SCENE": SCENE,
        }

    def tell(self, number: str, *, at: datetime | None = None, notice_id: str | None = None) -> Call:
        """Return the call that tells of a payment or, by its number, of a refund or a transfer."""
        usual: dict[str, Any] = {
            "platform": self.platform,
            "apiv3_key": self.apiv3_key,
            "at": at or self.clock(),
            "notice_id": notice_id,
        }
        if number in self.transfers.by_number:
            return notices.transfer_call(self.transfers.by_number[number], **usual)
        if number in self.book.returns:
            return notices.refund_call(self.book.returns[number], **usual)
        return notices.payment_call(self.book.trade(number), **usual)

    def headers_of(self, text: str) -> Mapping[str, str]:
        """Return the headers by which an answer is known to be WeChat's; the cashier's page is for people."""
        if text.startswith("<"):
            return {"Content-Type": "text/html; charset=utf-8"}
        return notices.signed_headers(text, platform=self.platform, at=self.clock())

    def as_json(self) -> dict[str, Any]:
        """Return all payments and refunds as WeChat shows them."""
        return {
            "payments": [notices.trade_as_json(trade) for trade in self.book.trades.values()],
            "refunds": [self._refund_json(back) for back in self.book.returns.values()],
            "transfers": [notices.transfer_as_json(one) for one in self.transfers.by_number.values()],
        }

    def control(self, deed: str, wish: dict[str, Any]) -> Answer:
        """Do what the payer, the payee of a transfer or the tester wants; docs/payments.md lists it."""
        if deed != "transfer":
            return super().control(deed, wish)
        number = wish["number"]
        self.confirm(
            number, wish.get("state", "SUCCESS"), wish.get("reason", ""), amount_fen=wish.get("amount_fen")
        )
        return 200, {"told": self.send(number) if self.calls else None}

    def confirm(
        self, number: str, state: str = "SUCCESS", reason: str = "", *, amount_fen: int | None = None
    ) -> Transfer:
        """Let the payee confirm a transfer, or let it end otherwise: FAIL or CANCELLED.

        An amount is what goes to the payee instead of what was asked for.
        """
        self.transfers.get(number, now=self.clock()).paid_fen = amount_fen
        return self.transfers.end(number, state, now=self.clock(), reason=reason)

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> Answer:
        """Return status and content of a call; bytes are a file."""
        parts = urlsplit(target)
        self.asked.append(f"{method} {parts.path}")
        if parts.path == "/control/h5":
            number = parse_qs(parts.query)["number"][0]
            return 200, cashier.page(self.book.trade(number), "微信支付")
        if parts.path == "/payer":
            return cashier.take(self, dict(parse_qsl(body)))
        if parts.path.startswith("/control/"):
            return self.control(parts.path.removeprefix("/control/"), json.loads(body or "{}"))
        if parts.path == "/v3/billdownload/file":
            return 200, self.book.bill(date.fromisoformat(parse_qs(parts.query)["token"][0]))
        if not self._is_signed(method, target, headers, body):
            raise Refused(401, "SIGN_ERROR")
        if parts.path.startswith(transfers.PATH):
            return 200, self._transfer(method, parts.path, headers, body)
        return self._route(method, parts.path, parse_qs(parts.query), json.loads(body) if body else {})

    def _is_signed(self, method: str, target: str, headers: dict[str, str], body: str) -> bool:
        given = _TOKEN.fullmatch(headers.get("Authorization", ""))
        if given is None or given["mchid"] != MERCHANT or given["serial"] != self.merchant.serial:
            return False
        return self.merchant.signed(given["signature"], method, target, given["time"], given["nonce"], body)

    def _route(self, method: str, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> Answer:
        if path == "/v3/certificates":
            return 200, {"data": [self._certificate()]}
        if path == "/v3/bill/tradebill":
            return self._trade_bill(query["bill_date"][0])
        if path == "/v3/refund/domestic/refunds":
            return 200, self._refund(body)
        if path.startswith("/v3/refund/domestic/refunds/"):
            return 200, self._refund_json(self._find_refund(path.rpartition("/")[2]))
        kind = path.removeprefix("/v3/pay/transactions/")
        if method == "POST" and kind in KINDS:
            return 200, self._open(kind, body)
        if method == "POST" and kind.startswith("out-trade-no/") and kind.endswith("/close"):
            self.book.close(kind.split("/")[1])
            return 204, ""
        if kind.startswith("out-trade-no/"):
            return 200, notices.trade_as_json(self.book.trade(kind.split("/")[1]))
        raise Refused(404, "NOT_FOUND")

    def _certificate(self) -> dict[str, Any]:
        certificate = self.platform.certificate
        return {
            "serial_no": self.platform.serial,
            "effective_time": notices.moment(certificate.not_valid_before_utc),
            "expire_time": notices.moment(certificate.not_valid_after_utc),
            "encrypt_certificate": encrypt(self.apiv3_key, self.platform.certificate_pem, "certificate"),
        }

    def _open(self, kind: str, body: dict[str, Any]) -> dict[str, str]:
        if (body.get("mchid"), body.get("appid")) != (MERCHANT, APP):
            raise Refused(400, "APPID_MCHID_NOT_MATCH")
        total = body.get("amount", {}).get("total")
        if type(total) is not int or total < 1:
            raise Refused(400, "PARAM_ERROR")
        expires = body.get("time_expire")
        trade = self.book.open(
            Trade(
                number=body["out_trade_no"],
                app_id=APP,
                merchant=MERCHANT,
                amount_fen=total,
                kind=KINDS[kind],
                notify_url=body["notify_url"],
                expires_at=datetime.fromisoformat(expires) if expires else None,
                title=body["description"],
                payer=body.get("payer", {}).get("openid", "o-simulated-payer"),
            )
        )
        if kind == "native":
            return {"code_url": f"weixin://wxpay/bizpayurl?pr={trade.number}"}
        if kind == "h5":
            return {"h5_url": f"{self.url}/control/h5?number={trade.number}"}
        return {"prepay_id": f"wx{trade.number}"}

    def _refund(self, body: dict[str, Any]) -> dict[str, Any]:
        amount = body["amount"]
        back = self.book.refund(
            body["out_refund_no"],
            payment=body["out_trade_no"],
            amount_fen=amount["refund"],
            total_fen=amount["total"],
            now=self.clock(),
        )
        return self._refund_json(back)

    def _find_refund(self, number: str) -> Return:
        if number not in self.book.returns:
            raise Refused(404, "RESOURCE_NOT_EXISTS")
        back = self.book.returns[number]
        # A refund asked for again is done by then, unless somebody wants it otherwise.
        if back.state == "PROCESSING" and self.refunds_end:
            self.book.settle(number, self.refunds_end, now=self.clock())
        return back

    def _refund_json(self, back: Return) -> dict[str, Any]:
        said = {
            "refund_id": back.refund_id,
            "out_refund_no": back.number,
            "transaction_id": back.trade.transaction,
            "out_trade_no": back.trade.number,
            "channel": "ORIGINAL",
            "user_received_account": "支付用户零钱",
            "create_time": notices.moment(back.asked_at),
            "status": back.state,
            "amount": {"total": back.trade.paid_fen, "refund": back.amount_fen, "currency": "CNY"},
        }
        return said if back.done_at is None else said | {"success_time": notices.moment(back.done_at)}

    def _transfer(self, method: str, path: str, headers: dict[str, str], body: str) -> dict[str, Any]:
        if method == "GET":
            found = self.transfers.get(path.rpartition("/")[2], now=self.clock())
            return notices.transfer_as_json(found)
        if path.endswith("/cancel"):
            said = notices.transfer_as_json(self.transfers.call_back(path.split("/")[-2], now=self.clock()))
            return {name: said[name] for name in ("out_bill_no", "transfer_bill_no", "state", "update_time")}
        asked = json.loads(body)
        # The merchants' library writes a serial without its leading zeros.
        serial = headers.get("Wechatpay-Serial", "").lstrip("0")
        if asked.get("user_name") and serial != self.platform.serial.lstrip("0"):
            raise Refused(400, "PARAM_ERROR")
        if asked.get("appid") != APP or asked.get("transfer_scene_id") != SCENE:
            raise Refused(403, "NO_AUTH")
        wanted = transfers.read_request(asked, platform=self.platform, merchant=MERCHANT, now=self.clock())
        sent = self.transfers.send(wanted)
        said = notices.transfer_as_json(sent)
        answer = {name: said[name] for name in ("out_bill_no", "transfer_bill_no", "create_time", "state")}
        return answer | ({"package_info": sent.package} if sent.state == "WAIT_USER_CONFIRM" else {})

    def _trade_bill(self, day: str) -> Answer:
        content = self.book.bill(date.fromisoformat(day))
        url = f"{self.url}/v3/billdownload/file?token={day}"
        return 200, {"hash_type": "SHA1", "hash_value": books.digest(content), "download_url": url}
