"""The settings of payment channels: all of what a channel needs, or none of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from groupbuy.config.values import PREFIX, ConfigError, secret_carrier

# What a channel needs; with none of these set it is not offered.
WECHAT_PAY_NEEDS = ("WECHAT_PAY_MERCHANT", "WECHAT_PAY_SERIAL", "WECHAT_PAY_KEY_FILE", "WECHAT_PAY_APIV3_KEY")
ALIPAY_NEEDS = ("ALIPAY_APP_ID", "ALIPAY_KEY_FILE", "ALIPAY_PLATFORM_KEY_FILE")


# What WeChat shows a payee at most, and what it asks of transfers of the scene of commissions (佣金报酬).
MAX_REMARK, MAX_REPORT = 32, 32


@dataclass(frozen=True, slots=True)
class WechatTransferSettings:
    """Hold what WeChat wants to know of transfers to leaders: the scene, the payee's remark, the report.

    ``report`` are pairs of the kind of an information (info_type) and its text.
    """

    scene: str
    remark: str
    report: tuple[tuple[str, str], ...]


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
    transfer: WechatTransferSettings | None = None


@dataclass(frozen=True, slots=True)
class AlipaySettings:
    """Hold what Alipay knows an app by; texts of keys are PEM."""

    app_id: str
    private_key: str = field(repr=False)
    platform_key: str
    base_url: str


def wechat_pay(value: Mapping[str, str]) -> WechatPaySettings | None:
    """Return what WeChat Pay needs, None where it is not set up."""
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
        base_url=secret_carrier("WECHAT_PAY_BASE_URL", value["WECHAT_PAY_BASE_URL"]).rstrip("/"),
        transfer=_wechat_transfer(value, app_id),
    )


def _wechat_transfer(value: Mapping[str, str], app_id: str) -> WechatTransferSettings | None:
    """Return what transfers need, None without a scene.

    WeChat knows a user by another openid in each app, so only the app that people sign in with will do.
    """
    if not value["WECHAT_TRANSFER_SCENE"]:
        return None
    if value["WECHAT_APP_ID"] not in ("", app_id):
        raise ConfigError("transfers need GROUPBUY_WECHAT_PAY_APP_ID to be GROUPBUY_WECHAT_APP_ID")
    if not 1 <= len(value["WECHAT_TRANSFER_REMARK"]) <= MAX_REMARK:
        raise ConfigError(f"GROUPBUY_WECHAT_TRANSFER_REMARK has 1 to {MAX_REMARK} characters")
    pairs = [part.partition("=") for part in value["WECHAT_TRANSFER_REPORT"].split(";") if part.strip()]
    report = tuple((kind.strip(), text.strip()) for kind, _, text in pairs)
    if any(not kind or not 1 <= len(text) <= MAX_REPORT for kind, text in report):
        raise ConfigError("GROUPBUY_WECHAT_TRANSFER_REPORT is written kind=text;kind=text")
    return WechatTransferSettings(value["WECHAT_TRANSFER_SCENE"], value["WECHAT_TRANSFER_REMARK"], report)


def alipay(value: Mapping[str, str]) -> AlipaySettings | None:
    """Return what Alipay needs, None where it is not set up."""
    if not _has_all(value, ALIPAY_NEEDS):
        return None
    return AlipaySettings(
        app_id=value["ALIPAY_APP_ID"],
        private_key=_key_text("ALIPAY_KEY_FILE", value),
        platform_key=_key_text("ALIPAY_PLATFORM_KEY_FILE", value),
        base_url=secret_carrier("ALIPAY_BASE_URL", value["ALIPAY_BASE_URL"]).rstrip("/"),
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
