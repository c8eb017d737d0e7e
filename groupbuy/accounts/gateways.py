"""Signing in with WeChat: the web authorization of official accounts (网页授权), as WeChat documents it."""

import json
import re
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from groupbuy.kernel.errors import GroupbuyError

AUTHORIZE = "https://open.weixin.qq.com"
EXCHANGE = "https://api.weixin.qq.com"
TIMEOUT_S = 5
# An answer is a few hundred bytes.
MOST_BYTES = 65_536
_OPENID = re.compile(r"[A-Za-z0-9_-]{6,64}", re.ASCII)


class WechatFailed(GroupbuyError):
    """Say that WeChat did not tell who somebody is: the code is not good, or WeChat cannot be reached."""

    status = 502


class WechatSite(Protocol):
    """Tells who somebody is at WeChat; codes are exchanged on our server, never in the browser."""

    def authorize_url(self, *, back: str, state: str) -> str:
        """Return where to send the browser, which comes back to the address with ``code`` and ``state``."""

    def openid_of(self, code: str) -> str:
        """Return the openid that a code stands for; raise WechatFailed."""


class Wechat:
    """WeChat itself, for one app; ``base_url`` takes the place of its two hosts, as a proxy or a test does.

    Only the openid is asked for (scope ``snsapi_base``): no name, no picture, and no question to the user.
    """

    def __init__(self, *, app_id: str, secret: str, base_url: str = "") -> None:
        self._app_id = app_id
        self._secret = secret
        self._authorize = base_url or AUTHORIZE
        self._exchange = base_url or EXCHANGE

    def authorize_url(self, *, back: str, state: str) -> str:
        """Return the address of WeChat's own page, its parameters in the order that WeChat insists on."""
        fields = {"appid": self._app_id, "redirect_uri": back, "response_type": "code"}
        query = urlencode(fields | {"scope": "snsapi_base", "state": state})
        return f"{self._authorize}/connect/oauth2/authorize?{query}#wechat_redirect"

    def openid_of(self, code: str) -> str:
        """Exchange a code, which WeChat accepts once and within five minutes."""
        fields = {"appid": self._app_id, "secret": self._secret, "code": code}
        query = urlencode(fields | {"grant_type": "authorization_code"})
        answer = _get(f"{self._exchange}/sns/oauth2/access_token?{query}")
        openid = answer.get("openid")
        if not isinstance(openid, str) or not _OPENID.fullmatch(openid):
            raise WechatFailed("wechat_refused", "WeChat did not confirm who you are; please try again.")
        return openid


def _get(url: str) -> dict[str, object]:
    """Return the JSON object at an address; raise WechatFailed. The address holds the secret."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        # WeChat sends JSON as text/plain, and its errors with status 200.
        answer = json.loads(connection.getresponse().read(MOST_BYTES))
    except (OSError, HTTPException, ValueError) as error:
        raise WechatFailed(
            "wechat_away", "WeChat cannot be reached just now; please sign in with a code."
        ) from error
    finally:
        connection.close()
    return answer if isinstance(answer, dict) else {}
