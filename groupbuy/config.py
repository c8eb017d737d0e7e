"""Settings, read once from the environment; a wrong or unknown key fails with what to do."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PREFIX = "GROUPBUY_"
# Read by single commands, not by the platform, but no misspelling either.
COMMAND_KEYS = ("GROUPBUY_PASSWORD",)
LOOPBACK = ("localhost", "127.0.0.1", "::1")
# Who can be obliged to a second factor; the roles themselves are a storey above.
FACTOR_ROLES = ("operator", "finance", "warehouse", "customer_service", "leader")
# What gateways for text messages accept as a signature.
MOST_SIGNATURE = 12
# Of goods packed in the shop a barcode begins with 2.
_SCALE_BARCODE = re.compile(r"2[0-9]*I+(W+|P+)C")


class ConfigError(Exception):
    """Say which setting is wrong and how to put it right."""


@dataclass(frozen=True, slots=True)
class WechatPaySettings:
    """Hold what WeChat Pay knows a merchant by; texts of keys are PEM.

    With ``platform_key`` and its id answers are verified with WeChat Pay's public key, else with the
    platform certificates that are fetched from WeChat Pay itself.
    """

    merchant: str
    app_id: str
    serial: str
    private_key: str = field(repr=False)
    apiv3_key: str = field(repr=False)
    platform_key: str
    platform_key_id: str
    base_url: str


@dataclass(frozen=True, slots=True)
class AlipaySettings:
    """Hold what Alipay knows an app by; texts of keys are PEM."""

    app_id: str
    private_key: str = field(repr=False)
    platform_key: str
    base_url: str


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
    "ALIPAY_APP_ID": "",
    "ALIPAY_KEY_FILE": "",
    "ALIPAY_PLATFORM_KEY_FILE": "",
    "ALIPAY_BASE_URL": "",
    "SECOND_FACTOR": "",
}
# What a channel needs; with none of these set it is not offered.
WECHAT_PAY_NEEDS = ("WECHAT_PAY_MERCHANT", "WECHAT_PAY_SERIAL", "WECHAT_PAY_KEY_FILE", "WECHAT_PAY_APIV3_KEY")
ALIPAY_NEEDS = ("ALIPAY_APP_ID", "ALIPAY_KEY_FILE", "ALIPAY_PLATFORM_KEY_FILE")


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings; raise ConfigError for an unknown key or a value that cannot be used."""
    _refuse_unknown(environ)
    value = {key: environ.get(PREFIX + key) or default for key, default in DEFAULTS.items()}
    instance = _folder(value["INSTANCE"])
    _check_pair(value["WECHAT_APP_ID"], value["WECHAT_SECRET"])
    return Settings(
        instance=instance,
        database_url=_database_url(value["DATABASE_URL"], instance),
        pgbouncer=_switch("PGBOUNCER", value["PGBOUNCER"]),
        secret_key=_secret_key(value["SECRET_KEY"]),
        timezone=_timezone(value["TIMEZONE"]),
        smtp_url=_smtp_url(value["SMTP_URL"]),
        mail_from=value["MAIL_FROM"],
        insecure_http=_switch("INSECURE_HTTP", value["INSECURE_HTTP"]),
        rate_limits=_switch("RATE_LIMITS", value["RATE_LIMITS"]),
        log_format=_one_of("LOG_FORMAT", value["LOG_FORMAT"], ("console", "json")),
        log_level=_one_of("LOG_LEVEL", value["LOG_LEVEL"].lower(), ("debug", "info", "warning", "error")),
        otlp_url=_secret_carrier("OTLP_URL", value["OTLP_URL"]).rstrip("/"),
        base_url=value["BASE_URL"].rstrip("/"),
        trusted_proxies=_whole("TRUSTED_PROXIES", value["TRUSTED_PROXIES"]),
        order_timeout_minutes=_whole("ORDER_TIMEOUT_MINUTES", value["ORDER_TIMEOUT_MINUTES"]),
        orders_per_hour=_whole("ORDERS_PER_HOUR", value["ORDERS_PER_HOUR"]),
        wechat_app_id=value["WECHAT_APP_ID"],
        wechat_secret=value["WECHAT_SECRET"],
        wechat_base_url=_secret_carrier("WECHAT_BASE_URL", value["WECHAT_BASE_URL"]).rstrip("/"),
        sms_url=_secret_carrier("SMS_URL", value["SMS_URL"]),
        sms_token=_header("SMS_TOKEN", value["SMS_TOKEN"]),
        sms_signature=_signature(value["SMS_SIGNATURE"]),
        over_delivery_bp=_whole("OVER_DELIVERY_BP", value["OVER_DELIVERY_BP"]),
        scale_barcodes=_scale_barcodes(value["SCALE_BARCODES"]),
        pay_grace_minutes=_whole("PAY_GRACE_MINUTES", value["PAY_GRACE_MINUTES"]),
        wechat_pay=_wechat_pay(value),
        alipay=_alipay(value),
        second_factor=_roles("SECOND_FACTOR", value["SECOND_FACTOR"]),
    )


