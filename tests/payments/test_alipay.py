"""Alipay's adapter against a small gateway that signs and verifies RSA2 as Alipay documents it."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from groupbuy.config import AlipaySettings
from groupbuy.payments.alipay_pay import Alipay
from groupbuy.payments.gateways import ChannelAway, ChannelRefused, Found, NotGenuine, Opening, Returning
from tests.payments.channel import party
from tests.support.gateways import Gateway, Request, running

APP = "2021000000000001"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class Side:
    """Alipay: payments by number, refunds by number, in yuan."""

    paid: dict[str, str] = field(default_factory=dict)
    refunds: dict[str, str] = field(default_factory=dict)
    broken: bool = False

    def answer(self, request: Request) -> tuple[int, object]:
        query = dict(parse_qsl(urlsplit(request.path).query))
        signature = b64decode(query.pop("sign"))
        text = "&".join(f"{name}={value}" for name, value in sorted(query.items()))
        party("merchant").key.public_key().verify(signature, text.encode(), PKCS1v15(), SHA256())
        said = self.say(query["method"], json.loads(query["biz_content"]))
        content = json.dumps(said, ensure_ascii=False)
        name = query["method"].replace(".", "_") + "_response"
        sign = "QUJD" if self.broken else signed(content)
        return 200, f'{{"{name}":{content},"sign":"{sign}"}}'

    def say(self, method: str, wish: dict[str, str]) -> dict[str, str]:
        number, done = wish["out_trade_no"], {"code": "10000", "msg": "Success"}
        if method == "alipay.trade.precreate":
            return done | {"out_trade_no": number, "qr_code": f"https://qr.alipay.com/{number}"}
        if number not in self.paid:
            return {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.TRADE_NOT_EXIST"}
        if method == "alipay.trade.refund":
            self.refunds.setdefault(wish["out_request_no"], wish["refund_amount"])
            return done
        if method == "alipay.trade.fastpay.refund.query":
            amount = self.refunds[wish["out_request_no"]]
            return done | {"refund_status": "REFUND_SUCCESS", "refund_amount": amount, "trade_no": "T1"}
        if method == "alipay.trade.close":
            return {"code": "40004", "sub_code": "ACQ.TRADE_STATUS_ERROR"}
        return done | {
            "out_trade_no": number,
            "trade_no": "T1",
            "trade_status": "TRADE_SUCCESS",
            "total_amount": self.paid[number],
            "send_pay_date": "2026-11-22 20:00:00",
        }


def signed(text: str) -> str:
    return b64encode(party("platform").key.sign(text.encode(), PKCS1v15(), SHA256())).decode()


def alipay(url: str) -> Alipay:
    settings = AlipaySettings(
        app_id=APP,
        private_key=party("merchant").private_pem,
        platform_key=party("platform").public_pem,
        base_url=f"{url}/gateway.do",
    )
    return Alipay(settings, notify_url="https://shop.example/pay/notify/alipay")


@pytest.fixture
def both() -> Iterator[tuple[Side, Alipay]]:
    side = Side()
    with running(Gateway(side.answer)) as gateway:
        yield side, alipay(gateway.url)


def opening(way: str) -> Opening:
    expires = NOW + timedelta(minutes=15)
    return Opening("P1", 1980, "团购", way, expires, None, "127.0.0.1", "https://shop.example/back")


def test_each_way_leads_the_payer_on(both: tuple[Side, Alipay]) -> None:
    _, gateway = both
    assert gateway.open(opening("qr")).data == {"text": "https://qr.alipay.com/P1"}
    for way, method in (("page", "alipay.trade.page.pay"), ("wap", "alipay.trade.wap.pay")):
        query = dict(parse_qsl(urlsplit(gateway.open(opening(way)).data["url"]).query))
        assert query["method"] == method
        wish = json.loads(query["biz_content"])
        assert (wish["total_amount"], wish["time_expire"]) == ("19.80", "2026-11-22 20:15:00")


def test_a_payment_is_unknown_until_somebody_has_come_then_paid(both: tuple[Side, Alipay]) -> None:
    side, gateway = both
    assert gateway.query("P1").state == "unknown"
    gateway.close("P1")
    side.paid["P1"] = "19.80"
    assert gateway.query("P1") == Found("P1", "paid", 1980, "CNY", "T1", NOW)
    with pytest.raises(ChannelRefused, match="TRADE_STATUS_ERROR"):
        gateway.close("P1")


def test_a_refund_happens_once_and_is_asked_for_until_it_is_done(both: tuple[Side, Alipay]) -> None:
    side, gateway = both
    side.paid["P1"] = "19.80"
    wish = Returning("R1", "P1", 1980, 990, "缺货")
    assert gateway.refund(wish).state == gateway.refund(wish).state == "processing"
    assert side.refunds == {"R1": "9.90"}
    found = gateway.query_refund("R1", payment_number="P1")
    assert (found.state, found.amount_fen) == ("success", 990)


def test_an_answer_that_alipay_has_not_signed_is_not_believed(both: tuple[Side, Alipay]) -> None:
    side, gateway = both
    side.paid["P1"], side.broken = "19.80", True
    with pytest.raises(ChannelAway):
        gateway.query("P1")


FORM = {
    "app_id": APP,
    "notify_id": "N1",
    "notify_type": "trade_status_sync",
    "notify_time": "2026-11-22 20:00:10",
    "out_trade_no": "P1",
    "trade_no": "T1",
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "19.80",
    "gmt_payment": "2026-11-22 20:00:00",
}


def call(**more: str) -> bytes:
    form = FORM | more
    text = "&".join(f"{name}={value}" for name, value in sorted(form.items()))
    return urlencode(form | {"sign": signed(text), "sign_type": "RSA2"}).encode()


def test_a_call_of_alipay_tells_what_was_paid(both: tuple[Side, Alipay]) -> None:
    notice = both[1].read_notice({}, call(), now=NOW)
    assert (notice.id, notice.said) == ("N1", Found("P1", "paid", 1980, "CNY", "T1", NOW))
    assert both[1].read_notice({}, call(refund_fee="1.00"), now=NOW).said is None


@pytest.mark.check(57)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"a=b",
        call().replace(b"19.80", b"0.01"),
        call()[:-20],
        call(app_id="2"),
        call(notify_time="2026-11-22 19:50:00"),
        call(notify_time="now"),
    ],
)
def test_a_call_that_is_not_alipays_or_not_for_us_is_refused(both: tuple[Side, Alipay], body: bytes) -> None:
    with pytest.raises(NotGenuine):
        both[1].read_notice({}, body, now=NOW)
