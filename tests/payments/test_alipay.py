"""Alipay's adapter against the simulator, which signs and verifies RSA2 as Alipay documents it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from groupbuy.config import AlipaySettings
from groupbuy.payments import alipay_bill
from groupbuy.payments.alipay_pay import Alipay
from groupbuy.payments.gateways import ChannelAway, ChannelRefused, Found, NotGenuine, Opening, Returning
from groupbuy.payments.simulator import alipay_notices
from groupbuy.payments.simulator.alipay import APP, AlipaySimulator
from groupbuy.payments.simulator.keys import make_party
from groupbuy.payments.simulator.serving import Fault, running
from tests.payments.channel import make_alipay, party

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
Both = tuple[AlipaySimulator, Alipay]


@pytest.fixture
def both() -> Iterator[Both]:
    with running(make_alipay()) as simulator:
        simulator.clock = lambda: NOW
        settings = AlipaySettings(
            app_id=APP,
            private_key=party("merchant").private_pem,
            platform_key=party("platform").public_pem,
            base_url=f"{simulator.url}/gateway.do",
        )
        yield simulator, Alipay(settings, notify_url="https://shop.example/pay/notify/alipay")


def opening(way: str) -> Opening:
    expires = NOW + timedelta(minutes=15)
    return Opening("P1", 1980, "团购", way, expires, None, "127.0.0.1", "https://shop.example/back")


def pay(both: Both) -> str:
    simulator, gateway = both
    simulator.visit(gateway.open(opening("page")).data["url"])
    return simulator.pay("P1").transaction


def test_each_way_leads_the_payer_on(both: Both) -> None:
    simulator, gateway = both
    assert gateway.open(opening("qr")).data == {"text": "https://qr.alipay.com/P1"}
    for way, method in (("page", "alipay.trade.page.pay"), ("wap", "alipay.trade.wap.pay")):
        url = gateway.open(opening(way)).data["url"]
        query = dict(parse_qsl(urlsplit(url).query))
        assert query["method"] == method
        wish = json.loads(query["biz_content"])
        assert (wish["total_amount"], wish["time_expire"]) == ("19.80", "2026-11-22 20:15:00")
        assert "¥19.80" in simulator.visit(url)


def test_an_address_that_was_changed_on_the_way_opens_no_cashier(both: Both) -> None:
    simulator, gateway = both
    url = gateway.open(opening("page")).data["url"]
    assert "isv.invalid-signature" in simulator.visit(url.replace("19.80", "0.01"))
    assert simulator.book.trades == {}


def test_a_payment_is_unknown_until_somebody_has_come_then_waits_then_is_paid(both: Both) -> None:
    simulator, gateway = both
    url = gateway.open(opening("page")).data["url"]
    assert gateway.query("P1").state == "unknown"
    gateway.close("P1")
    simulator.visit(url)
    assert gateway.query("P1").state == "waiting"
    transaction = simulator.pay("P1").transaction
    assert gateway.query("P1") == Found("P1", "paid", 1980, "CNY", transaction, NOW)
    with pytest.raises(ChannelRefused, match="TRADE_STATUS_ERROR"):
        gateway.close("P1")


def test_what_was_closed_cannot_be_paid(both: Both) -> None:
    simulator, gateway = both
    simulator.visit(gateway.open(opening("page")).data["url"])
    gateway.close("P1")
    assert gateway.query("P1").state == "closed"
    with pytest.raises(ChannelRefused, match="TRADE_HAS_CLOSE"):
        gateway.open(opening("qr"))


def test_refunds_happen_once_each_and_never_exceed_what_was_paid(both: Both) -> None:
    simulator, gateway = both
    transaction = pay(both)
    wish = Returning("R1", "P1", 1980, 990, "缺货")
    assert gateway.refund(wish).state == gateway.refund(wish).state == "processing"
    assert {number: back.amount_fen for number, back in simulator.book.returns.items()} == {"R1": 990}
    found = gateway.query_refund("R1", payment_number="P1")
    assert (found.state, found.amount_fen, found.transaction) == ("success", 990, transaction)
    assert gateway.query_refund("R2", payment_number="P1").state == "processing"
    with pytest.raises(ChannelRefused, match="REFUND_AMT_NOT_EQUAL_TOTAL"):
        gateway.refund(replace(wish, number="R2", amount_fen=991))


def test_an_answer_that_alipay_has_not_signed_or_not_given_is_not_believed(both: Both) -> None:
    simulator, gateway = both
    pay(both)
    simulator.platform = make_party("forger", now=NOW)
    with pytest.raises(ChannelAway):
        gateway.query("P1")
    simulator.platform = party("platform")
    simulator.faults.append(Fault("alipay.trade.query"))
    with pytest.raises(ChannelAway):
        gateway.query("P1")
    assert gateway.query("P1").state == "paid"


def test_the_bill_of_a_day_names_what_was_paid_and_given_back(both: Both) -> None:
    _, gateway = both
    assert gateway.bill(TODAY) == []
    transaction = pay(both)
    gateway.refund(Returning("R1", "P1", 1980, 990, "缺货"))
    lines = gateway.bill(TODAY)
    assert [(one.kind, one.number, one.payment_number, one.amount_fen) for one in lines] == [
        ("pay", "P1", "P1", 1980),
        ("refund", "R1", "P1", 990),
    ]
    assert (lines[0].transaction, lines[0].at) == (transaction, NOW)


@pytest.mark.parametrize("url", ["https://evil.example/bill", "http://127.0.0.1:1/x", "file:///etc/passwd"])
def test_a_bill_is_fetched_from_alipay_only(url: str) -> None:
    with pytest.raises(ChannelAway, match="not Alipay's"):
        alipay_bill.download(url, base_url="")


@pytest.mark.parametrize("content", [b"", b"PK", b"<html>"])
def test_a_bill_that_is_none_is_not_read_as_an_empty_one(content: bytes) -> None:
    with pytest.raises(ChannelAway):
        alipay_bill.read_bill(content)


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
    sign = party("platform").sign_text(alipay_notices.signed_content(form))
    return urlencode(form | {"sign": sign, "sign_type": "RSA2"}).encode()


def test_a_call_of_alipay_tells_what_was_paid(both: Both) -> None:
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
def test_a_call_that_is_not_alipays_or_not_for_us_is_refused(both: Both, body: bytes) -> None:
    with pytest.raises(NotGenuine):
        both[1].read_notice({}, body, now=NOW)
