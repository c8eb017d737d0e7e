"""Which gateways to the outside world an installation uses."""

from groupbuy.accounts.gateways import Wechat, WechatSite
from groupbuy.config import Settings
from groupbuy.messaging.codes import CodeSender, ConsoleCodeSender, SmsCodeSender
from groupbuy.messaging.posting import HttpPoster


def code_sender_of(settings: Settings) -> CodeSender:
    """Return the gateway for text messages, or the console while none is set."""
    if not settings.sms_url:
        return ConsoleCodeSender()
    return SmsCodeSender(
        HttpPoster(), url=settings.sms_url, token=settings.sms_token, signature=settings.sms_signature
    )


def wechat_of(settings: Settings) -> WechatSite | None:
    """Return WeChat, or None while no app is set; then no page mentions it."""
    if not settings.wechat_app_id:
        return None
    return Wechat(
        app_id=settings.wechat_app_id, secret=settings.wechat_secret, base_url=settings.wechat_base_url
    )
