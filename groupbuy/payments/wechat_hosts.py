"""The client of wechatpayv3 for a host of our choice.

The library's own client has WeChat's host built in and fetches the platform certificates while it is
made, so the host cannot be set afterwards. Here the same parts are put together with another host; how they
fit is pinned by the version in setup.cfg and by tests/payments/test_wechat_pay.py.
"""

from pathlib import Path
from typing import Any

from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.core import Core

from groupbuy.config import WechatPaySettings
from groupbuy.kernel.clock import monotonic_seconds

HOST = "https://api.mch.weixin.qq.com"
TIMEOUTS_S = (5, 10)
# Anybody can send a made-up serial; WeChat is not asked for certificates for each of them.
LOOK_AGAIN_S = 60.0


class HostedCore(Core):  # type: ignore[misc] # The library has no types.
    """Speaks to one host, and asks it for certificates at most once a minute."""

    _certificates: list[Any]

    def __init__(self, settings: WechatPaySettings, cert_dir: Path) -> None:
        self._host = settings.base_url or HOST
        self._asked: float | None = None
        super().__init__(
            mchid=settings.merchant,
            cert_serial_no=settings.serial,
            private_key=settings.private_key,
            apiv3_key=settings.apiv3_key,
            cert_dir=str(cert_dir),
            timeout=TIMEOUTS_S,
            public_key=settings.platform_key or None,
            public_key_id=settings.platform_key_id or None,
        )

    @property
    def _gate_way(self) -> str:
        return self._host

    @_gate_way.setter
    def _gate_way(self, _built_in: str) -> None:
        """Leave the host as it is; the library sets its own."""

    def _last_certificate(self) -> Any:
        """Return the certificate that is valid longest; names are encrypted for it.

        The library compares moments without a zone, which its own dependency warns of.
        """
        return max(self._certificates, key=lambda one: one.not_valid_after_utc)

    def _update_certificates(self) -> None:
        now = monotonic_seconds()
        if self._asked is not None and now - self._asked < LOOK_AGAIN_S:
            return
        self._asked = now
        former = list(self._certificates)
        super()._update_certificates()
        # The library forgets what it has before it asks; without an answer the former ones still hold.
        self._certificates = self._certificates or former


class Client(WeChatPay):  # type: ignore[misc] # The library has no types.
    """The library's client, on a core of our own."""

    def __init__(self, settings: WechatPaySettings, *, notify_url: str, cert_dir: Path) -> None:
        self._type = WeChatPayType.NATIVE
        self._mchid = settings.merchant
        self._appid = settings.app_id
        self._notify_url = notify_url
        self._partner_mode = False
        self._core = HostedCore(settings, cert_dir)