def _wechat_pay(value: Mapping[str, str]) -> WechatPaySettings | None:
    if not _has_all(value, WECHAT_PAY_NEEDS):
        return None
    if bool(value["WECHAT_PAY_PLATFORM_KEY_FILE"]) != bool(value["WECHAT_PAY_PLATFORM_KEY_ID"]):
        raise ConfigError(
            "GROUPBUY_WECHAT_PAY_PLATFORM_KEY_FILE and GROUPBUY_WECHAT_PAY_PLATFORM_KEY_ID go together"
        )
    if len(value["WECHAT_PAY_APIV3_KEY"]) != 32:
        raise ConfigError("GROUPBUY_WECHAT_PAY_APIV3_KEY has 32 characters")
    app_id = value["WECHAT_PAY_APP_ID"] or value["WECHAT_APP_ID"]
    if not app_id:
        raise ConfigError("WeChat Pay needs GROUPBUY_WECHAT_PAY_APP_ID, or GROUPBUY_WECHAT_APP_ID")
    return WechatPaySettings(
        merchant=value["WECHAT_PAY_MERCHANT"],
        app_id=app_id,
        serial=value["WECHAT_PAY_SERIAL"],
        private_key=_key_text("WECHAT_PAY_KEY_FILE", value),
        apiv3_key=value["WECHAT_PAY_APIV3_KEY"],
        platform_key=_key_text("WECHAT_PAY_PLATFORM_KEY_FILE", value),
        platform_key_id=value["WECHAT_PAY_PLATFORM_KEY_ID"],
        base_url=_secret_carrier("WECHAT_PAY_BASE_URL", value["WECHAT_PAY_BASE_URL"]).rstrip("/"),
    )


def _alipay(value: Mapping[str, str]) -> AlipaySettings | None:
    if not _has_all(value, ALIPAY_NEEDS):
        return None
    return AlipaySettings(
        app_id=value["ALIPAY_APP_ID"],
        private_key=_key_text("ALIPAY_KEY_FILE", value),
        platform_key=_key_text("ALIPAY_PLATFORM_KEY_FILE", value),
        base_url=_secret_carrier("ALIPAY_BASE_URL", value["ALIPAY_BASE_URL"]).rstrip("/"),
    )


def _has_all(value: Mapping[str, str], keys: tuple[str, ...]) -> bool:
    """Tell whether a channel is set up; raise ConfigError when it is only in part."""
    missing = [PREFIX + key for key in keys if not value[key]]
    if missing and len(missing) < len(keys):
        raise ConfigError(f"also set {', '.join(missing)}: they go together")
    if not missing and not value["BASE_URL"]:
        raise ConfigError("GROUPBUY_BASE_URL is needed where payments are taken: the channel calls it")
    return not missing


def _key_text(key: str, value: Mapping[str, str]) -> str:
    if not value[key]:
        return ""
    try:
        text = Path(value[key]).expanduser().read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{PREFIX}{key} is no file that can be read") from error
    if "-----BEGIN" not in text:
        raise ConfigError(f"{PREFIX}{key} is no key in PEM")
    return text


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = {key.removeprefix(PREFIX) for key in COMMAND_KEYS} | set(DEFAULTS)
    for key in sorted(environ):
        if key.startswith(PREFIX) and key.removeprefix(PREFIX) not in known:
            close = difflib.get_close_matches(key.removeprefix(PREFIX), known, n=1)
            names = ", ".join(PREFIX + name for name in sorted(known))
            hint = f"did you mean {PREFIX}{close[0]}?" if close else f"known are {names}"
            raise ConfigError(f"{key} is no setting of Groupbuy; {hint}")


