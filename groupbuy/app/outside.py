"""Which gateways to the outside world an installation uses."""

from importlib import import_module

from flask import Flask

from groupbuy.accounts.gateways import Wechat, WechatSite
from groupbuy.config import ConfigError, Settings
from groupbuy.messaging.codes import ConsoleCodeSender, SmsCodeSender
from groupbuy.messaging.posting import HttpPoster
from groupbuy.notices.wechat import ConsoleSubscribe, SubscribeSender, WechatSubscribe
from groupbuy.payments.gateways import Gateways, PaymentGateway

NOTIFY = "/pay/notify"


def code_sender_of(settings: Settings) -> ConsoleCodeSender | SmsCodeSender:
    """Return the gateway for text messages, or the console while none is set."""
    if not settings.sms_url:
        return ConsoleCodeSender()
    return SmsCodeSender(
        HttpPoster(), url=settings.sms_url, token=settings.sms_token, signature=settings.sms_signature
    )


def subscribe_sender_of(settings: Settings) -> SubscribeSender:
    """Return WeChat for subscribe messages, or the console while no app is set."""
    if not settings.wechat_app_id:
        return ConsoleSubscribe()
    return WechatSubscribe(
        app_id=settings.wechat_app_id,
        secret=settings.wechat_secret,
        base_url=settings.wechat_base_url,
        link=settings.base_url,
    )


def wechat_of(settings: Settings) -> WechatSite | None:
    """Return WeChat, or None while no app is set; then no page mentions it."""
    if not settings.wechat_app_id:
        return None
    return Wechat(
        app_id=settings.wechat_app_id, secret=settings.wechat_secret, base_url=settings.wechat_base_url
    )


def send_traces_of(app: Flask, settings: Settings) -> None:
    """Send traces to the collector where one is named; raise ConfigError where the extra is not installed."""
    if not settings.otlp_url:
        return
    try:
        telemetry = import_module("groupbuy.app.telemetry")
    except ModuleNotFoundError as error:
        raise ConfigError("traces need the extra: pip install 'groupbuy[telemetry]'") from error
    telemetry.send_traces(app, settings.otlp_url)


def payment_gateways_of(settings: Settings) -> Gateways:
    """Return the payment channels that are set up by their names; none by default.

    Their libraries are an extra, so their modules are loaded only where a channel is set up.
    Raise ConfigError where the extra is not installed.
    """
    found: dict[str, PaymentGateway] = {}
    notify = settings.base_url + NOTIFY
    try:
        if settings.wechat_pay is not None:
            channel = import_module("groupbuy.payments.wechat_pay")
            folder = settings.instance / "wechat_pay" / settings.wechat_pay.merchant
            found[channel.NAME] = channel.WechatPay(
                settings.wechat_pay, notify_url=f"{notify}/{channel.NAME}", cert_dir=folder
            )
        if settings.alipay is not None:
            channel = import_module("groupbuy.payments.alipay_pay")
            found[channel.NAME] = channel.Alipay(settings.alipay, notify_url=f"{notify}/{channel.NAME}")
    except ModuleNotFoundError as error:
        raise ConfigError("payments need the extra: pip install 'groupbuy[payments]'") from error
    return found
