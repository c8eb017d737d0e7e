"""WeChat Pay v3 through wechatpayv3: JSAPI inside WeChat, Native by QR code, H5 in other browsers."""

import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock
from typing import Any, NoReturn

from wechatpayv3 import WeChatPayType

from groupbuy.config import WechatPaySettings
from groupbuy.finance.rules import BOOKS
from groupbuy.kernel.clock import utc_now
from groupbuy.payments import gateways
from groupbuy.payments.gateways import (
    Action,
    BillLine,
    ChannelAway,
    ChannelRefused,
    Found,
    FoundRefund,
    NotGenuine,
    Notice,
    Opening,
    Returning,
)
from groupbuy.payments.wechat_bill import read_bill
from groupbuy.payments.wechat_hosts import Client
from groupbuy.payments.wechat_transfers import FINISHED, WechatTransfers, read_transfer

NAME = "wechat"
MAX_TITLE = 40
MAX_REASON = 80
# WeChat says REFUND of a payment that was paid and has refunds since.
STATES = {
    "SUCCESS": gateways.PAID,
    "REFUND": gateways.PAID,
    "NOTPAY": gateways.WAITING,
    "USERPAYING": gateways.WAITING,
    "CLOSED": gateways.CLOSED,
    "REVOKED": gateways.CLOSED,
    "PAYERROR": gateways.CLOSED,
}
REFUND_STATES = {
    "SUCCESS": gateways.SUCCESS,
    "PROCESSING": gateways.PROCESSING,
    "ABNORMAL": gateways.ABNORMAL,
    "CLOSED": gateways.CLOSED,
}
TYPES = {"jsapi": WeChatPayType.JSAPI, "native": WeChatPayType.NATIVE, "h5": WeChatPayType.H5}
_SERIAL = re.compile(r"[0-9A-Fa-f]{8,40}|PUB_KEY_ID_[0-9A-Za-z]{1,64}", re.ASCII)
_SECONDS = re.compile(r"\d{10}", re.ASCII)


