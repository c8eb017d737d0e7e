"""A code that goes out by a gateway for text messages, set up by the settings alone."""

import json
import re
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.support.gateways import Gateway, running
from tests.web.shopping import fields_of

PHONE = "13812345678"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running(Gateway(lambda _request: (202, {}))) as server:
        yield server


@pytest.fixture
def extra_settings(gateway: Gateway) -> dict[str, str]:
    return {"GROUPBUY_SMS_URL": gateway.url, "GROUPBUY_SMS_TOKEN": "hunter2"}


def ask(app: Flask):  # type: ignore[no-untyped-def]  # a client and a TestResponse.
    client = app.test_client()
    token = fields_of(client.get("/sign-in").text)["csrf_token"]
    return client, client.post("/sign-in?send=1", data={"phone": PHONE, "csrf_token": token})


def test_the_code_of_the_message_lets_in(app: Flask, gateway: Gateway) -> None:
    client, answer = ask(app)
    assert answer.status_code == 303
    code = re.findall(r"\d{6}", json.loads(gateway.requests[0].body)["text"])[0]
    token = fields_of(client.get("/sign-in").text)["csrf_token"]
    answer = client.post("/sign-in", data={"phone": PHONE, "code": code, "csrf_token": token})
    assert answer.location.startswith("/sign-up")


def test_a_gateway_that_is_down_asks_to_try_again_and_keeps_the_phone(app: Flask, gateway: Gateway) -> None:
    gateway.answer = lambda _request: (500, {})
    _client, answer = ask(app)
    assert answer.status_code == 503
    assert f'value="{PHONE}"' in answer.text
