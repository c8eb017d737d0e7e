"""Gateways on this machine that notices leave through."""

from collections.abc import Iterator

import pytest

from tests.support.gateways import Gateway, Request, running
from tests.support.guards import Mailbox


def _as_wechat(request: Request) -> tuple[int, object]:
    if request.path == "/cgi-bin/stable_token":
        return 200, {"access_token": "token-1", "expires_in": 7200}
    return 200, {"errcode": 0, "errmsg": "ok"}


@pytest.fixture
def phones() -> Iterator[Gateway]:
    """Take text messages."""
    with running(Gateway(lambda _request: (200, {"ok": True}))) as server:
        yield server


@pytest.fixture
def wechat() -> Iterator[Gateway]:
    """Take subscribe messages."""
    with running(Gateway(_as_wechat)) as server:
        yield server


@pytest.fixture
def extra_settings(phones: Gateway, wechat: Gateway, mailbox: Mailbox) -> dict[str, str]:
    return {
        "GROUPBUY_SMTP_URL": mailbox.url,
        "GROUPBUY_SMS_URL": phones.url,
        "GROUPBUY_WECHAT_APP_ID": "wx1",
        "GROUPBUY_WECHAT_SECRET": "hush",
        "GROUPBUY_WECHAT_BASE_URL": wechat.url,
    }
