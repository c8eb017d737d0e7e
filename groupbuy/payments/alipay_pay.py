"""Alipay through python-alipay-sdk: a page for computers, one for phones, and a code to scan."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl

from alipay import AliPay
from alipay.exceptions import AliPayException, AliPayValidationError

from groupbuy.config import AlipaySettings
from groupbuy.finance.rules import BOOKS
from groupbuy.kernel.money import parse_yuan, plain_yuan
from groupbuy.payments import alipay_bill, gateways
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

NAME = "alipay"
DONE = "10000"
# The library has no name for it.
BILL = "alipay.data.dataservice.bill.downloadurl.query"
# Outcomes that Alipay itself calls unknown.
AWAY = ("20000", "ACQ.SYSTEM_ERROR", "aop.unknow-error", "isp.unknow-error")
STATES = {
    "WAIT_BUYER_PAY": gateways.WAITING,
    "TRADE_SUCCESS": gateways.PAID,
    "TRADE_FINISHED": gateways.PAID,
    "TRADE_CLOSED": gateways.CLOSED,
}


class HostedAliPay(AliPay):  # type: ignore[misc] # The library has no types.
    """The library's client for a host of our choice; it knows only Alipay's own two."""

    _gateway: str

    def __init__(self, host: str, **known: Any) -> None:
        super().__init__(**known)
        self._gateway = host or self._gateway

    @property
    def address(self) -> str:
        """Return where calls and payers go."""
        return self._gateway


class Alipay:
    """Alipay for one app."""

    name = NAME
    ways = ("page", "wap", "qr")
    # Alipay's transfers are another contract; leaders are paid through it by the payout file.
    transfers = None

    def __init__(self, settings: AlipaySettings, *, notify_url: str) -> None:
        self._settings = settings
        self._client = HostedAliPay(
            settings.base_url,
            appid=settings.app_id,
            app_notify_url=notify_url,
            app_private_key_string=settings.private_key,
            alipay_public_key_string=settings.platform_key,
            sign_type="RSA2",
        )
        # The library keeps nothing between calls, but does not promise so.
        self._one_at_a_time = Lock()

    def open(self, opening: Opening) -> Action:
        """Open a payment; again with the same number is the same payment."""
        expires = opening.expires_at.astimezone(BOOKS).strftime("%Y-%m-%d %H:%M:%S")
        usual = {
            "subject": opening.title[:128],
            "out_trade_no": opening.number,
            "total_amount": plain_yuan(opening.amount_fen),
            "time_expire": expires,
        }
        if opening.way == "qr":
            answer = self._ask(lambda: self._client.api_alipay_trade_precreate(**usual))
            return Action("qr", {"text": str(answer["qr_code"])})
        page, wap = self._client.api_alipay_trade_page_pay, self._client.api_alipay_trade_wap_pay
        signed = (page if opening.way == "page" else wap)(**usual, return_url=opening.back_url)
        return Action("link", {"url": f"{self._client.address}?{signed}"})

    def query(self, number: str) -> Found:
        """Return what Alipay knows of a payment; it knows none until the payer has come."""
        try:
            answer = self._ask(lambda: self._client.api_alipay_trade_query(out_trade_no=number))
        except ChannelRefused as refused:
            if refused.code == "ACQ.TRADE_NOT_EXIST":
                return Found(number, gateways.UNKNOWN)
            raise
        return _found(answer, answer.get("send_pay_date"))

    def close(self, number: str) -> None:
        """Let nobody pay a payment any more; one that nobody has come to cannot be paid after its time."""
        try:
            self._ask(lambda: self._client.api_alipay_trade_close(out_trade_no=number))
        except ChannelRefused as refused:
            if refused.code != "ACQ.TRADE_NOT_EXIST":
                raise

    def refund(self, returning: Returning) -> FoundRefund:
        """Give money back; again with the same number is the same refund."""
        self._ask(
            lambda: self._client.api_alipay_trade_refund(
                refund_amount=plain_yuan(returning.amount_fen),
                out_trade_no=returning.payment_number,
                out_request_no=returning.number,
                refund_reason=returning.reason[:128],
            )
        )
        # Whether the money has moved is asked for; a repeat answers that nothing changed.
        return FoundRefund(returning.number, gateways.PROCESSING, returning.amount_fen)

    def query_refund(self, number: str, *, payment_number: str) -> FoundRefund:
        """Return what Alipay knows of a refund."""
        answer = self._ask(
            lambda: self._client.api_alipay_trade_fastpay_refund_query(
                out_request_no=number, out_trade_no=payment_number
            )
        )
        done = answer.get("refund_status") == "REFUND_SUCCESS"
        amount = _fen(answer.get("refund_amount", "0"))
        return FoundRefund(
            number, gateways.SUCCESS if done else gateways.PROCESSING, amount, answer.get("trade_no")
        )

    def read_notice(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Notice:  # noqa: ARG002 - Alipay signs the form, not the headers.
        """Return what a call says, its signature verified; raise NotGenuine."""
        try:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
            signature, sign_type = form.pop("sign"), form.get("sign_type")
            genuine = sign_type == "RSA2" and self._client.verify(dict(form), signature)
        except (KeyError, ValueError, AliPayException) as error:
            raise NotGenuine("not_genuine", "This call cannot be verified.") from error
        sent = _moment(form.get("notify_time"))
        if not genuine or form.get("app_id") != self._settings.app_id or not form.get("notify_id"):
            raise NotGenuine("not_genuine", "This call cannot be verified.")
        if sent is None or abs(now - sent) > gateways.FRESH:
            raise NotGenuine("not_fresh", "This call is too old.")
        # A call about a refund repeats the sum of all refunds; each is asked for by its own number.
        said = None if "refund_fee" in form else _found(form, form.get("gmt_payment"))
        return Notice(form["notify_id"][:64], form.get("notify_type", ""), said)

    def bill(self, day: date) -> Sequence[BillLine]:
        """Return Alipay's own book of a day of China."""
        wish = {"bill_type": "trade", "bill_date": day.isoformat()}
        try:
            answer = self._ask(lambda: self._client.server_api(BILL, wish))
        except ChannelRefused as refused:
            # There is no bill of a day on which nothing was paid; Alipay has written its code both ways.
            if refused.code.lower().endswith("bill_not_exist"):
                return []
            raise
        url = str(answer["bill_download_url"])
        return alipay_bill.read_bill(alipay_bill.download(url, base_url=self._settings.base_url))

    def _ask(self, call: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        try:
            with self._one_at_a_time:
                answer = call()
        except (AliPayException, AliPayValidationError) as error:
            raise ChannelAway("channel_away", "Alipay gave an answer that cannot be verified.") from error
        except (OSError, ValueError) as error:
            raise ChannelAway("channel_away", "Alipay cannot be reached just now.") from error
        code, sub_code = str(answer.get("code")), str(answer.get("sub_code", ""))
        if code in AWAY or sub_code in AWAY:
            raise ChannelAway("channel_away", f"Alipay answered {sub_code or code}.")
        if code != DONE:
            raise ChannelRefused(sub_code or code, f"Alipay refused: {sub_code or code}.")
        return answer


def _found(said: Mapping[str, Any], at: object) -> Found:
    return Found(
        number=str(said.get("out_trade_no", "")),
        state=STATES.get(str(said.get("trade_status")), gateways.UNKNOWN),
        amount_fen=_fen(said.get("total_amount", "0")),
        transaction=said.get("trade_no"),
        at=_moment(at),
    )


def _fen(text: object) -> int:
    try:
        return parse_yuan(str(text))
    except (ValueError, OverflowError):
        return 0


def _moment(text: object) -> datetime | None:
    try:
        local = datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - Alipay writes China's time.
    except ValueError:
        return None
    return local.replace(tzinfo=BOOKS).astimezone(UTC)
