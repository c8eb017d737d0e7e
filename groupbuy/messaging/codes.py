"""How a sign-in code reaches a phone: by a text message gateway, or shown on the console."""

import json
import sys
from typing import Protocol
from urllib.parse import quote

from groupbuy.kernel.phones import mask_phone
from groupbuy.messaging.posting import NotTaken, Poster

# A text message of one part holds 70 characters with the signature in front.
MOST_CHARACTERS = 70
SIGNATURE = "社区团购"
TEXT = "验证码 {code}，5 分钟内有效。请勿告诉他人。"


def text_message(text: str, *, signature: str = SIGNATURE) -> str:
    """Return a text message of one part: 【signature】 and the text, cut to 70 characters."""
    whole = f"【{signature}】{text}"
    return whole if len(whole) <= MOST_CHARACTERS else whole[: MOST_CHARACTERS - 1] + "…"


class CodeSender(Protocol):
    """Takes codes to phones. A code is no job in the database, where it would lie in the clear."""

    def send(self, phone: str, code: str) -> None:
        """Hand a code over to the gateway; raise OSError when it cannot be reached."""


class TextSender(Protocol):
    """Takes texts to phones that hold no secret."""

    def tell(self, phone: str, text: str, *, reference: str = "") -> None:
        """Hand a text over to the gateway; raise OSError when it cannot be reached.

        The same ``reference`` again is the same text, for a gateway that can tell.
        """


class ConsoleCodeSender:
    """Shows codes instead of sending them: the default while no gateway is set."""

    def send(self, phone: str, code: str) -> None:
        """Print the message and to whom it would have gone."""
        self.tell(phone, TEXT.format(code=code))

    def tell(self, phone: str, text: str, *, reference: str = "") -> None:  # noqa: ARG002 - as the gateway
        """Print a text and to whom it would have gone."""
        line = f"[no text message gateway is set] to {mask_phone(phone)}: {text_message(text)}"
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - it is the console sender.


class SmsCodeSender:
    """Posts codes to an HTTPS gateway for text messages: JSON with ``phone`` and ``text``, a bearer token.

    Notices also have an ``id``; the same one again is the same message. ``{phone}`` in the address is
    replaced by the number. Any 2xx answer means that the gateway took it.
    """

    def __init__(self, poster: Poster, *, url: str, token: str, signature: str) -> None:
        self._poster = poster
        self._url = url
        self._token = token
        self._signature = signature

    def send(self, phone: str, code: str) -> None:
        """Post one message; raise OSError when the gateway does not take it within seconds."""
        self.tell(phone, TEXT.format(code=code))

    def tell(self, phone: str, text: str, *, reference: str = "") -> None:
        """Post one text; raise OSError when the gateway does not take it within seconds."""
        whole = text_message(text, signature=self._signature)
        named = {"id": reference} if reference else {}
        body = json.dumps({"phone": phone, "text": whole} | named, ensure_ascii=False)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            self._poster.post(self._url.replace("{phone}", quote(phone)), body, headers)
        except NotTaken as error:
            raise OSError(f"the gateway for text messages did not take it: {error}") from error
