"""What the pages of signing in share."""

from typing import Protocol

from flask import Blueprint, current_app

from groupbuy.messaging.codes import CodeSender

blueprint = Blueprint("signin", __name__)

CODE_SENDER = "groupbuy_code_sender"
OAUTH = "groupbuy_oauth"


class OAuth(Protocol):
    """Signs people in at another site, such as WeChat's; codes are exchanged on our server."""

    @property
    def begin_url(self) -> str:
        """Return our own address that sends the browser there with a fresh ``state``."""

    def phone_of(self, code: str) -> str:
        """Return the phone that the site vouches for; raise GroupbuyError when the code is not good."""


def code_sender() -> CodeSender:
    """Return what takes codes to phones."""
    sender: CodeSender = current_app.extensions[CODE_SENDER]
    return sender


def oauth() -> OAuth | None:
    """Return the other site, or None while none is configured; then no page mentions it."""
    site: OAuth | None = current_app.extensions[OAUTH]
    return site