class WechatPay:
    """WeChat Pay for one merchant; certificates are kept in ``cert_dir``."""

    name = NAME
    ways = ("jsapi", "native", "h5")
    transfers: WechatTransfers | None

    def __init__(self, settings: WechatPaySettings, *, notify_url: str, cert_dir: Path) -> None:
        self._settings = settings
        self._notify_url = notify_url
        self._cert_dir = cert_dir
        self._made: Client | None = None
        self._making = Lock()
        self.transfers = WechatTransfers(settings, self._ask) if settings.transfer else None

    def open(self, opening: Opening) -> Action:
        """Open a payment; again with the same number is the same payment."""
        wanted: dict[str, Any] = {
            "description": opening.title[:MAX_TITLE],
            "out_trade_no": opening.number,
            "amount": {"total": opening.amount_fen, "currency": gateways.CURRENCY},
            "time_expire": opening.expires_at.astimezone(BOOKS).isoformat(timespec="seconds"),
            "pay_type": TYPES[opening.way],
        }
        if opening.way == "jsapi":
            wanted["payer"] = {"openid": opening.payer}
        if opening.way == "h5":
            wanted["scene_info"] = {"payer_client_ip": opening.address, "h5_info": {"type": "Wap"}}
        answer = self._ask(lambda client: client.pay(**wanted))
        if opening.way == "native":
            return Action("qr", {"text": _told(answer, "code_url")})
        if opening.way == "h5":
            return Action("link", {"url": _told(answer, "h5_url")})
        return Action("jsapi", self._signed(_told(answer, "prepay_id")))

    def _signed(self, prepay_id: str) -> Mapping[str, str]:
        """Return what the page hands to WeChat, signed by us."""
        seconds, nonce = str(int(utc_now().timestamp())), secrets.token_hex(16)
        app_id, package = self._settings.app_id, f"prepay_id={prepay_id}"
        sign = self._client().sign([app_id, seconds, nonce, package])
        given = {"appId": app_id, "timeStamp": seconds, "nonceStr": nonce, "package": package}
        return given | {"signType": "RSA", "paySign": sign}

    def query(self, number: str) -> Found:
        """Return what WeChat knows of a payment; unknown where it has never heard of it."""
        try:
            answer = self._ask(lambda client: client.query(out_trade_no=number))
        except ChannelRefused as refused:
            if refused.code in ("ORDER_NOT_EXIST", "ORDERNOTEXIST"):
                return Found(number, gateways.UNKNOWN)
            raise
        _check_answer(answer, "out_trade_no", number)
        return self._found(answer)

    def close(self, number: str) -> None:
        """Let nobody pay a payment any more."""
        self._ask(lambda client: client.close(out_trade_no=number))

    def refund(self, returning: Returning) -> FoundRefund:
        """Give money back; again with the same number is the same refund."""
        amount = {
            "refund": returning.amount_fen,
            "total": returning.payment_fen,
            "currency": gateways.CURRENCY,
        }
        answer = self._ask(
            lambda client: client.refund(
                out_refund_no=returning.number,
                out_trade_no=returning.payment_number,
                amount=amount,
                reason=returning.reason[:MAX_REASON] or None,
            )
        )
        _check_answer(answer, "out_refund_no", returning.number)
        return _found_refund(answer, "status")

    def query_refund(self, number: str, *, payment_number: str) -> FoundRefund:
        """Return what WeChat knows of a refund; unknown where it has never heard of it."""
        try:
            answer = self._ask(lambda client: client.query_refund(out_refund_no=number))
        except ChannelRefused as refused:
            if refused.code == "RESOURCE_NOT_EXISTS":
                return FoundRefund(number, gateways.UNKNOWN)
            raise
        _check_answer(answer, "out_trade_no", payment_number)
        return _found_refund(answer, "status")

    def read_notice(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Notice:
        """Return what a call says, its signature over the raw body verified; raise NotGenuine."""
        plain = {name.lower(): value for name, value in headers.items()}
        _check_head(plain, now)
        try:
            said = self._client().callback(plain, body)
        except ChannelAway:
            raise
        except Exception as error:  # The library raises plain exceptions for whatever it cannot read.
            raise NotGenuine("not_genuine", "This call cannot be verified.") from error
        if not isinstance(said, dict) or not isinstance(said.get("resource"), dict):
            raise NotGenuine("not_genuine", "This call cannot be verified.")
        return self._notice(said)

    def _notice(self, said: Mapping[str, Any]) -> Notice:
        resource: Mapping[str, Any] = said["resource"]
        kind, notice_id = str(said.get("event_type", "")), str(said.get("id", ""))[:64]
        # WeChat names the merchant in another way where it tells of a transfer.
        merchant = resource.get("mch_id" if kind == FINISHED else "mchid")
        if not notice_id or merchant != self._settings.merchant:
            raise NotGenuine("other_merchant", "This call is for another merchant.")
        if kind.startswith("REFUND."):
            return Notice(notice_id, kind, _found_refund(resource, "refund_status"))
        if kind == FINISHED:
            return Notice(notice_id, kind, read_transfer(resource))
        return Notice(notice_id, kind, self._found(resource))

    def bill(self, day: date) -> Sequence[BillLine]:
        """Return WeChat's own book of a day of China."""
        try:
            answer = self._ask(lambda client: client.trade_bill(bill_date=day.isoformat()))
        except ChannelRefused as refused:
            # There is no bill of a day on which nothing was paid.
            if refused.code == "NO_STATEMENT_EXIST":
                return []
            raise
        content = self._ask_raw(lambda client: client.download_bill(_told(answer, "download_url")))
        return read_bill(content)

    def _found(self, answer: Mapping[str, Any]) -> Found:
        """Read what WeChat says of a payment; raise NotGenuine for another merchant's or app's."""
        ours = (self._settings.merchant, self._settings.app_id)
        if (answer.get("mchid"), answer.get("appid")) != ours:
            raise NotGenuine("other_merchant", "This is a payment of another merchant or app.")
        amount = answer.get("amount") or {}
        return Found(
            number=str(answer.get("out_trade_no", "")),
            state=STATES.get(str(answer.get("trade_state")), gateways.UNKNOWN),
            amount_fen=_fen(amount.get("total", 0)),
            currency=str(amount.get("currency", gateways.CURRENCY)),
            transaction=answer.get("transaction_id"),
            at=_moment(answer.get("success_time")),
        )

    def _client(self) -> Client:
        """Return the client, made on first use: it may have to fetch certificates."""
        with self._making:
            if self._made is None:
                try:
                    self._made = Client(self._settings, notify_url=self._notify_url, cert_dir=self._cert_dir)
                except Exception as error:  # The library raises plain exceptions, also for no answer.
                    _be_away(error)
            return self._made

    def _ask(self, call: Callable[[Client], tuple[int, Any]]) -> Mapping[str, Any]:
        answer = self._ask_raw(call)
        try:
            read = json.loads(answer) if answer else {}
        except ValueError as error:
            _be_away(error)
        if not isinstance(read, dict):
            raise ChannelAway("bad_answer", "WeChat Pay gave an answer that cannot be read.")
        return read

    def _ask_raw(self, call: Callable[[Client], tuple[int, Any]]) -> Any:
        try:
            status, answer = call(self._client())
        except ChannelAway:
            raise
        except Exception as error:  # No answer, a late one, or one whose signature is wrong.
            _be_away(error)
        if status >= 500 or status == 429:
            raise ChannelAway("channel_away", f"WeChat Pay answered {status}.")
        if status >= 400:
            _refuse(answer)
        return answer


def _check_head(headers: Mapping[str, str], now: datetime) -> None:
    """Look at what can be told before anything is reckoned; raise NotGenuine."""
    seconds = headers.get("wechatpay-timestamp", "")
    if not _SERIAL.fullmatch(headers.get("wechatpay-serial", "")) or not _SECONDS.fullmatch(seconds):
        raise NotGenuine("not_genuine", "This call is not signed as WeChat Pay signs.")
    if abs(now - datetime.fromtimestamp(int(seconds), UTC)) > gateways.FRESH:
        raise NotGenuine("not_fresh", "This call is too old.")


def _told(answer: Mapping[str, Any], name: str) -> str:
    """Return what an answer has to tell; raise ChannelAway where it does not."""
    text = answer.get(name)
    if not isinstance(text, str) or not text:
        raise ChannelAway("bad_answer", "WeChat Pay gave an answer that cannot be read.")
    return text


def _check_answer(answer: Mapping[str, Any], name: str, wanted: str) -> None:
    if answer.get(name) != wanted:
        raise ChannelAway("bad_answer", "WeChat Pay answers for another payment.")


def _found_refund(answer: Mapping[str, Any], state: str) -> FoundRefund:
    return FoundRefund(
        number=str(answer.get("out_refund_no", "")),
        state=REFUND_STATES.get(str(answer.get(state)), gateways.UNKNOWN),
        amount_fen=_fen((answer.get("amount") or {}).get("refund", 0)),
        transaction=answer.get("refund_id"),
        at=_moment(answer.get("success_time")),
    )


def _fen(value: object) -> int:
    # True is an int for Python; a float is never an amount.
    return value if type(value) is int else 0


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


def _be_away(error: Exception) -> NoReturn:
    raise ChannelAway("channel_away", "WeChat Pay cannot be reached just now.") from error


def _refuse(answer: object) -> NoReturn:
    try:
        said = json.loads(answer) if isinstance(answer, str | bytes) else {}
    except ValueError:
        said = {}
    code = str(said.get("code", "REFUSED")) if isinstance(said, dict) else "REFUSED"
    raise ChannelRefused(code, f"WeChat Pay refused: {code}.")
