"""The settings there are, with their defaults."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from groupbuy.config.channels import AlipaySettings, WechatPaySettings, alipay, wechat_pay
from groupbuy.config.values import (
    PREFIX,
    ConfigError,
    database_url,
    folder,
    header,
    one_of,
    roles,
    scale_barcodes,
    secret_carrier,
    secret_key,
    signature,
    smtp_url,
    switch,
    timezone,
    whole,
)

# Read by single commands, not by the platform, but no misspelling either.
COMMAND_KEYS = ("GROUPBUY_PASSWORD",)
DEFAULTS: dict[str, str] = {
    "INSTANCE": "instance",
    "DATABASE_URL": "",
    "PGBOUNCER": "0",
    "SECRET_KEY": "",
    "TIMEZONE": "Asia/Shanghai",
    "SMTP_URL": "",
    "MAIL_FROM": "groupbuy@localhost",
    "INSECURE_HTTP": "0",
    "RATE_LIMITS": "on",
    "LOG_FORMAT": "console",
    "LOG_LEVEL": "info",
    "OTLP_URL": "",
    "BASE_URL": "",
    "TRUSTED_PROXIES": "0",
    "ORDER_TIMEOUT_MINUTES": "15",
    "ORDERS_PER_HOUR": "200",
    "WECHAT_APP_ID": "",
    "WECHAT_SECRET": "",
    "WECHAT_BASE_URL": "",
    "SMS_URL": "",
    "SMS_TOKEN": "",
    "SMS_SIGNATURE": "社区团购",
    "OVER_DELIVERY_BP": "200",
    "SCALE_BARCODES": "21IIIIIWWWWWC,22IIIIIPPPPPC",
    "PAY_GRACE_MINUTES": "30",
    "WECHAT_PAY_MERCHANT": "",
    "WECHAT_PAY_APP_ID": "",
    "WECHAT_PAY_SERIAL": "",
    "WECHAT_PAY_KEY_FILE": "",
    "WECHAT_PAY_APIV3_KEY": "",
    "WECHAT_PAY_PLATFORM_KEY_FILE": "",
    "WECHAT_PAY_PLATFORM_KEY_ID": "",
    "WECHAT_PAY_BASE_URL": "",
    "WECHAT_TRANSFER_SCENE": "",
    "WECHAT_TRANSFER_REMARK": "团长佣金提现",
    "WECHAT_TRANSFER_REPORT": "岗位类型=社区团长;报酬说明=社区团购佣金",
    "ALIPAY_APP_ID": "",
    "ALIPAY_KEY_FILE": "",
    "ALIPAY_PLATFORM_KEY_FILE": "",
    "ALIPAY_BASE_URL": "",
    "SECOND_FACTOR": "",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold everything that differs between installations."""

    instance: Path
    database_url: str
    pgbouncer: bool
    secret_key: str | None
    timezone: ZoneInfo
    smtp_url: str | None
    mail_from: str
    insecure_http: bool
    rate_limits: bool
    log_format: str
    log_level: str
    otlp_url: str
    base_url: str
    trusted_proxies: int
    order_timeout_minutes: int
    orders_per_hour: int
    wechat_app_id: str
    wechat_secret: str = field(repr=False)
    wechat_base_url: str
    sms_url: str
    sms_token: str = field(repr=False)
    sms_signature: str
    over_delivery_bp: int
    scale_barcodes: tuple[str, ...]
    pay_grace_minutes: int
    wechat_pay: WechatPaySettings | None
    alipay: AlipaySettings | None
    second_factor: frozenset[str]

    @property
    def most_orders(self) -> int | None:
        """Return how many orders a resident may place in an hour; None where nothing is limited."""
        return self.orders_per_hour if self.rate_limits and self.orders_per_hour else None

    @property
    def embedded(self) -> bool:
        """Tell whether the database is the embedded SQLite file."""
        return self.database_url.startswith("sqlite")


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings; raise ConfigError for an unknown key or a value that cannot be used."""
    _refuse_unknown(environ)
    value = {key: environ.get(PREFIX + key) or default for key, default in DEFAULTS.items()}
    instance = folder(value["INSTANCE"])
    _check_pair(value["WECHAT_APP_ID"], value["WECHAT_SECRET"])
    return Settings(
        instance=instance,
        database_url=database_url(value["DATABASE_URL"], instance),
        pgbouncer=switch("PGBOUNCER", value["PGBOUNCER"]),
        secret_key=secret_key(value["SECRET_KEY"]),
        timezone=timezone(value["TIMEZONE"]),
        smtp_url=smtp_url(value["SMTP_URL"]),
        mail_from=value["MAIL_FROM"],
        insecure_http=switch("INSECURE_HTTP", value["INSECURE_HTTP"]),
        rate_limits=switch("RATE_LIMITS", value["RATE_LIMITS"]),
        log_format=one_of("LOG_FORMAT", value["LOG_FORMAT"], ("console", "json")),
        log_level=one_of("LOG_LEVEL", value["LOG_LEVEL"].lower(), ("debug", "info", "warning", "error")),
        otlp_url=secret_carrier("OTLP_URL", value["OTLP_URL"]).rstrip("/"),
        base_url=value["BASE_URL"].rstrip("/"),
        trusted_proxies=whole("TRUSTED_PROXIES", value["TRUSTED_PROXIES"]),
        order_timeout_minutes=whole("ORDER_TIMEOUT_MINUTES", value["ORDER_TIMEOUT_MINUTES"]),
        orders_per_hour=whole("ORDERS_PER_HOUR", value["ORDERS_PER_HOUR"]),
        wechat_app_id=value["WECHAT_APP_ID"],
        wechat_secret=value["WECHAT_SECRET"],
        wechat_base_url=secret_carrier("WECHAT_BASE_URL", value["WECHAT_BASE_URL"]).rstrip("/"),
        sms_url=secret_carrier("SMS_URL", value["SMS_URL"]),
        sms_token=header("SMS_TOKEN", value["SMS_TOKEN"]),
        sms_signature=signature(value["SMS_SIGNATURE"]),
        over_delivery_bp=whole("OVER_DELIVERY_BP", value["OVER_DELIVERY_BP"]),
        scale_barcodes=scale_barcodes(value["SCALE_BARCODES"]),
        pay_grace_minutes=whole("PAY_GRACE_MINUTES", value["PAY_GRACE_MINUTES"]),
        wechat_pay=wechat_pay(value),
        alipay=alipay(value),
        second_factor=roles("SECOND_FACTOR", value["SECOND_FACTOR"]),
    )


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = {key.removeprefix(PREFIX) for key in COMMAND_KEYS} | set(DEFAULTS)
    for key in sorted(environ):
        if key.startswith(PREFIX) and key.removeprefix(PREFIX) not in known:
            close = difflib.get_close_matches(key.removeprefix(PREFIX), known, n=1)
            names = ", ".join(PREFIX + name for name in sorted(known))
            hint = f"did you mean {PREFIX}{close[0]}?" if close else f"known are {names}"
            raise ConfigError(f"{key} is no setting of Groupbuy; {hint}")


def _check_pair(app_id: str, secret: str) -> None:
    if bool(app_id) != bool(secret):
        raise ConfigError("GROUPBUY_WECHAT_APP_ID and GROUPBUY_WECHAT_SECRET go together: set both or none")
