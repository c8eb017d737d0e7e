"""How subscribe messages (订阅通知) reach WeChat users, as WeChat documents it for official accounts."""

import json
import sys
import threading
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from time import monotonic
from typing import Any, Protocol
from urllib.parse import urlsplit

from groupbuy.messaging.posting import TIMEOUT_S, NotTaken
from groupbuy.messaging.senders import Refused

HOST = "https://api.weixin.qq.com"
# An answer is a few hundred bytes.
MOST_BYTES = 65_536
STALE_TOKEN = frozenset({40001, 40014, 42001})
# Busy, or a quota that is there again tomorrow; every other error is the same however often it is tried.
PASSING = frozenset({-1, 45009, 45011})
# WeChat takes a token back some time before it says so.
MARGIN_S = 300
NO_TEMPLATE = "no WeChat template is named for this notice"

Fields = Sequence[tuple[str, str]]


class NoAnswer(NotTaken):
    """Say that WeChat was sent something and what it made of it is not known."""


class SubscribeSender(Protocol):
    """Takes subscribe messages to WeChat users."""

    def send(self, openid: str, template: str, fields: Fields) -> str:
        """Hand a message over; return ``accepted``, or ``printed`` when nobody will receive it.

        Raise Refused when trying again cannot help, NotTaken when it may.
        """


class ConsoleSubscribe:
    """Shows subscribe messages instead of sending them: the default while no WeChat app is set."""

    def send(self, openid: str, template: str, fields: Fields) -> str:
        """Print who would get what."""
        text = "; ".join(f"{name}={value}" for name, value in fields)
        line = f"[no WeChat app is set] to {openid[:6]}…: {template or 'no template'}: {text}"
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - it is the console sender.
        return "printed"


class WechatSubscribe:
    """Sends over WeChat's HTTPS interface for one app; ``base_url`` takes the place of its host.

    The token of the app is asked for with ``stable_token``, which leaves the tokens of other processes
    valid, and kept until shortly before it ends.
    """

    def __init__(self, *, app_id: str, secret: str, base_url: str = "", link: str = "") -> None:
        self._app_id = app_id
        self._secret = secret
        self._base_url = base_url or HOST
        self._link = link
        self._lock = threading.Lock()
        self._token: tuple[str, float] = ("", 0.0)

    def send(self, openid: str, template: str, fields: Fields) -> str:
        """Send one message; a token that WeChat has taken back meanwhile is asked for anew, once."""
        if not template:
            raise Refused(NO_TEMPLATE)
        body: dict[str, Any] = {
            "touser": openid,
            "template_id": template,
            "data": {name: {"value": value} for name, value in fields},
        }
        if self._link:
            body["page"] = self._link
        answer = self._send(self._get_token(), body)
        if answer.get("errcode") in STALE_TOKEN:
            answer = self._send(self._get_token(fresh=True), body)
        _check(answer)
        return "accepted"

    def _send(self, token: str, body: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._base_url}/cgi-bin/message/subscribe/bizsend?access_token={token}"
        try:
            return _post(url, body)
        except NoAnswer as error:
            # WeChat cannot tell a repeat: rather somebody looks than that two messages arrive.
            raise Refused(f"it may have arrived: {error}") from error

    def _get_token(self, *, fresh: bool = False) -> str:
        with self._lock:
            token, until = self._token
            if fresh or monotonic() >= until:
                fields = {"grant_type": "client_credential", "appid": self._app_id, "secret": self._secret}
                answer = _post(f"{self._base_url}/cgi-bin/stable_token", fields | {"force_refresh": fresh})
                _check(answer)
                token = str(answer.get("access_token", ""))
                if not token.replace("-", "").replace("_", "").isalnum():
                    raise NotTaken("WeChat gave no token")
                seconds = answer.get("expires_in")
                lives = seconds if isinstance(seconds, int) else 0
                self._token = (token, monotonic() + max(lives - MARGIN_S, 0))
            return token


def _check(answer: dict[str, Any]) -> None:
    code = answer.get("errcode", 0)
    if code == 0:
        return
    sentence = f"WeChat answered {code}: {str(answer.get('errmsg', ''))[:200]}"
    if code in PASSING:
        raise NotTaken(sentence)
    raise Refused(sentence)


def _post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON object that answers a POST; raise NotTaken. Address and body hold secrets."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    headers = {"Content-Type": "application/json; charset=utf-8"}
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    try:
        connection.connect()
    except OSError as error:
        raise NotTaken(f"WeChat cannot be reached: {type(error).__name__}") from error
    try:
        connection.request("POST", path, json.dumps(body, ensure_ascii=False).encode(), headers)
        answer = json.loads(connection.getresponse().read(MOST_BYTES))
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswer(f"WeChat did not answer: {type(error).__name__}") from error
    finally:
        connection.close()
    if not isinstance(answer, dict):
        raise NotTaken("WeChat answered with something else")
    return answer
