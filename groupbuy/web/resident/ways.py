"""Which ways to pay a browser can take."""

from dataclasses import dataclass
from typing import Any

from flask import request

from groupbuy.accounts import wechat
from groupbuy.flows.paying import Way
from groupbuy.http.charging import charging_here
from groupbuy.web.kit.i18n import lazy_gettext as _l

NAMES = {"wechat": _l("WeChat Pay"), "alipay": _l("Alipay")}


@dataclass(frozen=True, slots=True)
class Choice:
    """A way as a form offers it."""

    value: str
    label: Any
    way: Way


def choices(account_id: int) -> list[Choice]:
    """Return the ways to pay that this browser can take, the likeliest first; none without a channel."""
    gateways = charging_here().gateways
    found = []
    for channel, way in _fitting(account_id).items():
        if channel in gateways and way in gateways[channel].ways:
            found.append(Choice(f"{channel}:{way}", NAMES[channel], Way(channel, way)))
    return found


def _fitting(account_id: int) -> dict[str, str]:
    agent = request.user_agent.string
    if "MicroMessenger" in agent:
        # Alipay is blocked inside WeChat; whoever is not linked scans the code from another screen.
        return {"wechat": "jsapi" if wechat.openid_of(account_id) else "native"}
    if "Mobile" in agent:
        return {"wechat": "h5", "alipay": "wap"}
    return {"wechat": "native", "alipay": "page"}
