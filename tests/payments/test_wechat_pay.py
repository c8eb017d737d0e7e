"""WeChat Pay's adapter against the simulator, which verifies every signature and signs its own."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from groupbuy.finance.rules import BOOKS
from groupbuy.kernel.clock import utc_now
from groupbuy.payments.gateways import (
    ChannelAway,
    ChannelRefused,
    Found,
    FoundRefund,
    NotGenuine,
    Opening,
    PaymentGateway,
    Returning,
)
from groupbuy.payments.simulator.keys import encrypt
from groupbuy.payments.simulator.notices import signed_headers
from groupbuy.payments.simulator.server import Simulator
from groupbuy.payments.simulator.serving import Fault
from tests.payments.channel import channel, party, settings_for

Side = tuple[Simulator, PaymentGateway]


@pytest.fixture
def side(tmp_path: Path) -> Iterator[Side]:
    with channel(tmp_path) as both:
        yield both


def opening(number: str = "P1", amount: int = 1980, way: str = "native") -> Opening:
    expires = utc_now() + timedelta(minutes=15)
    return Opening(number, amount, "第 48 周团购", way, expires, "o-li", "127.0.0.1", "http://x/")


def returning(number: str = "R1", amount: int = 990) -> Returning:
    return Returning(number, "P1", 1980, amount, "缺货")


def test_each_way_leads_the_payer_on(side: Side) -> None:
    _, gateway = side
    assert gateway.open(opening()).data == {"text": "weixin://wxpay/bizpayurl?pr=P1"}
    assert gateway.open(opening("P2", way="h5")).kind == "link"
    page = gateway.open(opening("P3", way="jsapi"))
    assert page.kind == "jsapi"
    assert page.data["package"] == "prepay_id=wxP3"
    assert set(page.data) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}


def test_what_the_page_hands_to_wechat_is_signed_by_the_merchant(side: Side) -> None:
    simulator, gateway = side
    said = gateway.open(opening(way="jsapi")).data
    parts = (said["appId"], said["timeStamp"], said["nonceStr"], said["package"])
    assert simulator.merchant.signed(said["paySign"], *parts)


def test_a_payment_opened_again_is_the_same_payment(side: Side) -> None:
    simulator, gateway = side
    assert gateway.open(opening()) == gateway.open(opening())
    assert list(simulator.book.trades) == ["P1"]
    with pytest.raises(ChannelRefused, match="OUT_TRADE_NO_USED"):
        gateway.open(opening(amount=1))


def test_a_payment_is_waiting_then_paid_or_closed(side: Side) -> None:
    simulator, gateway = side
    assert gateway.query("P1") == Found("P1", "unknown")
    gateway.open(opening())
    gateway.open(opening("P2"))
    assert gateway.query("P1").state == "waiting"
    simulator.pay("P1")
    paid = gateway.query("P1")
    assert (paid.state, paid.amount_fen, paid.currency) == ("paid", 1980, "CNY")
    assert paid.transaction is not None
    assert paid.at is not None
    with pytest.raises(ChannelRefused, match="ORDERPAID"):
        gateway.close("P1")
    gateway.close("P2")
    assert gateway.query("P2").state == "closed"


def test_refunds_add_up_to_what_was_paid_and_each_happens_once(side: Side) -> None:
    simulator, gateway = side
    gateway.open(opening())
    simulator.pay("P1")
    assert gateway.query_refund("R1", payment_number="P1") == FoundRefund("R1", "unknown")
    assert gateway.refund(returning()).state == "processing"
    assert gateway.refund(returning()).amount_fen == 990
    assert gateway.query_refund("R1", payment_number="P1").state == "success"
    assert gateway.query("P1").state == "paid"
    gateway.refund(returning("R2"))
    with pytest.raises(ChannelRefused, match="NOT_ENOUGH"):
        gateway.refund(returning("R3", 1))


@pytest.mark.parametrize(
    "fault", [Fault("/v3/pay"), Fault("/v3/pay", after=True), Fault("/v3/pay", status=429)]
)
def test_a_failure_leaves_the_outcome_unknown_and_the_repeat_harmless(side: Side, fault: Fault) -> None:
    simulator, gateway = side
    simulator.faults.append(replace(fault))
    with pytest.raises(ChannelAway):
        gateway.open(opening())
    gateway.open(opening())
    assert list(simulator.book.trades) == ["P1"]


@pytest.mark.parametrize(
    "call",
    [
        lambda gateway: gateway.open(opening()),
        lambda gateway: gateway.open(opening(way="h5")),
        lambda gateway: gateway.open(opening(way="jsapi")),
        lambda gateway: gateway.query("P1"),
        lambda gateway: gateway.refund(returning()),
        lambda gateway: gateway.query_refund("R1", payment_number="P1"),
        lambda gateway: gateway.bill(date(2026, 11, 20)),
    ],
)
def test_an_answer_without_what_was_asked_for_leaves_the_outcome_unknown(
    side: Side, call: Callable[[PaymentGateway], object]
) -> None:
    simulator, gateway = side
    gateway.query("P0")
    simulator.faults.append(Fault("/v3/", status=200, code="SYSTEM_BUSY"))
    with pytest.raises(ChannelAway):
        call(gateway)


def test_an_answer_that_wechat_has_not_signed_is_not_believed(side: Side) -> None:
    simulator, gateway = side
    gateway.open(opening())
    simulator.platform = party("somebody")
    with pytest.raises(ChannelAway):
        gateway.query("P1")


def test_a_channel_that_is_not_there_is_away(tmp_path: Path) -> None:
    with channel(tmp_path) as (_, gateway):
        pass
    with pytest.raises(ChannelAway):
        gateway.query("P1")


def test_certificates_are_kept_for_the_next_start(tmp_path: Path) -> None:
    with channel(tmp_path) as (simulator, gateway):
        gateway.query("P1")
    assert [path.stem for path in (tmp_path / "wechat_pay" / "1900000001").iterdir()] == [
        simulator.platform.serial
    ]


def test_wechats_public_key_needs_no_certificates(tmp_path: Path) -> None:
    with channel(tmp_path) as (simulator, _):
        key = tmp_path / "platform.pem"
        key.write_text(simulator.platform.public_pem)
        more = {"WECHAT_PAY_PLATFORM_KEY_FILE": str(key), "WECHAT_PAY_PLATFORM_KEY_ID": "PUB_KEY_ID_1"}
        settings = settings_for(simulator, tmp_path, INSTANCE=str(tmp_path), **more)
        assert settings.wechat_pay is not None
        assert settings.wechat_pay.platform_key_id == "PUB_KEY_ID_1"


def told(side: Side, *, at: datetime | None = None) -> tuple[dict[str, str], bytes]:
    simulator, gateway = side
    gateway.open(opening())
    simulator.pay("P1")
    call = simulator.tell("P1", at=at)
    return dict(call.headers), call.body


def test_a_call_of_wechat_tells_what_was_paid(side: Side) -> None:
    headers, body = told(side)
    said = side[1].read_notice(headers, body, now=utc_now()).said
    assert isinstance(said, Found)
    assert (said.number, said.state, said.amount_fen) == ("P1", "paid", 1980)


def test_a_call_of_wechat_tells_how_a_refund_ended(side: Side) -> None:
    simulator, gateway = side
    told(side)
    gateway.refund(returning())
    simulator.book.settle("R1", "ABNORMAL", now=utc_now())
    call = simulator.tell("R1")
    said = gateway.read_notice(call.headers, call.body, now=utc_now()).said
    assert said == FoundRefund("R1", "abnormal", 990, simulator.book.returns["R1"].refund_id)


@pytest.mark.check(56)
@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_call_from_another_time_is_refused(side: Side, minutes: int) -> None:
    headers, body = told(side, at=utc_now() + timedelta(minutes=minutes))
    with pytest.raises(NotGenuine, match="too old"):
        side[1].read_notice(headers, body, now=utc_now())


@pytest.mark.check(56)
def test_a_call_for_another_merchant_or_app_is_refused(side: Side) -> None:
    simulator, gateway = side
    told(side)
    for name, value in (("merchant", "1900000002"), ("app_id", "wx2")):
        trade = replace(simulator.book.trade("P1"), **{name: value})
        simulator.book.trades["P2"] = trade
        call = simulator.tell("P2")
        with pytest.raises(NotGenuine):
            gateway.read_notice(call.headers, call.body, now=utc_now())


@pytest.mark.check(57)
@pytest.mark.parametrize(
    "header",
    [
        {"Wechatpay-Serial": ""},
        {"Wechatpay-Serial": "5F"},
        {"Wechatpay-Serial": "A" * 40},
        {"Wechatpay-Serial": "Z" * 40},
        {"Wechatpay-Timestamp": "now"},
        {"Wechatpay-Nonce": "other"},
        {"Wechatpay-Signature": "QUJD"},
        {"Wechatpay-Signature": "é"},
        {"Wechatpay-Signature": ""},
        {"Wechatpay-Signature-Type": "NONE"},
    ],
)
def test_a_call_with_a_changed_head_is_refused(side: Side, header: dict[str, str]) -> None:
    headers, body = told(side)
    with pytest.raises(NotGenuine):
        side[1].read_notice(headers | header, body, now=utc_now())


@pytest.mark.check(57)
def test_a_call_with_another_or_a_truncated_body_is_refused(side: Side) -> None:
    headers, body = told(side)
    for other in (body[:-1], body + b" ", body.replace(b"SUCCESS", b"success"), b"", b"\xff"):
        with pytest.raises(NotGenuine):
            side[1].read_notice(headers, other, now=utc_now())


@pytest.mark.check(57)
def test_a_call_that_somebody_else_has_signed_or_encrypted_is_refused(side: Side) -> None:
    simulator, gateway = side
    told(side)
    stranger = party("stranger")
    for platform, key in ((stranger, simulator.apiv3_key), (simulator.platform, "k" * 32)):
        resource = str(encrypt(key, "{}", "transaction")).replace("'", '"')
        body = f'{{"id": "1", "resource_type": "encrypt-resource", "resource": {resource}}}'
        headers = signed_headers(body, platform=platform, at=utc_now())
        with pytest.raises(NotGenuine):
            gateway.read_notice(headers, body.encode(), now=utc_now())


def test_made_up_serials_make_us_ask_wechat_once_only(side: Side) -> None:
    simulator, gateway = side
    headers, body = told(side)
    simulator.asked.clear()
    for serial in ("A" * 40, "B" * 40, "C" * 40):
        with pytest.raises(NotGenuine):
            gateway.read_notice(headers | {"Wechatpay-Serial": serial}, body, now=utc_now())
    assert simulator.asked.count("GET /v3/certificates") <= 1


def test_the_bill_of_a_day_is_the_channels_book(side: Side) -> None:
    simulator, gateway = side
    day = datetime(2026, 11, 20, 18, tzinfo=UTC)
    simulator.clock = lambda: day
    assert gateway.bill(day.date()) == []
    gateway.open(opening())
    simulator.pay("P1")
    gateway.refund(returning())
    gateway.query_refund("R1", payment_number="P1")
    # It is the 21st in China.
    paid, back = gateway.bill(day.astimezone(BOOKS).date())
    assert (paid.kind, paid.number, paid.amount_fen, paid.at) == ("pay", "P1", 1980, day)
    assert (back.kind, back.number, back.payment_number, back.amount_fen) == ("refund", "R1", "P1", 990)
