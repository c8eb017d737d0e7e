"""What the pages of signing in share."""

from flask import Blueprint, current_app, request

from groupbuy.accounts.gateways import WechatSite

blueprint = Blueprint("signin", __name__)

WECHAT = "groupbuy_wechat"
BASE_URL = "groupbuy_base_url"


def wechat() -> WechatSite | None:
    """Return WeChat, or None while no app is set; then no page mentions it."""
    site: WechatSite | None = current_app.extensions[WECHAT]
    return site


def shows_wechat() -> bool:
    """Tell whether to offer WeChat: its page of authorization opens in its own browser only."""
    return wechat() is not None and "MicroMessenger" in request.headers.get("User-Agent", "")


def own_address(path: str) -> str:
    """Return the whole address of a path of ours, as people outside reach it."""
    base: str = current_app.extensions[BASE_URL]
    return (base or request.host_url.rstrip("/")) + path
