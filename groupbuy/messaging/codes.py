"""How a sign-in code reaches a phone: by a text message gateway, or shown on the console."""

import sys
from typing import Protocol

from groupbuy.kernel.phones import mask_phone

# A text message of one part holds 70 characters with the signature in front.
TEXT = "【社区团购】验证码 {code}，5 分钟内有效。请勿告诉他人。"


class CodeSender(Protocol):
    """Takes codes to phones. A code is no job in the database, where it would lie in the clear."""

    def send(self, phone: str, code: str) -> None:
        """Hand a code over to the gateway; raise OSError when it cannot be reached."""


class ConsoleCodeSender:
    """Shows codes instead of sending them: the default while no gateway is set."""

    def send(self, phone: str, code: str) -> None:
        """Print the message and to whom it would have gone."""
        line = f"[no text message gateway is set] to {mask_phone(phone)}: {TEXT.format(code=code)}"
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - it is the console sender.
