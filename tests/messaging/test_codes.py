"""Text messages: what the gateway is sent, and what happens when it does not take it."""

import json
from collections.abc import Iterator

import pytest

from groupbuy.messaging.codes import SmsCodeSender, text_message
from groupbuy.messaging.posting import HttpPoster
from tests.support.gateways import Gateway, running

PHONE = "13812345678"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running(Gateway(lambda _request: (200, {"ok": True}))) as server:
        yield server


def sender(url: str, *, token: str) -> SmsCodeSender:
    return SmsCodeSender(HttpPoster(), url=url, token=token, signature="阳光优选")


def test_a_code_is_posted_as_json_with_the_token(gateway: Gateway) -> None:
    sender(gateway.url + "/v1/sms?to={phone}", token="hunter2").send(PHONE, "012345")
    (request,) = gateway.requests
    assert (request.method, request.path) == ("POST", f"/v1/sms?to={PHONE}")
    assert request.headers["Authorization"] == "Bearer hunter2"
    text = "【阳光优选】验证码 012345，5 分钟内有效。请勿告诉他人。"
    assert json.loads(request.body) == {"phone": PHONE, "text": text}


def test_without_a_token_no_header_is_sent(gateway: Gateway) -> None:
    sender(gateway.url, token="").send(PHONE, "012345")
    assert "Authorization" not in gateway.requests[0].headers


@pytest.mark.parametrize("status", [302, 401, 429, 500])
def test_a_gateway_that_does_not_take_it_is_told_apart(gateway: Gateway, status: int) -> None:
    gateway.answer = lambda _request: (status, {})
    with pytest.raises(OSError, match=str(status)) as failure:
        sender(gateway.url, token="hunter2").send(PHONE, "012345")
    assert PHONE not in str(failure.value)
    assert "012345" not in str(failure.value)


def test_a_gateway_that_is_away_is_an_os_error() -> None:
    with running(Gateway(lambda _request: (200, {}))) as gone:
        url = gone.url
    with pytest.raises(OSError, match="did not take it"):
        sender(url, token="").send(PHONE, "012345")


@pytest.mark.parametrize(("length", "whole"), [(64, 70), (65, 70), (200, 70), (3, 9)])
def test_a_message_is_one_part_with_its_signature(length: int, whole: int) -> None:
    text = text_message("码" * length)
    assert text.startswith("【社区团购】")
    assert len(text) == whole