def _folder(text: str) -> Path:
    try:
        return Path(text).expanduser().resolve()
    except (RuntimeError, ValueError) as error:
        raise ConfigError(f"GROUPBUY_INSTANCE {text!r} is no folder that can be reached") from error


def _database_url(text: str, instance: Path) -> str:
    if not text:
        return f"sqlite:///{instance / 'groupbuy.db'}"
    scheme, mark, rest = text.partition("://")
    if mark and scheme == "postgres":
        return f"postgresql://{rest}"
    if not mark or scheme not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise ConfigError(
            "GROUPBUY_DATABASE_URL must look like sqlite:////folder/file.db or"
            f" postgresql://user:password@host/database, not {scheme if mark else 'text without a scheme'}"
        )
    return text


def _secret_key(text: str) -> str | None:
    if text and len(text) < 32:
        raise ConfigError("GROUPBUY_SECRET_KEY must have at least 32 characters; try: openssl rand -hex 32")
    return text or None


def _timezone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(f"GROUPBUY_TIMEZONE {name!r} is no zone such as Asia/Shanghai") from error


def _smtp_url(text: str) -> str | None:
    if text and not _is_smtp(text):
        raise ConfigError("GROUPBUY_SMTP_URL must look like smtp://user:password@host:587 or smtps://…")
    return text or None


def _is_smtp(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _check_pair(app_id: str, secret: str) -> None:
    if bool(app_id) != bool(secret):
        raise ConfigError("GROUPBUY_WECHAT_APP_ID and GROUPBUY_WECHAT_SECRET go together: set both or none")


def _secret_carrier(key: str, text: str) -> str:
    """Return an address that secrets are sent to: https, or http on this machine."""
    try:
        parts = urlsplit(text)
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        good = safe and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if text and not good:
        raise ConfigError(f"{PREFIX}{key} must look like https://host/path")
    return text


def _header(key: str, text: str) -> str:
    if not (text.isascii() and (text.isprintable() or not text)):
        raise ConfigError(f"{PREFIX}{key} must be plain ASCII text")
    return text


def _signature(text: str) -> str:
    name = text.strip("【】 ")
    if not 2 <= len(name) <= MOST_SIGNATURE or not name.isprintable():
        raise ConfigError(f"GROUPBUY_SMS_SIGNATURE must have 2 to {MOST_SIGNATURE} characters, without 【】")
    return name


def _switch(key: str, text: str) -> bool:
    choice = _one_of(key, text.lower(), ("1", "0", "on", "off", "true", "false"))
    return choice in ("1", "on", "true")


def _one_of(key: str, text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        raise ConfigError(f"{PREFIX}{key} must be one of {', '.join(choices)}, not {text!r}")
    return text


def _roles(key: str, text: str) -> frozenset[str]:
    """Return role names between commas."""
    names = frozenset(name for part in text.split(",") if (name := part.strip()))
    for name in sorted(names - set(FACTOR_ROLES)):
        raise ConfigError(f"{PREFIX}{key} names roles out of {', '.join(FACTOR_ROLES)}, not {name!r}")
    return names


def _whole(key: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ConfigError(f"{PREFIX}{key} must be a whole number below a billion, not {text[:40]!r}")
    return int(text)


def _scale_barcodes(text: str) -> tuple[str, ...]:
    """Return layouts of barcodes between commas: a prefix, I of the goods, W or P, the check digit."""
    layouts = tuple(part.strip() for part in text.split(",") if part.strip())
    for layout in layouts:
        if len(layout) != 13 or not _SCALE_BARCODE.fullmatch(layout):
            raise ConfigError(
                f"{PREFIX}SCALE_BARCODES must be layouts such as 21IIIIIWWWWWC, not {layout[:40]!r}"
            )
    return layouts
