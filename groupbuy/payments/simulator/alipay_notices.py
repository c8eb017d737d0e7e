"""The calls that Alipay makes to a merchant: a form, signed over its sorted fields."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from groupbuy.finance.rules import BOOKS
from groupbuy.payments.simulator.keys import Party
from groupbuy.payments.simulator.serving import Call


def call(
    url: str, said: Mapping[str, Any], *, app: str, platform: Party, at: datetime, notice_id: str | None
) -> Call:
    """Return the call that says how a trade stands at a moment."""
    form = {
        "app_id": app,
        "charset": "utf-8",
        "notify_id": notice_id or secrets.token_hex(17),
        "notify_time": moment(at),
        "notify_type": "trade_status_sync",
        "version": "1.0",
        **{name: str(value) for name, value in said.items() if name != "send_pay_date"},
    }
    if "send_pay_date" in said:
        form["gmt_payment"] = said["send_pay_date"]
    signature = platform.sign_text(signed_content(form))
    body = urlencode(form | {"sign": signature, "sign_type": "RSA2"})
    return Call(url, {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, body.encode())


def signed_content(fields: Mapping[str, str]) -> str:
    """Return what is signed of some fields."""
    return "&".join(f"{name}={value}" for name, value in sorted(fields.items()))


def moment(at: datetime) -> str:
    """Write a moment as Alipay does: China's time, without saying so."""
    return f"{at.astimezone(BOOKS):%Y-%m-%d %H:%M:%S}"
